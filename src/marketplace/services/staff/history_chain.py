"""The history as a chain: what was changed, taken out or moved afterwards does not fit any more.

Events are chained by the worker once they are committed, so nobody waits for anybody. Whoever has
the database but not the settings' keys cannot make the chain anew.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, func, insert, outerjoin, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.sealed import ring_of
from directory.sealing import PREFIX_BYTES, KeyRing
from marketplace.db.history import Event, EventSeal

BATCH = 10_000
# An id is given before its commit: so far back one that comes late is looked for.
LATE_IDS = 100_000

_EVENT = Event.__table__.c


@dataclass
class Checked:
    """`of_lost_keys`: links whose key is not in the settings any more; they prove nothing."""

    links: int = 0
    of_lost_keys: int = 0
    unchained: int = 0
    last: bytes = b""
    faults: list[str] = field(default_factory=list)


async def seal_history(session: AsyncSession) -> int:
    """Chain what has been committed since; how many. Two at once: the second stores nothing."""
    last = await session.scalar(select(EventSeal).order_by(EventSeal.number.desc()).limit(1))
    number, seal = (last.number, last.seal) if last else (0, b"")
    newest = select(func.coalesce(func.max(EventSeal.event_id), 0)).scalar_subquery()
    waiting = select(*_EVENT).where(_is_unchained(), _EVENT.id > newest - LATE_IDS)
    links = []
    for event in await session.execute(waiting.order_by(_EVENT.id).limit(BATCH)):
        number += 1
        seal = _seals(ring_of(session), number, seal, event)[0]
        links.append({"number": number, "event_id": event.id, "seal": seal})
    if links:
        await session.execute(insert(EventSeal), links)
    return len(links)


async def check_history(session: AsyncSession) -> Checked:
    checked, ring = Checked(), ring_of(session)
    chain = outerjoin(EventSeal, Event, EventSeal.event_id == Event.id)
    asked = select(*EventSeal.__table__.c, *_EVENT).select_from(chain).order_by(EventSeal.number)
    async for link in await session.stream(asked.execution_options(yield_per=BATCH)):
        if link.number != checked.links + 1:
            checked.faults.append(f"links {checked.links + 1} to {link.number - 1} are gone")
        if link.id is None:
            checked.faults.append(f"event {link.event_id} is gone")
        elif link.seal[:PREFIX_BYTES] not in ring.names:
            checked.of_lost_keys += 1
        elif link.seal not in _seals(ring, link.number, checked.last, link):
            checked.faults.append(f"event {link.event_id} is not what was chained")
        checked.links, checked.last = link.number, link.seal
    unchained = select(func.count()).select_from(Event).where(_is_unchained())
    checked.unchained = await session.scalar(unchained) or 0
    return checked


def _is_unchained() -> Any:
    return ~select(EventSeal.number).where(EventSeal.event_id == Event.id).exists()


def _seals(ring: KeyRing, number: int, before: bytes, event: Row[Any]) -> list[bytes]:
    """What a link may be, by each key that is known, the newest first."""
    said = json.dumps([getattr(event, one.name) for one in _EVENT], default=str, sort_keys=True)
    found = ring.hashes(f"{number}:{before.hex()}:{said}", "event_seal")
    return [name + one for name, one in zip(ring.names, found, strict=True)]
