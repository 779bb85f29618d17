"""What passes between a volunteer, her host and us: the week's question, texts, introductions."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Base
from directory.sealed import Sealed, SealedRow
from directory.volunteers.models import Volunteer
from marketplace.db.plans import Match


class WeeklyQuestion(Base):
    """Whether she can help this week. `day`: the first of her days in it, `ends_on` the last."""

    __tablename__ = "weekly_question"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    volunteer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("volunteer.provider_id"))
    day: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    key_id: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    answer: Mapped[str | None]
    answered_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())

    volunteer: Mapped[Volunteer] = relationship(lazy="raise")

    __table_args__ = (
        UniqueConstraint("volunteer_id", "day"),
        CheckConstraint("answer IN ('ok', 'skip', 'stop')", "answer_known"),
    )


class ReceivedText(SealedRow, Base):
    """A text that came in, once by its id. Of a stranger's the id alone is kept.

    `words`: only what we could not read; for the host, until seen and she has left.
    """

    __tablename__ = "received_text"
    owned_by = "volunteer_id"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    volunteer_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("volunteer.provider_id"), index=True
    )
    meaning: Mapped[str | None]
    words = Sealed[str | None]()
    words_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    received_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[dt.datetime | None]


class Introduction(SealedRow, Base):
    """The host has made a volunteer and a family known to each other; ends with the match."""

    __tablename__ = "introduction"
    owned_by = "match_id"

    match_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("match.id"), primary_key=True)
    introduced_on: Mapped[dt.date]
    diet = Sealed[str | None]()
    diet_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)

    match: Mapped[Match] = relationship(lazy="raise")


class HostReminder(Base):
    """That a host was told, so that it is told once a step."""

    __tablename__ = "host_reminder"

    volunteer_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("volunteer.provider_id"), primary_key=True
    )
    ask: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    valid_until: Mapped[dt.date] = mapped_column(primary_key=True)

    __table_args__ = (CheckConstraint("step IN ('soon', 'lapsed')", "step_known"),)
