"""What a council publishes instead of a default: values, ceilings, and how fast it writes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.people import Commissioner
from marketplace.defaults import defaults, defaults_for
from marketplace.errors import BadFormError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.sending.controls import get_commissioner

LEVELS = ("level_1", "level_2", "level_3")
# Table, name: what a council may set. Everything else is reckoned with as it stands for all.
ITS_OWN = (
    *(("value_pence", level) for level in LEVELS),
    *(("price_ceiling_pence", level) for level in LEVELS),
    ("waves", "first"),
    ("waves", "daily"),
)
SOURCE = "source"

Policy = dict[str, dict[str, Any]]


async def policy_in_force(session: AsyncSession, *, actor: Actor) -> Policy:
    council = await get_commissioner(session, actor=actor)
    values = defaults_for(council.policy)
    return {table: values[table] for table in dict.fromkeys(table for table, _ in ITS_OWN)}


async def publish_policy(
    session: AsyncSession,
    values: Mapping[tuple[str, str], int],
    *,
    sources: Mapping[str, str],
    actor: Actor,
) -> None:
    """Set all of a council's own values at once; what equals the default stays the default.

    `sources` by table: where a value comes from is published with it.
    """
    council = await get_commissioner(session, actor=actor)
    await session.refresh(council, with_for_update=True)
    own = _own_values(values)
    _require_sources(own, sources)
    for table, changed in own.items():
        changed[SOURCE] = sources[table].strip()
    council.policy = {**_others(council), **own}
    await session.flush()
    detail = {"policy": own}
    await note_deed(
        session, ("commissioner", council.id), "policy_published", actor=actor, detail=detail
    )


def _own_values(values: Mapping[tuple[str, str], int]) -> Policy:
    own: Policy = {}
    for table, name in ITS_OWN:
        if values[table, name] != defaults()[table][name]:
            own.setdefault(table, {})[name] = values[table, name]
    return own


def _require_sources(own: Policy, sources: Mapping[str, str]) -> None:
    # Ours says that it is a guess: who publishes another number knows better.
    missing = [
        table for table in own if sources.get(table, "").strip() in {"", defaults()[table][SOURCE]}
    ]
    if missing:
        raise BadFormError(
            {f"{table}.{SOURCE}": "Say where your own values come from" for table in missing}
        )


def _others(council: Commissioner) -> Policy:
    """Other tables that somebody set by another way."""
    mine = {table for table, _ in ITS_OWN}
    return {table: values for table, values in council.policy.items() if table not in mine}
