"""Messages to be sent: a row and a job in the same transaction, never a text or a link."""

import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.base import Base
from marketplace.db.acting import by_exchange
from marketplace.db.offers import Message
from marketplace.db.queue import FIRST, LAST, SEND_MESSAGE, enqueue
from marketplace.messages.carriers import AnyMessage

OFFER = "offer"
OFFER_REMINDER = "offer_reminder"
OFFER_CONFIRMED = "offer_confirmed"
OFFER_FEEDBACK = "offer_feedback"
SIGN_IN = "sign_in"
PROVIDER_WAITING = "provider_waiting"
CONFIRM_LISTING = "confirm_listing"
LISTINGS_HIDDEN = "listings_hidden"
JOIN_PROOF = "join_proof"
JOIN_ANSWER = "join_answer"
INVITATION = "invitation"
ASK_PROOF = "ask_proof"
ASK_RECEIVED = "ask_received"
ASK_STILL_SAFE = "ask_still_safe"
SECOND_STEP_RESET = "second_step_reset"
SECOND_STEP_RESET_DONE = "second_step_reset_done"
VOLUNTEER_QUESTION = "volunteer_question"
VOLUNTEER_REPLY = "volunteer_reply"
VOLUNTEER_NEWS = "volunteer_news"
VOLUNTEER_PAPERS = "volunteer_papers"
CONCERN_RAISED = "concern_raised"
RIGHTS_PROOF = "rights_proof"
RIGHTS_ANSWER = "rights_answer"
# Somebody sits before a screen until these come: they wait behind no wave.
AWAITED = {SIGN_IN, JOIN_PROOF, ASK_PROOF, RIGHTS_PROOF}


@dataclass(frozen=True)
class Refusal:
    """Why a message does not leave; `stopped` ones leave when messages are started again."""

    why: str
    state: str = "refused"


# Nothing is asked back: the ids are ours.
_ADD_MESSAGES = insert(Base.metadata.tables[Message.__tablename__]).inline()
# Given what the message is about.
Composer = Callable[[AsyncSession, uuid.UUID], Awaitable[AnyMessage | Refusal]]


async def queue_messages(
    session: AsyncSession, event: str, subject_ids: Iterable[uuid.UUID]
) -> None:
    rows: list[dict[str, Any]] = [
        {"id": uuid.uuid4(), "event": event, "subject_id": subject_id, "state": "queued"}
        for subject_id in subject_ids
    ]
    if rows:
        await session.execute(_ADD_MESSAGES, rows)
        priority = FIRST if event in AWAITED else LAST
        await enqueue(session, SEND_MESSAGE, [row["id"] for row in rows], priority=priority)


@by_exchange
async def queue_once(session: AsyncSession, event: str, subject_id: uuid.UUID) -> None:
    """Queue a message unless the same waits already: it tells how things stand when it leaves."""
    waits = await session.scalar(
        select(Message.id)
        .where(Message.event == event, Message.state == "queued", Message.subject_id == subject_id)
        .limit(1)
    )
    if waits is None:
        await queue_messages(session, event, [subject_id])
