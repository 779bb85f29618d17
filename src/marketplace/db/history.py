"""Everything that happened: the application may add to it and read it, never change it."""

import datetime as dt
import uuid

from sqlalchemy import Identity, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Base, Json


class Event(Base):
    """One transition or deed: who, what, from, to, why, when."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=func.clock_timestamp())
    actor_kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    subject_kind: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    source: Mapped[str | None]
    target: Mapped[str]
    code: Mapped[str | None]
    detail: Mapped[Json]

    __table_args__ = (
        Index("ix_event_subject", "subject_kind", "subject_id"),
        # For figures by month.
        Index(
            "ix_event_steps_forward",
            "target",
            "at",
            "subject_id",
            "source",
            postgresql_where=text(
                "subject_kind = 'match' AND target IN ('awaiting_provider', 'awaiting_family',"
                " 'accepted', 'under_way', 'completed')"
            ),
        ),
    )


class EventSeal(Base):
    """A link of the chain over the history: under a key, it holds the event and the link before."""

    __tablename__ = "event_seal"

    # Without a gap: one that is missing shows.
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(unique=True)
    seal: Mapped[bytes] = mapped_column(LargeBinary)
