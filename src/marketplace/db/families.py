"""Families by pseudonym, what they may need, and, only once approved, how to reach them."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Base, Pence
from directory.models import Service
from directory.sealed import Sealed, SealedRow, as_given, lower
from marketplace.states import NeedState


class Family(SealedRow, Base):
    """A household, known by the council's pseudonym."""

    __tablename__ = "family"
    owned_by = "commissioner_id"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    commissioner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commissioner.id"))
    ref: Mapped[str]
    area: Mapped[str]
    outward: Mapped[str | None] = mapped_column(index=True)
    easting: Mapped[int | None]
    northing: Mapped[int | None]
    children_born: Mapped[list[str]]
    languages: Mapped[list[str]]
    availability: Mapped[list[str]]
    transport: Mapped[list[str]]
    visiting: Mapped[str] = mapped_column(default="no_known_concern")
    stopped_at: Mapped[dt.datetime | None]
    # "Not now": nothing new is offered before this day.
    parked_until: Mapped[dt.date | None]
    # "This is not me": nothing leaves until the council has brought another contact.
    contact_wrong_at: Mapped[dt.datetime | None]
    # Who asks about sensitive matters in person; without one they are held back.
    named_worker = Sealed[str | None]()
    named_worker_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    # "Do not guess about us": the keyed hash in `objection` outlives this row.
    objected_at: Mapped[dt.datetime | None]
    # The person is gone from it; it counts on.
    erased_at: Mapped[dt.datetime | None]
    # When its newest wave let it go: what was approved later waits for a wave of its own.
    released_at: Mapped[dt.datetime | None]

    needs: Mapped[list["Need"]] = relationship(lazy="raise", back_populates="family")
    contact: Mapped["Contact | None"] = relationship(lazy="raise", back_populates="family")

    __table_args__ = (
        UniqueConstraint("commissioner_id", "ref"),
        CheckConstraint("visiting IN ('no_known_concern', 'ring_first')", "visiting_known"),
    )


class Need(Base):
    """One need of a family, predicted or asked for."""

    __tablename__ = "need"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    family_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("family.id"))
    # The family's, by a trigger: what the row's guard compares.
    commissioner_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("commissioner.id"), server_default=FetchedValue()
    )
    code: Mapped[str]
    level: Mapped[int]
    likelihood: Mapped[Decimal]
    statutory_cost_pence: Mapped[Pence]
    source: Mapped[str]
    reasons: Mapped[list[str]]
    valid_until: Mapped[dt.date]
    access: Mapped[list[str]]
    places: Mapped[int]
    asked_on: Mapped[dt.date | None]
    cost_falls_on: Mapped[list[str]]
    cashable: Mapped[Decimal]
    state: Mapped[str] = mapped_column(default=NeedState.DRAFT, index=True)
    published_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    # What a family that asked would like best: told to whoever looks, and priced nowhere.
    wished_service_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("service.id"))
    # The file that last brought it or changed it.
    file_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("need_file.id"), index=True)

    family: Mapped[Family] = relationship(lazy="raise", back_populates="needs")
    wished_service: Mapped[Service | None] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("family_id", "code"),
        Index(None, "commissioner_id", "state"),
        # Level 4 is statutory: it belongs with the front door, never here.
        CheckConstraint("level BETWEEN 1 AND 3", "level_below_statutory"),
        CheckConstraint("places >= 1", "takes_a_place"),
    )


class NeedFile(Base):
    """One sending of needs, by page, command or program: what it brought can be taken back."""

    __tablename__ = "need_file"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    commissioner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commissioner.id"), index=True)
    name: Mapped[str]
    sent_by: Mapped[str]
    sent_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Contact(SealedRow, Base):
    """How one adult of an approved family may be reached, and whether that is safe."""

    __tablename__ = "contact"
    owned_by = "family_id"

    family_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("family.id"), primary_key=True)
    name = Sealed[str]()
    email = Sealed[str | None]({"email_hash": lower})
    phone = Sealed[str | None]({"phone_hash": as_given})
    address = Sealed[str | None]()
    postcode = Sealed[str | None]()
    safe_to_contact: Mapped[str]
    safe_channels: Mapped[list[str]]
    safe_checked_on: Mapped[dt.date]
    name_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    email_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    address_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    postcode_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    email_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary)

    family: Mapped[Family] = relationship(lazy="raise", back_populates="contact")

    __table_args__ = (
        CheckConstraint("safe_to_contact IN ('yes', 'no', 'unknown')", "safety_known"),
    )


class StopEntry(Base):
    """A pseudonym on the council's stop list; it may name a family we have never heard of."""

    __tablename__ = "stop_entry"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    commissioner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commissioner.id"))
    family_ref: Mapped[str]
    reason: Mapped[str]
    added_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    lifted_at: Mapped[dt.datetime | None]

    __table_args__ = (Index(None, "commissioner_id", "family_ref"),)
