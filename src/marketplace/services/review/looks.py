"""The queue of families: one practitioner, one family, for a few minutes; decided, skipped, undone.

Whoever moves on in the queue locks the council's row first, so that two never take the same family.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, Integer, Select, cast, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.access import Actor, readable_families, readable_plans
from marketplace.db.families import Family, Need
from marketplace.db.looks import FamilyLook
from marketplace.db.people import Commissioner, User
from marketplace.db.plans import Match, Plan
from marketplace.defaults import defaults
from marketplace.errors import LookedAtError, NotFoundError, NotReadyError
from marketplace.services.matches.transitions import move_matches, move_needs, move_plan, note_deed
from marketplace.services.review.reviews import Decision, decide_match, finish_review, take_pair
from marketplace.states import MatchState, NeedState, PlanState

OPEN_TO_LOOK = (PlanState.DRAFT, PlanState.REVIEWED)
VISITING = ("no_known_concern", "ring_first")


def open_plans(actor: Actor) -> Select[Plan]:
    """A what-if is never looked at: nobody can approve it."""
    return readable_plans(actor).where(Plan.state.in_(OPEN_TO_LOOK), Plan.kind != "what_if")


def waiting_matches(actor: Actor) -> Select[Match]:
    """Proposals of the council that nobody has looked at."""
    plans = open_plans(actor).with_only_columns(Plan.id)
    return select(Match).where(Match.plan_id.in_(plans), Match.state == MatchState.PROPOSED)


async def count_waiting(session: AsyncSession, *, actor: Actor) -> int:
    waiting = waiting_matches(actor).with_only_columns(func.count(Match.family_id.distinct()))
    return await session.scalar(waiting) or 0


async def held_family(session: AsyncSession, *, actor: Actor) -> Family | None:
    """The family that stands on this practitioner's screen, if it still waits."""
    return await session.scalar(
        readable_families(actor)
        .join(FamilyLook, FamilyLook.family_id == Family.id)
        .where(
            FamilyLook.held_by == actor.id,
            Family.id.in_(waiting_matches(actor).with_only_columns(Match.family_id)),
        )
        .limit(1)
    )


async def who_holds(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> str | None:
    """The colleague who has this family on the screen now."""
    return await session.scalar(
        select(User.name)
        .join(FamilyLook, FamilyLook.held_by == User.id)
        .where(FamilyLook.family_id == family_id, User.id != actor.id, _is_held())
    )


async def take_next(session: AsyncSession, *, actor: Actor) -> uuid.UUID | None:
    """Claim the family in which most is at stake of those that nobody is looking at."""
    await _lock_queue(session, actor)
    await _let_go(session, actor)
    family_id = await session.scalar(_next_family(actor))
    if family_id is not None:
        await _hold(session, family_id, actor=actor)
    return family_id


async def skip_family(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> None:
    """Put it behind all the others, for everybody."""
    await _lock_queue(session, actor)
    await _own_family(session, family_id, actor=actor)
    skipped = {"held_by": None, "served_at": None, "skipped_at": func.now()}
    await _store(session, family_id, skipped)


async def decide_family(
    session: AsyncSession,
    family_id: uuid.UUID,
    decisions: Mapping[uuid.UUID, Decision],
    *,
    visiting: str,
    actor: Actor,
) -> None:
    """Take all decisions about a family at once; refused whole if a colleague was quicker."""
    await _lock_queue(session, actor)
    family = await _own_family(session, family_id, actor=actor)
    await _check_undecided(session, family_id, decisions, actor=actor)
    await _lock_intakes(session, decisions)
    for match_id, decision in decisions.items():
        await decide_match(session, match_id, decision, actor=actor)
    if visiting in VISITING and visiting != family.visiting:
        family.visiting = visiting
        await session.flush()
        await note_deed(session, ("family", family_id), "visiting_set", actor=actor, code=visiting)
    await _let_go(session, actor)
    for plan_id in await _plans_of(session, decisions):
        await finish_review(session, plan_id, actor=actor)


async def undo_look(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> int:
    """Put the family's last decision back on the screen; how many of its needs could not come back.

    What was approved, and a need that was closed or has been planned anew, stays as it is.
    """
    await _lock_queue(session, actor)
    await _own_family(session, family_id, actor=actor)
    decided = await _last_decided(session, family_id, actor=actor)
    back = [match for match in decided if await _can_come_back(session, match)]
    if not back:
        raise NotReadyError(
            "This cannot be undone any more: the need was closed, or the council has gone on with "
            "it. Nothing was changed. Ask the commissioner to publish the need again."
        )
    await _put_back(session, back, actor=actor)
    await _let_go(session, actor)
    await _hold(session, family_id, actor=actor)
    return len(decided) - len(back)


async def measure_look(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> int | None:
    """Seconds since the page was served to this practitioner; a long look was a break."""
    seconds = cast(func.extract("epoch", func.clock_timestamp() - FamilyLook.served_at), Integer)
    return await session.scalar(
        select(func.least(seconds, defaults()["review"]["longest_seconds"])).where(
            FamilyLook.family_id == family_id, FamilyLook.held_by == actor.id
        )
    )


def _is_held() -> ColumnElement[bool]:
    held_for = timedelta(minutes=defaults()["review"]["held_minutes"])
    return FamilyLook.served_at > func.now() - held_for


def _next_family(actor: Actor) -> Select[uuid.UUID]:
    return (
        waiting_matches(actor)
        .outerjoin(FamilyLook, FamilyLook.family_id == Match.family_id)
        .where(or_(FamilyLook.held_by.is_(None), ~_is_held()))
        .order_by(
            FamilyLook.skipped_at.asc().nulls_first(), Match.stake_pence.desc(), Match.family_id
        )
        .limit(1)
        .with_only_columns(Match.family_id)
    )


async def _lock_queue(session: AsyncSession, actor: Actor) -> None:
    """Before anything else is locked; rows that point at the council do not wait for it."""
    council = select(Commissioner.id).where(Commissioner.id == actor.commissioner_id)
    await session.execute(council.with_for_update(key_share=True))


async def _own_family(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> Family:
    family = await session.scalar(readable_families(actor).where(Family.id == family_id))
    if family is None:
        raise NotFoundError
    return family


async def _hold(session: AsyncSession, family_id: uuid.UUID, *, actor: Actor) -> None:
    held = {"held_by": actor.id, "served_at": func.clock_timestamp(), "skipped_at": None}
    await _store(session, family_id, held)


async def _store(session: AsyncSession, family_id: uuid.UUID, values: Mapping[str, object]) -> None:
    added = insert(FamilyLook).values(family_id=family_id, **values)
    await session.execute(
        added.on_conflict_do_update(index_elements=["family_id"], set_=dict(values))
    )


async def _let_go(session: AsyncSession, actor: Actor) -> None:
    await session.execute(
        update(FamilyLook)
        .where(FamilyLook.held_by == actor.id)
        .values(held_by=None, served_at=None),
        execution_options={"synchronize_session": False},
    )


async def _check_undecided(
    session: AsyncSession, family_id: uuid.UUID, match_ids: Iterable[uuid.UUID], *, actor: Actor
) -> None:
    still = waiting_matches(actor).where(Match.family_id == family_id, Match.id.in_(match_ids))
    if set(await session.scalars(still.with_only_columns(Match.id))) != set(match_ids):
        raise LookedAtError


async def _lock_intakes(session: AsyncSession, decisions: Mapping[uuid.UUID, Decision]) -> None:
    """All at once and in the order of ids, those included that are about to be chosen."""
    now = select(Match.intake_id).where(Match.id.in_(decisions))
    chosen = [one.intake_id for one in decisions.values() if one.intake_id]
    await session.execute(
        select(Intake.id)
        .where(or_(Intake.id.in_(now), Intake.id.in_(chosen)))
        .order_by(Intake.id)
        .with_for_update()
    )


async def _plans_of(session: AsyncSession, match_ids: Iterable[uuid.UUID]) -> Sequence[uuid.UUID]:
    plans = select(Match.plan_id).where(Match.id.in_(match_ids)).distinct()
    return (await session.scalars(plans)).all()


async def _last_decided(
    session: AsyncSession, family_id: uuid.UUID, *, actor: Actor
) -> Sequence[Match]:
    """What was decided in one go, by whomever of the council."""
    decided = select(Match).where(
        Match.family_id == family_id,
        Match.plan_id.in_(open_plans(actor).with_only_columns(Plan.id)),
        Match.state.in_((MatchState.AGREED, MatchState.SET_ASIDE)),
        Match.approved_at.is_(None),
        Match.looked_at.is_not(None),
    )
    last = decided.with_only_columns(func.max(Match.looked_at)).scalar_subquery()
    found = await session.scalars(decided.where(Match.looked_at == last).order_by(Match.id))
    return found.all()


async def _can_come_back(session: AsyncSession, match: Match) -> bool:
    """A need that is closed stays closed; one that is planned anew has, or will have, its match."""
    if match.state == MatchState.AGREED:
        return True
    being_planned = exists().where(
        Plan.commissioner_id == Family.commissioner_id,
        Plan.state.in_((PlanState.QUEUED, PlanState.SOLVING)),
        Plan.kind != "what_if",
    )
    free = (
        select(Need.id)
        .join(Need.family)
        .where(Need.id == match.need_id, Need.state == NeedState.PUBLISHED, ~being_planned)
    )
    return await session.scalar(free) is not None


async def _put_back(session: AsyncSession, matches: Sequence[Match], *, actor: Actor) -> None:
    ids = [match.id for match in matches]
    await move_matches(session, ids, to=MatchState.PROPOSED, actor=actor, code="undone")
    needs = [match.need_id for match in matches]
    await move_needs(session, needs, to=NeedState.PLANNED, actor=actor, code="undone")
    for match in matches:
        proposed = match.choices.get("proposed")
        if proposed:
            take_pair(match, proposed)
            match.reason = proposed["reason"]
        match.choices = {"next_best": match.choices["next_best"]}
        match.looked_by = match.looked_at = match.looked_seconds = match.was_changed = None
    await session.flush()
    for plan_id in await _plans_of(session, ids):
        if (await session.get_one(Plan, plan_id)).state == PlanState.REVIEWED:
            await move_plan(session, plan_id, to=PlanState.DRAFT, actor=actor, code="undone")
