"""What a search may know of a service; triggers of the database keep it true (migration 0007)."""

import datetime as dt
import uuid

from sqlalchemy import Double, ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Base


class Listing(Base):
    """Neither a volunteer's home and name nor a confidential place ever come in here.

    Such a service stands in the middle of its outward area. `name` None would say who it is.
    """

    __tablename__ = "listing"

    service_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("service.id", ondelete="CASCADE"), primary_key=True
    )
    host_id: Mapped[uuid.UUID | None]
    is_volunteer: Mapped[bool]
    is_approximate: Mapped[bool]
    name: Mapped[str | None]
    needs: Mapped[list[str]]
    outward: Mapped[str | None]
    easting: Mapped[float | None] = mapped_column(Double)
    northing: Mapped[float | None] = mapped_column(Double)
    reach_metres: Mapped[float | None] = mapped_column(Double)
    min_age: Mapped[int | None]
    max_age: Mapped[int | None]
    languages: Mapped[list[str]]
    days: Mapped[list[str]]
    access: Mapped[list[str]]
    words: Mapped[str] = mapped_column(TSVECTOR)
    spelling: Mapped[str]


PLACE = func.point(Listing.easting, Listing.northing)
REACHED = func.box(
    func.point(Listing.easting - Listing.reach_metres, Listing.northing - Listing.reach_metres),
    func.point(Listing.easting + Listing.reach_metres, Listing.northing + Listing.reach_metres),
)

Index("ix_listing_place", PLACE, postgresql_using="gist")
Index("ix_listing_reach", REACHED, postgresql_using="gist")
Index("ix_listing_outward", Listing.outward, postgresql_where=text("is_approximate"))
Index("ix_listing_nowhere", Listing.service_id, postgresql_where=text("easting IS NULL"))
Index("ix_listing_words", Listing.words, postgresql_using="gin")


class Town(Base):
    """A place that people name without a postcode."""

    __tablename__ = "town"

    name: Mapped[str] = mapped_column(primary_key=True)
    easting: Mapped[int]
    northing: Mapped[int]
    kind: Mapped[str]


class PostcodeRelease(Base):
    """From which month the postcodes with this first letter are."""

    __tablename__ = "postcode_release"

    letter: Mapped[str] = mapped_column(primary_key=True)
    released_on: Mapped[dt.date]


class OutsideAnswer(Base):
    """What an outside service said about words typed at /find; without a place it knew none."""

    __tablename__ = "outside_answer"

    asked: Mapped[str] = mapped_column(primary_key=True)
    easting: Mapped[int | None]
    northing: Mapped[int | None]
    asked_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
