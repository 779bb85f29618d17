"""What a host keeps about a volunteer: beside the provider, its service and its intake."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Base
from directory.models import Provider
from directory.sealed import Sealed, SealedRow, as_given


class Volunteer(SealedRow, Base):
    """Kept by the host here. A volunteer without this row stands in a council's file only.

    The telephone is here and not with the provider, so that no list of providers can tell it.
    """

    __tablename__ = "volunteer"
    owned_by = "provider_id"

    provider_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("provider.id"), primary_key=True)
    roles: Mapped[list[str]]
    phone = Sealed[str | None]({"phone_hash": as_given})
    email = Sealed[str | None]()
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    email_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    travels: Mapped[str]
    signed_up_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    # The last day on which all that is asked holds, as `readiness.ready_until` says.
    ready_until: Mapped[dt.date | None]
    # She said STOP: until her host has talked with her.
    stopped_at: Mapped[dt.datetime | None]
    left_at: Mapped[dt.datetime | None]
    forgotten_at: Mapped[dt.datetime | None]

    provider: Mapped[Provider] = relationship(lazy="raise")

    __table_args__ = (CheckConstraint("travels IN ('foot', 'car')", "travels_known"),)


class Paper(Base):
    """Something dated that a role asks for, other than the check; the newest of each only."""

    __tablename__ = "volunteer_paper"

    volunteer_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("volunteer.provider_id"), primary_key=True
    )
    ask: Mapped[str] = mapped_column(primary_key=True)
    done_on: Mapped[dt.date]
    valid_until: Mapped[dt.date]
    version: Mapped[str | None]


class QuizTry(Base):
    """One draw of questions, and how it went. `answers` None: drawn and not answered yet."""

    __tablename__ = "quiz_try"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    volunteer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("volunteer.provider_id"), index=True)
    questions: Mapped[list[str]]
    answers: Mapped[list[str] | None]
    score: Mapped[int | None]
    taken_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())

    __table_args__ = (CheckConstraint("(answers IS NULL) = (score IS NULL)", "answered_has_score"),)


class Absence(Base):
    """Days on which nobody new comes to her: a break, or a week that she skipped."""

    __tablename__ = "absence"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    volunteer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("volunteer.provider_id"), index=True)
    kind: Mapped[str]
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]

    __table_args__ = (
        CheckConstraint("kind IN ('break', 'skip')", "kind_known"),
        CheckConstraint("starts_on <= ends_on", "ends_after_start"),
    )
