"""Worried about a child: a person of the council rings back, and meanwhile everything waits."""

import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, joinedload

from directory.models import Intake, Provider, Service
from marketplace.access import (
    Actor,
    has_agreed,
    held_matches,
    matches_to_worry_about,
    readable_concerns,
)
from marketplace.db.acting import by_exchange
from marketplace.db.families import Family
from marketplace.db.history import Event
from marketplace.db.outcomes import Concern
from marketplace.db.people import Commissioner, User
from marketplace.db.plans import Match
from marketplace.errors import NotFoundError, NotReadyError
from marketplace.messages.compose import Mail, compose_mail
from marketplace.services.matches.holds import put_back
from marketplace.services.matches.transitions import move_match, move_needs, note_deed
from marketplace.services.providers.permissions import lock_admitted
from marketplace.services.sending.outbox import CONCERN_RAISED, Composer, Refusal, queue_once
from marketplace.settings import settings_of
from marketplace.states import MatchState, NeedState
from marketplace.templating import shared_environment

SAFEGUARDING = "safeguarding"
GOES_ON, WITHDRAWN = "goes_on", "withdrawn"
ENDS = (GOES_ON, WITHDRAWN)


@by_exchange
async def find_match(session: AsyncSession, match_id: uuid.UUID, *, actor: Actor) -> Match:
    match = await session.scalar(
        matches_to_worry_about(actor)
        .where(Match.id == match_id)
        .options(joinedload(Match.intake).joinedload(Intake.service), joinedload(Match.family))
    )
    if match is None:
        raise NotFoundError("Ring the council: their number is on “Worried about a child?”.")
    return match


@by_exchange
async def list_held(session: AsyncSession, *, actor: Actor) -> Sequence[Match]:
    """What the council is looking after: told by its support, since nothing else is theirs now."""
    held = await session.scalars(
        held_matches(actor)
        .order_by(Match.waits_since, Match.id)
        .options(joinedload(Match.intake).joinedload(Intake.service))
    )
    return held.all()


@by_exchange
async def raise_concern(
    session: AsyncSession, match_id: uuid.UUID, *, ring_back: str, actor: Actor
) -> None:
    """Hold the match and tell the council's practitioners; nobody else learns why it waits.

    A viewer and a paused provider are heard too. What was seen is told by telephone only.
    """
    # Whoever pauses the provider now waits, so that the match is held by one of us, not by both.
    await lock_admitted(session, [actor.provider_id] if actor.provider_id else [])
    match = await find_match(session, match_id, actor=actor)
    if match.state != MatchState.ON_HOLD:
        await move_match(session, match.id, to=MatchState.ON_HOLD, actor=actor, code=SAFEGUARDING)
    await _write_down(session, match, ring_back=ring_back, actor=actor)
    await _tell_practitioners(session, match.family.commissioner_id)


@by_exchange
async def list_concerns(session: AsyncSession, *, actor: Actor) -> list[tuple[Concern, str, str]]:
    """Those that are open, the longest waiting first; each with who raised it, and for whom."""
    helper = select(Provider.name).where(Provider.id == User.provider_id).scalar_subquery()
    rows = await session.execute(
        readable_concerns(actor)
        .outerjoin(User, User.id == Concern.raised_by)
        .where(Concern.closed_at.is_(None))
        .order_by(Concern.raised_at, Concern.id)
        .options(
            contains_eager(Concern.match).contains_eager(Match.family).joinedload(Family.contact),
            contains_eager(Concern.match).joinedload(Match.intake).joinedload(Intake.service),
        )
        .add_columns(func.coalesce(User.name, ""), func.coalesce(helper, ""))
    )
    return [(concern, person, organisation) for concern, person, organisation in rows]


async def get_concern(session: AsyncSession, concern_id: uuid.UUID, *, actor: Actor) -> Concern:
    concern = await session.scalar(
        readable_concerns(actor)
        .where(Concern.id == concern_id, Concern.closed_at.is_(None))
        .options(contains_eager(Concern.match).joinedload(Match.intake).joinedload(Intake.service))
    )
    if concern is None:
        raise NotFoundError("It is closed already.")
    return concern


@by_exchange
async def close_concern(
    session: AsyncSession, concern_id: uuid.UUID, *, ended_as: str, actor: Actor
) -> None:
    """`goes_on`: back to where it was, with the time it lost; `withdrawn`: ended for good."""
    concern = await get_concern(session, concern_id, actor=actor)
    end = _go_on if ended_as == GOES_ON else _withdraw
    # Written first: while a concern is open nothing else may put the match back.
    concern.ended_as, concern.closed_at, concern.closed_by = ended_as, func.now(), actor.id
    await session.flush()
    await end(session, concern.match, actor=actor)
    subject = ("match", concern.match_id)
    await note_deed(session, subject, "concern_closed", actor=actor, code=ended_as)


async def _write_down(session: AsyncSession, match: Match, *, ring_back: str, actor: Actor) -> None:
    standing = await session.scalar(
        select(Concern)
        .where(Concern.match_id == match.id, Concern.closed_at.is_(None))
        .with_for_update()
    )
    if standing is None:
        session.add(Concern(match_id=match.id, raised_by=actor.id, ring_back=ring_back))
    elif ring_back not in standing.ring_back.split(", "):
        # A colleague was worried before: both are rung.
        standing.ring_back = f"{standing.ring_back}, {ring_back}"
    await session.flush()
    await note_deed(session, ("match", match.id), "concern_raised", actor=actor)


async def _tell_practitioners(session: AsyncSession, commissioner_id: uuid.UUID) -> None:
    """Where a council has no practitioner, whoever else signs in for it."""
    staff = await session.execute(
        select(User.id, User.role)
        .where(User.commissioner_id == commissioner_id, User.closed_at.is_(None))
        .order_by(User.id)
    )
    people = [(row.id, row.role) for row in staff]
    looking = [id_ for id_, role in people if role == "practitioner"]
    for user_id in looking or [id_ for id_, _ in people]:
        await queue_once(session, CONCERN_RAISED, user_id)


async def _go_on(session: AsyncSession, match: Match, *, actor: Actor) -> None:
    service = match.intake.service
    helpers = await _helpers_of(session, service)
    admitted = await lock_admitted(session, helpers)
    state = await session.scalar(select(Match.state).where(Match.id == match.id))
    if state != MatchState.ON_HOLD:
        # It ended meanwhile: the provider left, or the family is on the stop list.
        return
    held = await _last_hold(session, match.id)
    bound = await session.scalar(select(has_agreed(helpers[-1])))
    if admitted == set(helpers) and bound:
        await put_back(session, {match.id: held.source}, code=SAFEGUARDING, actor=actor)
    elif held.code == SAFEGUARDING:
        raise NotReadyError(
            "Who helps this family is paused, or has taken its agreement back. Nothing was "
            "changed. Close this once they may work again, or end the help for this family."
        )


async def _withdraw(session: AsyncSession, match: Match, *, actor: Actor) -> None:
    """The need is closed as well: another plan must not send somebody else there."""
    state = await session.scalar(select(Match.state).where(Match.id == match.id))
    if state != MatchState.ON_HOLD:
        return
    to = MatchState.WITHDRAWN
    await move_match(session, match.id, to=to, actor=actor, code=SAFEGUARDING)
    need = [match.need_id]
    await move_needs(session, need, to=NeedState.CLOSED, actor=actor, code=SAFEGUARDING)


async def _helpers_of(session: AsyncSession, service: Service) -> list[uuid.UUID]:
    """Who helps, and last the one who answers for it."""
    host = await session.scalar(
        select(Provider.hosted_by_id).where(Provider.id == service.provider_id)
    )
    return [service.provider_id, host] if host else [service.provider_id]


async def _last_hold(session: AsyncSession, match_id: uuid.UUID) -> Event:
    held = select(Event).where(
        Event.subject_kind == "match",
        Event.subject_id == match_id,
        Event.target == MatchState.ON_HOLD,
    )
    return (await session.scalars(held.order_by(Event.id.desc()).limit(1))).one()


async def _concern_mail(session: AsyncSession, user_id: uuid.UUID) -> Mail | Refusal:
    """Leaves even while messages are stopped: it goes to the council's own people."""
    user = await session.get_one(User, user_id)
    waiting = await session.scalar(
        select(func.count())
        .select_from(Concern)
        .join(Concern.match)
        .join(Match.family)
        .where(Family.commissioner_id == user.commissioner_id, Concern.closed_at.is_(None))
    )
    if user.closed_at is not None or not waiting:
        return Refusal("nobody waits to be rung back any more")
    link = f"{settings_of(session).base_url}/practitioner/concerns"
    return compose_mail(
        shared_environment(), CONCERN_RAISED, to=user.email, waiting=waiting, link=link
    )


@by_exchange
async def councils_of(session: AsyncSession, *, actor: Actor) -> list[Commissioner]:
    """Whose families the provider has to do with; all, where there are none yet."""
    own = matches_to_worry_about(actor).join(Match.family)
    ids = own.with_only_columns(Family.commissioner_id)
    found = select(Commissioner).order_by(Commissioner.name)
    theirs = (await session.scalars(found.where(Commissioner.id.in_(ids)))).all()
    return list(theirs or (await session.scalars(found)).all())


COMPOSERS: Mapping[str, Composer] = MappingProxyType({CONCERN_RAISED: _concern_mail})
