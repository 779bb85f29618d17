"""What came of a match, in taps and never in words; and a worry about a child."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Base
from directory.sealed import Sealed, SealedRow
from marketplace.db.plans import Match


class Outcome(Base):
    """How help went, as the provider tapped it. No free text: it would become a case file."""

    __tablename__ = "outcome"

    match_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("match.id"), primary_key=True)
    first_contact_on: Mapped[dt.date | None]
    started_on: Mapped[dt.date | None]
    times_attended: Mapped[int] = mapped_column(default=0)
    ended_on: Mapped[dt.date | None]
    helped: Mapped[str | None]
    # Food is not handed over before somebody has asked about allergens and diet.
    diet_confirmed_at: Mapped[dt.datetime | None]

    match: Mapped[Match] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("helped IN ('yes', 'partly', 'no', 'not_known')", "helped_known"),
        CheckConstraint("times_attended >= 0", "attended_not_negative"),
    )


class Concern(SealedRow, Base):
    """Somebody is worried about a child: a person rings back, what was seen is never typed here."""

    __tablename__ = "concern"
    owned_by = "match_id"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    match_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("match.id"))
    raised_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff_user.id"))
    ring_back = Sealed[str]()
    ring_back_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    raised_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    closed_at: Mapped[dt.datetime | None]
    closed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff_user.id"))
    ended_as: Mapped[str | None]

    match: Mapped[Match] = relationship(lazy="raise")

    __table_args__ = (
        CheckConstraint("ended_as IN ('goes_on', 'withdrawn')", "end_known"),
        CheckConstraint("(closed_at IS NULL) = (ended_as IS NULL)", "closed_with_an_end"),
        Index(
            "uq_concern_open",
            "match_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )
