"""A refusal reaches no export, no page of others, no feed and no model.

Worlds that are the same to the last id, apart from what one family did: it said no, or the exchange
itself took its place away. What differs between them tells who refused.
"""

import pickle
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest
import small_world as world
from addresses import OWNER, Route, listed_routes, real_path
from world_databases import Database, Worlds, run_apart, settings_for

from marketplace.access import SYSTEM
from marketplace.app import create_app
from marketplace.db.acting import EXCHANGE
from marketplace.db.plans import Plan
from marketplace.db.session import Sessions, make_engine, make_sessions, transaction
from marketplace.demo.loading import make_sign_in_path
from marketplace.services import answers, holds
from marketplace.states import MatchState
from marketplace.worker.planning import translate
from marketplace.worker.rows import read_rows

CANARY = "TODDLER"
# Where the council's own people act on it: whoever rings the family, or answers "why this family?",
# sees its offer. Nobody else's, and nothing that leaves.
TO_ACT_ON = {"/commissioner/families/{family_id:str}/why"}
# Of every browser its own, or of the clock.
OWN = re.compile(
    r'nonce="[^"]*"|nonce-[\w=+/-]+|value="[0-9a-f]{32,}"|\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?(?:am|pm)?'
)
SKIPPED = ("/dev/", "/static/", "/sign-in", "/v/", "/confirm/", "/join/{", "/ask/", "/p/", "/o/")
Pages = dict[str, str]


async def say_no(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        link = await world.offer_link(session, session.info["settings"], CANARY)
        offer = await answers.open_offer(session, link.removeprefix("/o/"))
        await answers.answer_offer(session, offer, answer="no")


async def be_taken_away(sessions: Sessions) -> None:
    """Nobody refused anything: a place that had gone, say."""
    async with transaction(sessions, EXCHANGE) as session:
        match = await world.match_of(session, CANARY)
        await holds.hand_on(
            session, [match], to=MatchState.WITHDRAWN, code="no_contact", actor=SYSTEM
        )


Deed = Callable[[Sessions], Coroutine[Any, Any, None]]
NEUTRAL: Deed = be_taken_away
REFUSALS: dict[str, Deed] = {"no": say_no}


@pytest.fixture(scope="module")
def seen(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pages]:
    """World → address → what is read there, and under `engine` what the model is told."""
    folder = tmp_path_factory.mktemp("refusals")
    told = {}
    for name, deed in {"taken": NEUTRAL, **REFUSALS}.items():
        database = worlds.make("claimed")
        try:
            told[name] = run_apart(live(database, folder, deed))
        finally:
            worlds.drop(database)
    return told


async def live(database: Database, folder: Path, deed: Deed) -> Pages:
    settings = settings_for(database, folder)
    engine = make_engine(settings.database_url)
    sessions = make_sessions(engine, settings)
    await deed(sessions)
    try:
        return await read_all(sessions, settings) | await tell_engine(sessions)
    finally:
        await engine.dispose()


async def read_all(sessions: Sessions, settings: Any) -> Pages:
    application = create_app(settings)
    pages = {}
    async with application.lifespan():
        for role, email in {"public": "", **OWNER}.items():
            transport = httpx.ASGITransport(app=application)
            async with httpx.AsyncClient(
                transport=transport, base_url=settings.base_url
            ) as browser:
                if email:
                    await browser.post(await make_sign_in_path(sessions, email))
                for route in readable_routes(role):
                    async with transaction(sessions, EXCHANGE) as session:
                        path = await real_path(session, settings, route)
                    pages[route.path] = as_read(await browser.get(path))
    return pages


def readable_routes(role: str) -> list[Route]:
    return [
        route
        for route in listed_routes()
        if route.method == "GET" and route.audience == role and not route.path.startswith(SKIPPED)
    ]


def as_read(answer: httpx.Response) -> str:
    is_text = answer.headers.get("content-type", "").startswith(("text", "application/json"))
    return f"{answer.status_code} " + (OWN.sub("", answer.text) if is_text else "")


async def tell_engine(sessions: Sessions) -> Pages:
    """What the next plan is reckoned from, table by table."""
    async with transaction(sessions, EXCHANGE) as session:
        amina = await world.actor_of(session, world.AMINA)
        plan = Plan(commissioner_id=amina.commissioner_id, number=99, seed=1, policy={}, options={})
        base = await world.plan_of(session, world.AMINA)
        plan.policy, plan.kind = base.policy, "everyone"
        tables = translate(await read_rows(session, plan))
        names = [name for name in vars(tables) if name != "limits"]
        told = {f"engine {name}": repr(pickle.dumps(getattr(tables, name))) for name in names}
        told["engine words"] = repr(tables)
        return told


def differing(one: Pages, other: Pages) -> set[str]:
    assert one.keys() == other.keys()
    return {address for address in one if one[address] != other[address]}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_nobody_outside_the_council_can_tell_a_refusal(
    seen: dict[str, Pages], refusal: str
) -> None:
    """Neither the charity that was refused, nor the public, nor a feed, nor a file of theirs."""
    outside = ("/commissioner", "/practitioner", "engine")
    told = {one for one in differing(seen["taken"], seen[refusal]) if not one.startswith(outside)}
    assert told == set()


@pytest.mark.parametrize("refusal", REFUSALS)
def test_the_council_s_pages_tell_it_only_where_somebody_acts(
    seen: dict[str, Pages], refusal: str
) -> None:
    ours = ("/commissioner", "/practitioner")
    told = {one for one in differing(seen["taken"], seen[refusal]) if one.startswith(ours)}
    assert told <= TO_ACT_ON


@pytest.mark.parametrize("refusal", REFUSALS)
def test_the_model_learns_of_a_refusal_only_never_this_pair(
    seen: dict[str, Pages], refusal: str
) -> None:
    told = {one for one in differing(seen["taken"], seen[refusal]) if one.startswith("engine")}
    assert told == {"engine refusals", "engine words"}
    assert CANARY not in seen[refusal]["engine words"]


def test_everybody_s_pages_are_read(seen: dict[str, Pages]) -> None:
    pages = seen["no"]
    assert len(pages) > 60
    assert sum(text.startswith("200") for text in pages.values()) > 50
    assert any(CANARY in text for text in pages.values()), "the council knows its pseudonym"
