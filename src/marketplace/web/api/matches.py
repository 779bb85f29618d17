"""A provider's matches: who waits, and after the yes how to reach them; then what was done."""

import uuid
from datetime import date
from typing import Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import readable_matches
from marketplace.db.plans import Match
from marketplace.services.matches import claims, outcomes
from marketplace.services.volunteers.pairs import PROMISED
from marketplace.states import MatchState
from marketplace.web import words
from marketplace.web.api.operations import actor_of, answer, operation, read_body, read_query
from marketplace.web.api.paging import PageQuery, read_page
from marketplace.web.api.repeats import answer_once
from marketplace.web.api.shapes import Taken
from marketplace.web.forms import parse_id
from marketplace.web.pages import provider_views
from marketplace.web.rendering import WebRequest

STATES = {
    MatchState.AWAITING_PROVIDER: "waiting",
    MatchState.AWAITING_FAMILY: "claimed",
    MatchState.ACCEPTED: "accepted",
    MatchState.UNDER_WAY: "started",
}
BEFORE_A_YES = ("age_band", "area", "distance_text", "language", "access")


class FamilyOfProvider(msgspec.Struct):
    """Of a family that said yes: a name, and the one way of contact that it agreed to."""

    name: str
    contact_way: str
    contact: str
    visiting: str
    ring_by: date
    easier: list[str]


class MatchOfProvider(msgspec.Struct):
    """`state`: waiting, claimed, accepted or started. What is null need not be known."""

    id: uuid.UUID
    state: str
    intake_id: uuid.UUID
    need: str
    days: str
    age_band: str | None
    area: str | None
    distance_text: str | None
    language: str | None
    access: str | None
    answer_by: date | None
    family: FamilyOfProvider | None


class InboxPage(msgspec.Struct):
    items: list[MatchOfProvider]
    next: str | None


class Noted(msgspec.Struct):
    id: uuid.UUID


class Declined(Taken):
    code: Literal[
        "full", "not_running", "too_far", "needs_more", "wrong_age", "no_language", "other"
    ]


class Started(Taken):
    """`diet_confirmed`: somebody asked about allergies; needed before a first meal."""

    diet_confirmed: bool = False


class Ended(Taken):
    how: outcomes.How
    helped: outcomes.Helped


@get(
    "/matches",
    opt=operation(
        scope="matches:read",
        summary="Who waits for the provider, and whom it helps",
        asks=PageQuery,
        gives=InboxPage,
    ),
)
async def list_matches(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Response[bytes]:
    query = read_query(request, PageQuery)
    # The page first, then the same rows with all that is told of them.
    ids, after = await read_page(
        session, readable_matches(actor_of(request)), Match.id, query=query
    )
    wanted = readable_matches(actor_of(request)).where(Match.id.in_([one.id for one in ids]))
    found = await provider_views.read_matches(session, wanted.order_by(Match.id))
    return answer(InboxPage(await _told(session, found), after))


async def _told(session: AsyncSession, found: Any) -> list[MatchOfProvider]:
    rare = await provider_views.rare_needs(session, found)
    offers = await provider_views.offers_of(session, found)
    today = (await session.execute(select(func.current_date()))).scalar_one()
    told = []
    for match in found:
        view = provider_views.waiting_view(match, rare, today)
        is_promised = match.state in PROMISED
        told.append(
            MatchOfProvider(
                id=match.id,
                state=STATES[MatchState(match.state)],
                intake_id=match.intake_id,
                need=view["need_text"],
                days=view["days_text"],
                **{name: None if is_promised else view[name] for name in BEFORE_A_YES},
                answer_by=view["answer_by"]
                if match.state == MatchState.AWAITING_PROVIDER
                else None,
                family=_family(match, offers[match.id]) if is_promised else None,
            )
        )
    return told


def _family(match: Match, offer: Any) -> FamilyOfProvider:
    view = provider_views.accepted_view(match, offer)
    return FamilyOfProvider(
        name=view["name"],
        contact_way=view["contact_way"],
        contact=view["contact"],
        visiting=view["visiting"],
        ring_by=view["ring_by"],
        easier=[words.EASIER[code] for code in offer.easier],
    )


def _deed(summary: str, **more: Any) -> dict[str, Any]:
    return operation(
        scope="matches:write", summary=summary, gives=Noted, problems=(404, 409), **more
    )


@post("/matches/{match_id:str}/claim", status_code=200, opt=_deed("Say yes to a family"))
async def claim(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Response[bytes]:
    one = parse_id(match_id)
    await claims.claim_match(session, one, actor=actor_of(request))
    return answer(Noted(one))


@post(
    "/matches/{match_id:str}/decline",
    status_code=200,
    opt=_deed("Hand a family back before its yes, with a reason", takes=Declined),
)
async def decline(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Response[bytes]:
    one, sent = parse_id(match_id), await read_body(request, Declined)
    await claims.decline_match(session, one, code=sent.code, actor=actor_of(request))
    return answer(Noted(one))


@post(
    "/matches/{match_id:str}/started",
    status_code=200,
    opt=_deed("Help has started", takes=Started),
)
async def started(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Response[bytes]:
    one, sent = parse_id(match_id), await read_body(request, Started)
    await claims.start_help(
        session, one, diet_confirmed=sent.diet_confirmed, actor=actor_of(request)
    )
    return answer(Noted(one))


@post(
    "/matches/{match_id:str}/attended",
    status_code=200,
    opt=_deed("They came once more", may_repeat=True),
)
async def attended(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Response[bytes]:
    one = parse_id(match_id)

    async def do() -> Noted:
        await outcomes.note_attended(session, one, change=1, actor=actor_of(request))
        return Noted(one)

    return await answer_once(request, session, do)


@post(
    "/matches/{match_id:str}/ended",
    status_code=200,
    opt=_deed("Help has ended: how, and whether it helped", takes=Ended),
)
async def ended(
    request: WebRequest, session: NamedDependency[AsyncSession], match_id: FromPath[str]
) -> Response[bytes]:
    one, sent = parse_id(match_id), await read_body(request, Ended)
    await outcomes.end_help(session, one, how=sent.how, helped=sent.helped, actor=actor_of(request))
    return answer(Noted(one))


HANDLERS = [list_matches, claim, decline, started, attended, ended]
