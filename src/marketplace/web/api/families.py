"""“Why this family?” for a council's own programs: what stands and how it came, by no name."""

import uuid
from datetime import date, datetime

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import readable_families
from marketplace.db.families import Family, Need
from marketplace.db.plans import Match
from marketplace.errors import NotFoundError
from marketplace.services.figures.steps_told import STANDING
from marketplace.services.plans.family_story import FamilyStory, tell_story
from marketplace.states import MatchState
from marketplace.web import reasons_in_words
from marketplace.web.api.operations import actor_of, answer, operation
from marketplace.web.rendering import WebRequest

# Between these somebody may have said no, or nothing at all: it is not told.
STEPS = {
    ("need", "planned"): "planned",
    ("need", "met"): "met",
    ("match", "agreed"): "agreed",
    ("match", "accepted"): "accepted",
    ("match", "under_way"): "started",
    ("match", "completed"): "ended",
    ("match", "ended_early"): "ended",
}


class LookTold(msgspec.Struct):
    by: str
    at: datetime
    seconds: int | None
    was_changed: bool


class Weighed(msgspec.Struct):
    """What else would have suited, and what it would have cost beside."""

    support: str
    extra_pence: int


class MatchOfFamily(msgspec.Struct):
    id: uuid.UUID
    plan: int
    support: str
    price_pence: int
    fund: str | None
    why: str
    look: LookTold | None
    approved_at: datetime | None
    state: str
    weighed: list[Weighed]


class NeedOfFamily(msgspec.Struct):
    need: str
    level: int
    source: str
    asked_on: date | None
    reasons: list[str]
    published_at: datetime
    matches: list[MatchOfFamily]
    unmet: str | None


class Draw(msgspec.Struct):
    """The number by which a plan drew between equals: it can be replayed."""

    plan: int
    seed: int


class StepOfFamily(msgspec.Struct):
    at: datetime
    step: str
    by: str


class FamilyHistory(msgspec.Struct):
    family_ref: str
    area: str | None
    needs: list[NeedOfFamily]
    draws: list[Draw]
    history: list[StepOfFamily]


@get(
    "/families/{family_ref:str}/history",
    opt=operation(
        scope="families:read",
        summary="Why this family: why it was asked, who looked, what was weighed, how it stands",
        gives=FamilyHistory,
        problems=(404,),
    ),
)
async def show_history(
    request: WebRequest, session: NamedDependency[AsyncSession], family_ref: FromPath[str]
) -> Response[bytes]:
    actor = actor_of(request)
    own = readable_families(actor).with_only_columns(Family.id)
    if not family_ref.isprintable():
        raise NotFoundError
    found = await session.scalar(own.where(func.upper(Family.ref) == family_ref.upper()))
    if found is None:
        raise NotFoundError
    story = await tell_story(session, found, actor=actor)
    return answer(
        FamilyHistory(
            family_ref=story.family.ref,
            area=story.family.outward,
            needs=[_need(need, story) for need in story.needs],
            draws=_draws(story),
            history=_history(story),
        )
    )


def _need(need: Need, story: FamilyStory) -> NeedOfFamily:
    _, unmet = story.unmet.get(need.id, (None, None))
    return NeedOfFamily(
        need=need.code,
        level=need.level,
        source=need.source,
        asked_on=need.asked_on,
        reasons=need.reasons,
        published_at=need.published_at,
        matches=[_match(match, story) for match in _standing(story, need.id)],
        unmet=reasons_in_words.why_unmet(unmet.reason, unmet.detail) if unmet else None,
    )


def _standing(story: FamilyStory, need_id: uuid.UUID) -> list[Match]:
    return [match for match in story.matches.get(need_id, ()) if match.state in STANDING]


def _match(match: Match, story: FamilyStory) -> MatchOfFamily:
    look = story.looks.get(match.id)
    return MatchOfFamily(
        id=match.id,
        plan=match.plan.number,
        support=_support(match.intake_id, story),
        price_pence=match.price_pence,
        fund=story.funds.get(match.fund_id) if match.fund_id else None,
        why=reasons_in_words.why_match(match),
        look=LookTold(look.by, look.at, look.seconds, look.was_changed) if look else None,
        approved_at=match.approved_at,
        state=STANDING[MatchState(match.state)],
        weighed=[
            Weighed(_support(uuid.UUID(one["intake_id"]), story), one["extra_pence"])
            for one in match.choices["next_best"]
        ],
    )


def _support(intake_id: uuid.UUID, story: FamilyStory) -> str:
    """A volunteer's name is the host's to tell."""
    service = story.supports[intake_id].service
    helper = "a volunteer" if service.provider.kind == "volunteer" else service.provider.name
    return f"{service.name}, {helper}"


def _draws(story: FamilyStory) -> list[Draw]:
    stands = [match.plan for need in story.needs for match in _standing(story, need.id)]
    plans = {
        plan.number: plan.seed for plan in (*stands, *(one for one, _ in story.unmet.values()))
    }
    return [Draw(number, plans[number]) for number in sorted(plans)]


def _history(story: FamilyStory) -> list[StepOfFamily]:
    told = {match.id for need in story.needs for match in _standing(story, need.id)}
    told |= {need.id for need in story.needs}
    return [
        StepOfFamily(event.at, STEPS[event.subject_kind, event.target], name or event.actor_kind)
        for event, name in story.history
        if event.subject_id in told and (event.subject_kind, event.target) in STEPS
    ]


HANDLERS = [show_history]
