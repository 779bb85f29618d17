"""What keeps the directory true: who was asked, and which look-alikes are not the same."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Base
from directory.models import Provider


class ListingCheck(Base):
    """A provider was asked, so many months after it last confirmed, whether all is still true."""

    __tablename__ = "listing_check"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("provider.id"))
    # As it stood when we asked: each step is asked once after each confirmation.
    confirmed_at: Mapped[dt.datetime]
    months: Mapped[int]
    key_id: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    asked_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    answered_at: Mapped[dt.datetime | None]

    provider: Mapped[Provider] = relationship(lazy="raise")

    __table_args__ = (UniqueConstraint("provider_id", "confirmed_at", "months"),)


class ToldApart(Base):
    """Two providers that look alike and are not the same, as a commissioner said."""

    __tablename__ = "told_apart"

    first_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("provider.id"), primary_key=True)
    second_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("provider.id"), primary_key=True)
    told_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())

    __table_args__ = (CheckConstraint("first_id < second_id", "in_order"),)
