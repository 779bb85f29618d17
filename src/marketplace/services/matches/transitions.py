"""The one way from state to state: lock, check the table, move the places, write the history."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Executable,
    Uuid,
    any_,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal,
    select,
    update,
    values,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from directory.base import Base
from directory.models import Intake
from marketplace.access import Actor
from marketplace.db.acting import now_of
from marketplace.db.families import Need
from marketplace.db.history import Event
from marketplace.db.plans import Match, Plan
from marketplace.errors import NoPlaceLeftError, NotFoundError
from marketplace.services.matches.locks import PlacesLeft, lock_places
from marketplace.states import (
    MatchState,
    NeedState,
    PlanState,
    check_transition,
    places_change,
)

# Nothing comes back: who acts may add to the history, and not read it.
_ADD_EVENTS = insert(Base.metadata.tables[Event.__tablename__]).inline()


@dataclass(frozen=True)
class Moved:
    """`refused`: there was no place left for these, and nothing about them was changed."""

    moved: list[Match] = field(default_factory=list)
    refused: list[Match] = field(default_factory=list)


async def move_match(
    session: AsyncSession,
    match_id: uuid.UUID,
    *,
    to: MatchState,
    actor: Actor,
    code: str | None = None,
    left: PlacesLeft | None = None,
) -> Match:
    """Move one match, or raise because it has moved on or no place is left."""
    outcome = await move_matches(session, [match_id], to=to, actor=actor, code=code, left=left)
    if outcome.refused:
        raise NoPlaceLeftError
    return outcome.moved[0]


async def move_matches(
    session: AsyncSession,
    match_ids: Sequence[uuid.UUID],
    *,
    to: MatchState,
    actor: Actor,
    code: str | None = None,
    left: PlacesLeft | None = None,
) -> Moved:
    """Move many in the given order; those that find no place left are told apart, not raised.

    `left`: what locking their places has told already, where nothing was moved since.
    """
    if not match_ids:
        return Moved()
    left = await lock_places(session, match_ids) if left is None else left
    matches = await _lock_matches(session, match_ids)
    for match in matches:
        check_transition("match", match.state, to)
    outcome = await _take_places(session, matches, left, to=to)
    moved = outcome.moved
    await _write_events(session, "match", moved, to=to, actor=actor, code=code)
    for match in moved:
        match.state = to
        match.waits_since = now_of(session)
    await session.flush()
    return outcome


async def move_needs(
    session: AsyncSession,
    need_ids: Iterable[uuid.UUID],
    *,
    to: NeedState,
    actor: Actor,
    code: str | None = None,
) -> None:
    """Move needs that are not there already."""
    # One array: a plan moves more needs than a statement may have parameters.
    wanted = Need.id == any_(cast(list(need_ids), ARRAY(Uuid)))
    rows = await session.execute(
        select(Need.id, Need.state)
        .where(wanted, Need.state != to)
        .order_by(Need.id)
        .with_for_update()
    )
    by_state: dict[str, list[uuid.UUID]] = defaultdict(list)
    for row in rows:
        by_state[row.state].append(row.id)
    for state, moved in by_state.items():
        check_transition("need", state, to)
        await _write_need_events(session, moved, state, to=to, actor=actor, code=code)
        await session.execute(
            update(Need).where(Need.id == any_(cast(moved, ARRAY(Uuid)))).values(state=to),
            execution_options={"synchronize_session": False},
        )
        _renew_loaded(session, set(moved), state=to)


async def _write_need_events(
    session: AsyncSession,
    need_ids: Sequence[uuid.UUID],
    source: str,
    *,
    to: NeedState,
    actor: Actor,
    code: str | None,
) -> None:
    subject = func.unnest(cast(list(need_ids), ARRAY(Uuid))).label("subject_id")
    row = _event_row("need", need_ids[0], source, to, actor=actor, code=code) | {"detail": {}}
    types = {column.name: column.type for column in Event.__table__.columns}
    columns = [
        subject if name == "subject_id" else literal(value, types[name]).label(name)
        for name, value in row.items()
    ]
    await session.execute(insert(Event).from_select(list(row), select(*columns)))


def _renew_loaded(session: AsyncSession, need_ids: set[uuid.UUID], *, state: NeedState) -> None:
    """What was read before says the new state as well."""
    for loaded in session.identity_map.values():
        if isinstance(loaded, Need) and loaded.id in need_ids:
            set_committed_value(loaded, "state", state)


async def move_plan(
    session: AsyncSession,
    plan_id: uuid.UUID,
    *,
    to: PlanState,
    actor: Actor,
    code: str | None = None,
) -> Plan:
    plan = await session.get(Plan, plan_id, with_for_update=True, populate_existing=True)
    if plan is None:
        raise NotFoundError
    check_transition("plan", plan.state, to)
    await _write_events(session, "plan", [plan], to=to, actor=actor, code=code)
    plan.state = to
    await session.flush()
    return plan


async def note_deed(
    session: AsyncSession,
    subject: tuple[str, uuid.UUID],
    deed: str,
    *,
    actor: Actor,
    code: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write what was done where no state changes: messages stopped, a file read."""
    kind, subject_id = subject
    row = _event_row(kind, subject_id, None, deed, actor=actor, code=code)
    await session.execute(_ADD_EVENTS, [row | {"detail": dict(detail or {})}])


async def _lock_matches(session: AsyncSession, match_ids: Sequence[uuid.UUID]) -> list[Match]:
    """Lock the rows and take their states as they are now, whatever was read before.

    Only the state is renewed: refreshing whole objects would take away what was loaded with them.
    """
    found = await session.execute(_lock_states(), {"match_ids": list(match_ids)})
    states = {row.id: row.state for row in found}
    if missing := set(match_ids) - states.keys():
        raise NotFoundError(
            f"{len(missing)} of these no longer exist. Go back and reload the page."
        )
    matches = await _load_matches(session, match_ids)
    for match_id, state in states.items():
        set_committed_value(matches[match_id], "state", state)
    return [matches[match_id] for match_id in dict.fromkeys(match_ids)]


@cache
def _lock_states() -> Executable:
    return (
        select(Match.id, Match.state)
        .where(Match.id == any_(bindparam("match_ids", type_=ARRAY(Uuid))))
        .order_by(Match.id)
        .with_for_update()
    )


async def _load_matches(
    session: AsyncSession, match_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Match]:
    """What this session has read before is not read again."""
    matches, unread = {}, []
    for match_id in match_ids:
        known = session.identity_map.get(identity_key(Match, match_id))
        if known is None:
            unread.append(match_id)
        else:
            matches[match_id] = known
    if unread:
        found = await session.scalars(select(Match).where(Match.id.in_(unread)))
        matches |= {match.id: match for match in found}
    return matches


async def _take_places(
    session: AsyncSession, matches: list[Match], left: dict[uuid.UUID, float], *, to: MatchState
) -> Moved:
    """Give the places out in the given order, as far as each locked intake reaches."""
    outcome = Moved()
    changes: dict[uuid.UUID, tuple[int, int]] = {}
    for match in matches:
        held, used = (match.places * n for n in places_change(MatchState(match.state), to))
        # What gives a place back, or only turns held to used, needs no room.
        if 0 < held + used > left[match.intake_id]:
            outcome.refused.append(match)
            continue
        left[match.intake_id] -= held + used
        before = changes.get(match.intake_id, (0, 0))
        changes[match.intake_id] = before[0] + held, before[1] + used
        outcome.moved.append(match)
    await _change_intakes(session, changes)
    return outcome


async def _change_intakes(
    session: AsyncSession, changes: Mapping[uuid.UUID, tuple[int, int]]
) -> None:
    """All in one statement; the table's own CHECK stands behind it."""
    rows = [(key, held, used) for key, (held, used) in changes.items() if held or used]
    if not rows:
        return
    change = values(
        column("id", Uuid), column("held", BigInteger), column("used", BigInteger), name="change"
    ).data(rows)
    await session.execute(
        update(Intake)
        .where(Intake.id == change.c.id)
        .values(held=Intake.held + change.c.held, used=Intake.used + change.c.used),
        execution_options={"synchronize_session": False},
    )


async def _write_events(
    session: AsyncSession,
    kind: str,
    subjects: Sequence[Match] | Sequence[Plan],
    *,
    to: str,
    actor: Actor,
    code: str | None,
) -> None:
    rows = [
        _event_row(kind, subject.id, subject.state, to, actor=actor, code=code) | {"detail": {}}
        for subject in subjects
    ]
    if rows:
        await session.execute(_ADD_EVENTS, rows)


def _event_row(
    kind: str,
    subject_id: uuid.UUID,
    source: str | None,
    target: str,
    *,
    actor: Actor,
    code: str | None,
) -> dict[str, object]:
    return {
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "subject_kind": kind,
        "subject_id": subject_id,
        "source": source,
        "target": target,
        "code": code,
    }
