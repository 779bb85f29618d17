"""What was said to a family, and what it answered."""

import datetime as dt
import uuid

from sqlalchemy import (
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Base, Json
from marketplace.db.families import Family
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match


class Offer(Base):
    """One message to one family about one match. `channel` None: a person has to call.

    `choices`: {"intakes": ids of what the family may choose from}, the match's own first; fixed
    when offered. Where it chose another, the offer is about the match that it chose.
    """

    __tablename__ = "offer"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    match_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("match.id"), unique=True)
    family_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("family.id"), index=True)
    # The family's, by a trigger: what the row's guard compares.
    commissioner_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("commissioner.id"), server_default=FetchedValue()
    )
    channel: Mapped[str | None]
    key_id: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[dt.datetime]
    answer: Mapped[str | None]
    contact_way: Mapped[str | None]
    answered_at: Mapped[dt.datetime | None]
    choices: Mapped[Json] = mapped_column(server_default=text("'{}'"), default=dict)
    # What would make it easier: fare, childcare, interpreter, companion, another_time.
    easier: Mapped[list[str]] = mapped_column(server_default=text("'{}'"), default=list)
    # Who entered the answer where the family gave it by telephone.
    answered_for_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff_user.id"))
    reminded_at: Mapped[dt.datetime | None]
    # A practitioner ended the link: it had come to the wrong person, or may have.
    link_ended_at: Mapped[dt.datetime | None]
    # Typed in from a letter in place of the link.
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    feedback: Mapped[str | None]
    feedback_at: Mapped[dt.datetime | None]

    match: Mapped[Match] = relationship(lazy="raise")
    family: Mapped[Family] = relationship(lazy="raise")
    commissioner: Mapped[Commissioner] = relationship(lazy="raise", viewonly=True)

    __table_args__ = (
        CheckConstraint("answer IN ('yes', 'no', 'not_now', 'not_me', 'stop')", "answer_known"),
        CheckConstraint("channel IN ('email', 'sms', 'letter', 'phone')", "channel_known"),
        CheckConstraint("contact_way IN ('phone', 'sms', 'email')", "contact_way_known"),
        CheckConstraint("feedback IN ('yes', 'partly', 'no')", "feedback_known"),
        Index(None, "created_at"),
    )


class WrongAnswer(Base):
    """A wrong answer to an offer's question; counted here, so that all processes count together."""

    __tablename__ = "wrong_answer"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    offer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("offer.id"), index=True)
    at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class WaitingPlace(Base):
    """A family that would like a support that is full: told when a place comes free."""

    __tablename__ = "waiting_place"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("need.id"))
    intake_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("intake.id"), index=True)
    asked_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[dt.datetime | None]

    __table_args__ = (
        Index(
            "uq_waiting_place_open",
            "need_id",
            "intake_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )


class Call(Base):
    """Somebody to telephone: they asked for it, or nothing may be sent to them."""

    __tablename__ = "call"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    offer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("offer.id"), index=True)
    reason: Mapped[str]
    asked_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    done_at: Mapped[dt.datetime | None]
    # Rung without reaching them; after the last try the list waits until `try_after`.
    tries: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    tried_at: Mapped[dt.datetime | None]
    try_after: Mapped[dt.datetime | None]

    offer: Mapped[Offer] = relationship(lazy="raise")

    __table_args__ = (
        Index(
            "uq_call_open",
            "offer_id",
            unique=True,
            postgresql_where=text("done_at IS NULL"),
        ),
    )


class Message(Base):
    """The outbox: what is to be said to whom, never the text or the link itself."""

    __tablename__ = "message"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    event: Mapped[str]
    subject_id: Mapped[uuid.UUID] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(default="queued", index=True)
    refusal: Mapped[str | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    # Before it is handed over: after a crash, whoever goes on asks the carrier what it has.
    tried_at: Mapped[dt.datetime | None]
    sent_at: Mapped[dt.datetime | None]
    channel: Mapped[str | None]
    # The carrier's own name for it, by which its receipt is known.
    carrier_reference: Mapped[str | None] = mapped_column(index=True)
    delivery: Mapped[str | None]
    delivery_told_at: Mapped[dt.datetime | None]

    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'sent', 'stopped', 'refused', 'failed')", "state_known"
        ),
        CheckConstraint("delivery IN ('delivered', 'bounced', 'failed')", "delivery_known"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", "sent_has_time"),
    )
