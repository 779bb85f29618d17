"""Who helps: providers, their services, and the intakes that fill up."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Base, Json, Pence

# Every relationship is lazy="raise": a query that was not asked for is a bug, not a convenience.


class Provider(Base):
    """A charity or group; a volunteer is one too, always hosted by another."""

    __tablename__ = "provider"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    ref: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(index=True)
    hosted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("provider.id"), index=True)
    description: Mapped[str | None]
    website: Mapped[str | None]
    charity_number: Mapped[str | None]
    contact_email: Mapped[str | None]
    contact_phone: Mapped[str | None]
    check_kind: Mapped[str | None]
    check_seen_on: Mapped[dt.date | None]
    check_seen_by: Mapped[str | None]
    recheck_by: Mapped[dt.date | None]
    # The commissioner lets a provider in, and may pause it at any time.
    approved_at: Mapped[dt.datetime | None]
    paused_at: Mapped[dt.datetime | None]
    # It stood in the directory twice: its services are the other one's now.
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("provider.id"))
    left_at: Mapped[dt.datetime | None]
    # What an imported listing told and no page of ours edits, in the words of the standard.
    open_referral: Mapped[Json] = mapped_column(server_default=text("'{}'"), default=dict)
    confirmed_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    # Kept by a trigger, as in the two tables below.
    modified_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())

    host: Mapped["Provider | None"] = relationship(
        remote_side="Provider.id", foreign_keys=hosted_by_id, lazy="raise"
    )

    __table_args__ = (
        CheckConstraint("kind <> 'volunteer' OR hosted_by_id IS NOT NULL", "volunteer_has_host"),
        Index(
            "ix_provider_name_words",
            "name",
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops"},
        ),
    )


class Service(Base):
    """What a provider offers, as people look for it."""

    __tablename__ = "service"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("provider.id"))
    ref: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    website: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    needs: Mapped[list[str]]
    takes_level: Mapped[int]
    effect: Mapped[Decimal | None]
    venue: Mapped[str | None]
    # A refuge, say: the public learns its area, and never where it is.
    is_confidential: Mapped[bool] = mapped_column(server_default=false())
    postcode: Mapped[str | None]
    easting: Mapped[int | None]
    northing: Mapped[int | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    reach_metres: Mapped[int | None]
    min_age: Mapped[int | None]
    max_age: Mapped[int | None]
    languages: Mapped[list[str]]
    days: Mapped[list[str]]
    access: Mapped[list[str]]
    standing_yes: Mapped[bool]
    stopped_at: Mapped[dt.datetime | None]
    open_referral: Mapped[Json] = mapped_column(server_default=text("'{}'"), default=dict)
    # Its source no longer names it, or says that it is closed.
    withdrawn_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    modified_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())

    provider: Mapped[Provider] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("provider_id", "ref"),
        Index(None, "created_at", "id"),
        Index(None, "easting", "northing"),
        Index("ix_service_outward", text("split_part(postcode, ' ', 1)")),
    )


class Intake(Base):
    """A start of a service with its places: the thing that fills up. `places` None is unlimited."""

    __tablename__ = "intake"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    service_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service.id"))
    starts_on: Mapped[dt.date | None]
    weeks: Mapped[int | None]
    places: Mapped[int | None]
    imported_places: Mapped[int | None]
    held: Mapped[int] = mapped_column(default=0)
    used: Mapped[int] = mapped_column(default=0)
    price_pence: Mapped[Pence]
    family_pays_pence: Mapped[Pence]
    at_least: Mapped[int | None]
    opening_cost_pence: Mapped[Pence]
    paused_at: Mapped[dt.datetime | None]
    paused_until: Mapped[dt.date | None]
    modified_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())

    service: Mapped[Service] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("service_id", "starts_on", postgresql_nulls_not_distinct=True),
        CheckConstraint("held >= 0 AND used >= 0", "counts_not_negative"),
        # The promise that no place is given twice; `held + used` moves only by conditional update.
        CheckConstraint("places IS NULL OR held + used <= places", "places_not_exceeded"),
    )

    @property
    def places_left(self) -> int | None:
        return None if self.places is None else self.places - self.held - self.used


class Evidence(Base):
    """What is known to work: the share of a need's risk that a kind of support removes."""

    __tablename__ = "evidence"

    need: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True)
    effect_low: Mapped[Decimal]
    effect_central: Mapped[Decimal]
    effect_high: Mapped[Decimal]
    source: Mapped[str]
    year: Mapped[int]


class Postcode(Base):
    """A place on the map (ONSPD); grid metres, as the engine counts them."""

    __tablename__ = "postcode"

    code: Mapped[str] = mapped_column(primary_key=True)
    outward: Mapped[str] = mapped_column(index=True)
    easting: Mapped[int]
    northing: Mapped[int]
    district: Mapped[str]
    # The month in which the Royal Mail gave it up; people go on writing it for years.
    ended_on: Mapped[dt.date | None]
