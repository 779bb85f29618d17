"""Which state may follow which, and where a match holds a place. Pure: only the table."""

from enum import StrEnum
from typing import Final

from marketplace.errors import MovedOnError


class NeedState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    PLANNED = "planned"
    MET = "met"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class PlanState(StrEnum):
    QUEUED = "queued"
    SOLVING = "solving"
    DRAFT = "draft"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    DISCARDED = "discarded"
    FAILED = "failed"


class MatchState(StrEnum):
    PROPOSED = "proposed"
    AGREED = "agreed"
    SET_ASIDE = "set_aside"
    AWAITING_PROVIDER = "awaiting_provider"
    AWAITING_FAMILY = "awaiting_family"
    ACCEPTED = "accepted"
    UNDER_WAY = "under_way"
    COMPLETED = "completed"
    ENDED_EARLY = "ended_early"
    PROVIDER_DECLINED = "provider_declined"
    PROVIDER_EXPIRED = "provider_expired"
    FAMILY_DECLINED = "family_declined"
    FAMILY_EXPIRED = "family_expired"
    NOT_STARTED = "not_started"
    WITHDRAWN = "withdrawn"
    ON_HOLD = "on_hold"


State = NeedState | PlanState | MatchState

_N, _P, _M = NeedState, PlanState, MatchState

NEED_TABLE: Final[dict[NeedState, frozenset[NeedState]]] = {
    _N.DRAFT: frozenset({_N.PUBLISHED}),
    _N.PUBLISHED: frozenset({_N.PLANNED, _N.WITHDRAWN, _N.EXPIRED}),
    _N.PLANNED: frozenset({_N.PUBLISHED, _N.MET, _N.CLOSED, _N.WITHDRAWN, _N.EXPIRED}),
    _N.MET: frozenset({_N.PUBLISHED, _N.CLOSED}),
    _N.CLOSED: frozenset(),
    # The council may publish it again, with what it knows by then.
    _N.WITHDRAWN: frozenset({_N.PUBLISHED}),
    _N.EXPIRED: frozenset({_N.PUBLISHED}),
}

PLAN_TABLE: Final[dict[PlanState, frozenset[PlanState]]] = {
    _P.QUEUED: frozenset({_P.SOLVING, _P.DISCARDED}),
    _P.SOLVING: frozenset({_P.DRAFT, _P.FAILED, _P.DISCARDED}),
    _P.DRAFT: frozenset({_P.REVIEWED, _P.DISCARDED}),
    _P.REVIEWED: frozenset({_P.APPROVED, _P.DRAFT, _P.DISCARDED}),
    _P.APPROVED: frozenset(),
    _P.DISCARDED: frozenset(),
    _P.FAILED: frozenset(),
}

# Past the draft every live match can be put on hold, and from there be stopped. Help that has begun
# is not broken off by a press: it is put on hold first, and a person decides.
MATCH_TABLE: Final[dict[MatchState, frozenset[MatchState]]] = {
    _M.PROPOSED: frozenset({_M.AGREED, _M.SET_ASIDE, _M.WITHDRAWN}),
    _M.AGREED: frozenset(
        {_M.AWAITING_PROVIDER, _M.AWAITING_FAMILY, _M.SET_ASIDE, _M.PROPOSED, _M.WITHDRAWN}
    ),
    _M.AWAITING_PROVIDER: frozenset(
        {_M.AWAITING_FAMILY, _M.PROVIDER_DECLINED, _M.PROVIDER_EXPIRED, _M.WITHDRAWN, _M.ON_HOLD}
    ),
    _M.AWAITING_FAMILY: frozenset(
        {
            _M.ACCEPTED,
            _M.FAMILY_DECLINED,
            _M.FAMILY_EXPIRED,
            _M.PROVIDER_DECLINED,
            _M.WITHDRAWN,
            _M.ON_HOLD,
        }
    ),
    _M.ACCEPTED: frozenset(
        {
            _M.UNDER_WAY,
            _M.NOT_STARTED,
            _M.FAMILY_DECLINED,
            _M.PROVIDER_DECLINED,
            _M.WITHDRAWN,
            _M.ON_HOLD,
            # An answer that was entered for the family by mistake is taken back.
            _M.AWAITING_FAMILY,
        }
    ),
    _M.UNDER_WAY: frozenset({_M.COMPLETED, _M.ENDED_EARLY, _M.ON_HOLD}),
    _M.ON_HOLD: frozenset(
        {_M.AWAITING_PROVIDER, _M.AWAITING_FAMILY, _M.ACCEPTED, _M.UNDER_WAY, _M.WITHDRAWN}
    ),
    _M.SET_ASIDE: frozenset({_M.PROPOSED}),
    _M.COMPLETED: frozenset(),
    _M.ENDED_EARLY: frozenset(),
    _M.PROVIDER_DECLINED: frozenset(),
    _M.PROVIDER_EXPIRED: frozenset(),
    # As above, while the place is still there.
    _M.FAMILY_DECLINED: frozenset({_M.AWAITING_FAMILY}),
    _M.FAMILY_EXPIRED: frozenset(),
    _M.NOT_STARTED: frozenset(),
    _M.WITHDRAWN: frozenset(),
}

# A place is held while a match waits, and used once help has started. It is a function of the
# state alone, so that `held + used` of an intake can be recounted from its matches at any time.
HOLDS_PLACE: Final = frozenset({_M.AWAITING_PROVIDER, _M.AWAITING_FAMILY, _M.ACCEPTED, _M.ON_HOLD})
USES_PLACE: Final = frozenset({_M.UNDER_WAY})
# Only what a family, provider or practitioner can still act on.
LIVE_MATCH: Final = HOLDS_PLACE | USES_PLACE | {_M.PROPOSED, _M.AGREED}

_TABLES: Final[dict[str, dict[str, frozenset[str]]]] = {
    "need": {str(state): frozenset(map(str, targets)) for state, targets in NEED_TABLE.items()},
    "plan": {str(state): frozenset(map(str, targets)) for state, targets in PLAN_TABLE.items()},
    "match": {str(state): frozenset(map(str, targets)) for state, targets in MATCH_TABLE.items()},
}


def check_transition(subject: str, source: str, target: str) -> None:
    """Refuse what the table does not list; `subject` is `need`, `plan` or `match`."""
    if target not in _TABLES[subject][source]:
        raise MovedOnError(subject, source, target)


def places_change(source: MatchState, target: MatchState) -> tuple[int, int]:
    """By how much `held` and `used` change, per place that the match takes."""
    held = (target in HOLDS_PLACE) - (source in HOLDS_PLACE)
    used = (target in USES_PLACE) - (source in USES_PLACE)
    return held, used
