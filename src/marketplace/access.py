"""Who is asking, and what each may see. Every query for a person starts here: a filter written
elsewhere is a leak waiting to happen.
"""

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import aliased

from directory.models import Intake, Provider, Service
from directory.visibility import is_admitted
from marketplace.db.acting import EXCHANGE, Acting
from marketplace.db.asks import Ask
from marketplace.db.families import Family, Need
from marketplace.db.outcomes import Concern
from marketplace.db.plans import Fund, Match, PairRule, Plan
from marketplace.db.providers import AGREEMENT_VERSION, Agreement
from marketplace.db.rights import RightsRequest
from marketplace.states import MatchState

# Before that a provider knows nothing of a family, and after an end nothing any more.
SEEN_BY_PROVIDER = (
    MatchState.AWAITING_PROVIDER,
    MatchState.AWAITING_FAMILY,
    MatchState.ACCEPTED,
    MatchState.UNDER_WAY,
)


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who does a thing. `kind`: commissioner, practitioner, provider, family or system."""

    kind: str
    id: uuid.UUID | None = None
    name: str = ""
    commissioner_id: uuid.UUID | None = None
    provider_id: uuid.UUID | None = None
    provider_role: str | None = None

    def acting(self, *, deed: bool) -> Acting:
        """What the database goes by, beside the queries below."""
        if self.kind == "system":
            return EXCHANGE
        return Acting(
            kind=self.kind,
            commissioner_id=self.commissioner_id,
            provider_id=self.provider_id,
            deed=deed,
        )

    @property
    def is_editor(self) -> bool:
        return self.provider_role == "editor"


SYSTEM = Actor(kind="system")


def readable_families(actor: Actor) -> Select[Family]:
    return select(Family).where(Family.commissioner_id == actor.commissioner_id)


def readable_needs(actor: Actor) -> Select[Need]:
    return select(Need).join(Need.family).where(Family.commissioner_id == actor.commissioner_id)


def readable_asks(actor: Actor) -> Select[Ask]:
    return select(Ask).where(Ask.commissioner_id == actor.commissioner_id)


def readable_rights_requests(actor: Actor) -> Select[RightsRequest]:
    return select(RightsRequest).where(RightsRequest.commissioner_id == actor.commissioner_id)


def readable_plans(actor: Actor) -> Select[Plan]:
    return select(Plan).where(Plan.commissioner_id == actor.commissioner_id)


def readable_funds(actor: Actor) -> Select[Fund]:
    return select(Fund).where(Fund.commissioner_id == actor.commissioner_id)


def readable_pair_rules(actor: Actor) -> Select[PairRule]:
    return (
        select(PairRule)
        .join(Need, Need.id == PairRule.need_id)
        .join(Need.family)
        .where(Family.commissioner_id == actor.commissioner_id)
    )


def readable_matches(actor: Actor) -> Select[Match]:
    """A provider's own and its volunteers', while it may; a commissioner's own, always."""
    if actor.kind == "provider":
        return answered_matches(actor).where(
            Match.state.in_(SEEN_BY_PROVIDER), may_see_families(actor)
        )
    return select(Match).join(Match.family).where(Family.commissioner_id == actor.commissioner_id)


def planned_matches(actor: Actor) -> Select[Match]:
    """A council's, found by their plans: to be counted without their families."""
    return select(Match).join(Match.plan).where(Plan.commissioner_id == actor.commissioner_id)


def answered_matches(actor: Actor) -> Select[Match]:
    """Everything that is a provider's to answer: to be counted; to be read, `readable_matches`."""
    return (
        select(Match)
        .join(Match.intake)
        .join(Intake.service)
        .join(Service.provider)
        .where(is_answered_for_by(actor))
    )


def held_matches(actor: Actor) -> Select[Match]:
    """What the council looks after for a while: a provider learns that, never why."""
    return answered_matches(actor).where(Match.state == MatchState.ON_HOLD, may_see_families(actor))


def matches_to_worry_about(actor: Actor) -> Select[Match]:
    """Whoever is worried about a child is heard, be the provider paused or the match on hold."""
    return answered_matches(actor).where(Match.state.in_((*SEEN_BY_PROVIDER, MatchState.ON_HOLD)))


def readable_concerns(actor: Actor) -> Select[Concern]:
    return (
        select(Concern)
        .join(Concern.match)
        .join(Match.family)
        .where(Family.commissioner_id == actor.commissioner_id)
    )


def may_see_families(actor: Actor) -> ColumnElement[bool]:
    """Let in, not paused, not gone, and bound by the agreement: asked anew by every query."""
    own = aliased(Provider)
    return and_(
        exists().where(own.id == actor.provider_id, is_admitted(own)),
        has_agreed(actor.provider_id),
    )


def has_agreed(provider_id: object) -> ColumnElement[bool]:
    """Whether the agreement as it reads now has been accepted and stands."""
    return exists().where(
        Agreement.provider_id == provider_id,
        Agreement.version == AGREEMENT_VERSION,
        Agreement.withdrawn_at.is_(None),
    )


def readable_intakes(actor: Actor) -> Select[Intake]:
    return (
        select(Intake).join(Intake.service).join(Service.provider).where(is_answered_for_by(actor))
    )


def is_answered_for_by(actor: Actor) -> ColumnElement[bool]:
    """A volunteer is answered for by the host: the volunteer's own name signs in nowhere."""
    return or_(
        Provider.id == actor.provider_id,
        Provider.hosted_by_id == actor.provider_id,
    )


def readable_volunteers(actor: Actor) -> Select[Provider]:
    """Only whom the actor's own organisation hosts."""
    return select(Provider).where(
        Provider.kind == "volunteer", Provider.hosted_by_id == actor.provider_id
    )
