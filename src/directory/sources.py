"""Tables of what came from elsewhere: the places it brought, and who said what when."""

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Base, Json


class ServiceLocation(Base):
    """A place that a feed gave a service; the one at position 0 is where the service says it is."""

    __tablename__ = "service_location"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    service_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("service.id", ondelete="CASCADE"))
    position: Mapped[int]
    easting: Mapped[int | None]
    northing: Mapped[int | None]
    described: Mapped[Json]

    __table_args__ = (
        UniqueConstraint("service_id", "position"),
        Index(None, "easting", "northing"),
    )


class OutwardArea(Base):
    """The middle of an outward code, where whatever must not be found more closely stands."""

    __tablename__ = "outward_area"

    outward: Mapped[str] = mapped_column(primary_key=True)
    easting: Mapped[int]
    northing: Mapped[int]


class Source(Base):
    """A feed or file that was imported; `newest_at` is the last change that it told us of."""

    __tablename__ = "source"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(unique=True)
    imported_at: Mapped[dt.datetime]
    newest_at: Mapped[dt.datetime | None]


class SourcedRecord(Base):
    """What a source last said of a provider or service, field by field, and when it first did."""

    __tablename__ = "sourced_record"

    record_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    source_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("source.id"), index=True)
    kind: Mapped[str]
    said: Mapped[Json]
    said_at: Mapped[Json]
