"""Texts that come in: read, done once by their id, answered kindly. A stranger learns nothing."""

import datetime as dt
import re
import uuid

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from directory.sealed import has_value, ring_of, seal_values
from directory.spreadsheets.cells import CellFault, uk_telephone
from directory.volunteers.models import Volunteer
from marketplace.db.acting import by_exchange
from marketplace.db.volunteering import ReceivedText
from marketplace.services.sending.outbox import (
    VOLUNTEER_NEWS,
    VOLUNTEER_REPLY,
    queue_messages,
    queue_once,
)
from marketplace.services.volunteers.volunteer_weeks import answer_week

KEYWORDS = {
    "ok": "ok",
    "okay": "ok",
    "yes": "ok",
    "skip": "skip",
    "no": "skip",
    "stop": "stop",
    "stopall": "stop",
    "unsubscribe": "stop",
}
POLITE = {"please", "thanks", "thank", "you", "x", "xx", "xxx"}
LONGEST_WORDS = 1000


@by_exchange
async def receive_text(
    session: AsyncSession, text_id: uuid.UUID, *, number: str, words: str
) -> None:
    """Take a text once; the same id again changes nothing."""
    volunteer = await _find_volunteer(session, number)
    meaning = read_meaning(words) if volunteer else None
    received = {
        "id": text_id,
        "volunteer_id": volunteer.provider_id if volunteer else None,
        "meaning": meaning,
        "words": words[:LONGEST_WORDS] if meaning == "other" else None,
    }
    added = await session.execute(
        insert(ReceivedText)
        .values(seal_values(ring_of(session), ReceivedText, received))
        .on_conflict_do_nothing(index_elements=["id"])
        .returning(ReceivedText.id)
    )
    if added.first() is None or volunteer is None or meaning is None:
        return
    if meaning == "other":
        await queue_once(session, VOLUNTEER_NEWS, volunteer.provider_id)
        if await _was_answered_lately(session, volunteer.provider_id, text_id):
            return
    else:
        await answer_week(session, volunteer.provider_id, meaning)
    await queue_messages(session, VOLUNTEER_REPLY, [text_id])


def read_meaning(words: str) -> str:
    """`ok`, `skip`, `stop`, or `other` for what a person has to read.

    Only a keyword with nothing but thanks around it counts; a STOP in front always does.
    """
    said = re.findall(r"[a-z]+", words.lower())
    if said and KEYWORDS.get(said[0]) == "stop":
        return "stop"
    plain = [word for word in said if word not in POLITE]
    has_more = re.search(r"[0-9?]", words) is not None
    return KEYWORDS.get(plain[0], "other") if len(plain) == 1 and not has_more else "other"


async def _find_volunteer(session: AsyncSession, number: str) -> Volunteer | None:
    try:
        # Notify leaves out the plus of +44.
        phone = uk_telephone(f"+{number}" if number.startswith("44") else number)
    except CellFault:
        return None
    return await session.scalar(
        select(Volunteer).where(
            has_value(ring_of(session), Volunteer.phone_hash, phone), Volunteer.left_at.is_(None)
        )
    )


async def _was_answered_lately(
    session: AsyncSession, volunteer_id: uuid.UUID, text_id: uuid.UUID
) -> bool:
    """Two machines that answer each other would never end."""
    hour_ago = func.now() - dt.timedelta(hours=1)
    found = await session.scalar(
        select(ReceivedText.id)
        .where(
            ReceivedText.volunteer_id == volunteer_id,
            ReceivedText.id != text_id,
            ReceivedText.meaning == "other",
            ReceivedText.received_at > hour_ago,
        )
        .limit(1)
    )
    return found is not None
