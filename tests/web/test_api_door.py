"""Who may call the API: no token, no answer; the wrong scope, none; another's, not there."""

from typing import get_args, get_type_hints

import httpx
import pytest
import small_world as world
from addresses import Route, api_routes, real_path
from api_at_hand import API, program, token_of
from litestar import Litestar
from reading import SignIn
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.machines import ApiToken
from marketplace.db.session import Sessions, transaction
from marketplace.reasons import reasons_of
from marketplace.services.matches import outcomes
from marketplace.services.staff.api_tokens import SCOPES
from marketplace.settings import Settings
from marketplace.web.api import door, matches

ROUTES = api_routes()
# What each body must hold to come as far as the question whose it is.
BODIES = {
    "/decline": {"code": "full"},
    "/started": {},
    "/ended": {"how": "finished", "helped": "yes"},
    "/intakes/": {"places": 9},
}
PROVIDERS = (f"{API}/matches", f"{API}/intakes")


def body_for(path: str) -> dict[str, object]:
    return next((body for part, body in BODIES.items() if part in path), {})


def check_problem(answer: httpx.Response, status: int, where: object = "") -> None:
    assert answer.status_code == status, (where, answer.text)
    assert answer.headers["content-type"] == "application/problem+json", where
    told = answer.json()
    assert told["status"] == status, where
    assert told["title"], where
    assert told["detail"], where


@pytest.fixture
async def paths(session: AsyncSession, settings: Settings) -> dict[Route, str]:
    return {route: await real_path(session, settings, route) for route in ROUTES}


async def test_nobody_gets_in_without_a_token_in_force(
    application: Litestar, sign_in: SignIn, paths: dict[Route, str], sessions: Sessions
) -> None:
    run_out, taken_back = [await token_of(sessions, world.AMINA) for _ in range(2)]
    async with transaction(sessions, EXCHANGE) as session:
        first, second = await session.scalars(select(ApiToken.id).order_by(ApiToken.created_at))
        for one, ends in ((first, "expires_at"), (second, "revoked_at")):
            await session.execute(
                update(ApiToken).where(ApiToken.id == one).values({ends: func.now()})
            )
    before = await world.take_picture(sessions)
    amina = await sign_in(world.AMINA)
    asked = [(route.method, path) for route, path in paths.items()]
    asked += [("GET", f"{API}/nothing-here"), ("PUT", f"{API}/needs"), ("OPTIONS", API)]
    for method, path in asked:
        # Signed in, and still: a cookie opens pages only.
        check_problem(await amina.request(method, path), 401, path)
    for wrong in ("Bearer", "Bearer wrong", f"Basic {run_out}", f"Bearer {run_out}"):
        answer = await amina.get(f"{API}/needs", headers={"Authorization": wrong})
        check_problem(answer, 401, wrong)
        assert answer.headers["www-authenticate"].startswith("Bearer")
    gone = {"Authorization": f"Bearer {taken_back}"}
    check_problem(await amina.get(f"{API}/needs", headers=gone), 401)
    after = await world.take_picture(sessions)
    before.pop("public.staff_session"), after.pop("public.staff_session")
    before.pop("public.sign_in_link"), after.pop("public.sign_in_link")
    before.pop("public.event"), after.pop("public.event")
    assert after == before


async def test_a_token_does_what_it_was_made_for_and_nothing_else(
    application: Litestar, paths: dict[Route, str], sessions: Sessions
) -> None:
    tokens = [
        (await token_of(sessions, email, scopes=[scope]), scope)
        for email, kind in ((world.AMINA, "commissioner"), (world.TOM, "provider"))
        for scope in SCOPES[kind]
    ]
    refused: dict[Route, int] = dict.fromkeys(paths, 0)
    for token, scope in tokens:
        async with program(application, token) as client:
            for route, path in paths.items():
                if route.method != "GET" and scope.endswith(":read"):
                    answer = await client.request(route.method, path, json={})
                    check_problem(answer, 403, (route, scope))
                if route.method == "GET":
                    answer = await client.get(path)
                    assert answer.status_code in {200, 403}, (route, scope, answer.text)
                    refused[route] += answer.status_code == 403
    for route, times in refused.items():
        # One scope opens it, every other one does not.
        assert times == (len(tokens) - 1 if route.method == "GET" else 0), route


async def test_what_is_anothers_is_not_there(
    application: Litestar, paths: dict[Route, str], sessions: Sessions
) -> None:
    strangers = {
        True: await token_of(sessions, world.WENDY),
        False: await token_of(sessions, world.OLGA),
    }
    named = [route for route in ROUTES if route.names_one and "{month" not in route.path]
    assert len(named) >= 10
    for route in named:
        token = strangers[route.path.startswith(PROVIDERS)]
        async with program(application, token) as client:
            path = paths[route]
            answer = await client.request(route.method, path, json=body_for(path))
            check_problem(answer, 404, route)


async def test_no_list_holds_anothers_families(application: Litestar, sessions: Sessions) -> None:
    for email in (world.OLGA, world.WENDY):
        async with program(application, await token_of(sessions, email)) as client:
            for route in ROUTES:
                if route.method == "GET" and not route.names_one:
                    text = (await client.get(route.path)).text
                    assert "KELLY" not in text, route
                    assert not [word for word in world.CANARIES if word in text], route


async def test_before_a_yes_a_provider_reads_no_name(
    application: Litestar, sessions: Sessions
) -> None:
    async with program(application, await token_of(sessions, world.TOM)) as client:
        answer = await client.get(f"{API}/matches")
    states = {one["state"] for one in answer.json()["items"]}
    assert states == {"claimed"}
    assert not [word for word in world.CANARIES if word in answer.text]


async def test_every_refusal_is_a_problem(
    application: Litestar, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with program(application, await token_of(sessions, world.AMINA)) as client:
        check_problem(await client.get(f"{API}/nothing-here"), 404)
        check_problem(await client.get(f"{API}/plans/not-an-id"), 404)
        answer = await client.put(f"{API}/needs")
        check_problem(answer, 405)
        assert answer.headers["allow"]
        check_problem(await client.post(f"{API}/plans", content=b"{}"), 415)
        check_problem(await client.post(f"{API}/plans", content=b"{", headers=JSON), 400)
        check_problem(await client.post(f"{API}/plans", content=b" " * 70_000, headers=JSON), 413)
        check_problem(await client.post(f"{API}/plans", json={"colour": 1}), 422)
        check_problem(await client.get(f"{API}/needs?limit=0"), 422)
        check_problem(await client.get(f"{API}/needs?cursor=AAAA"), 422)
        check_problem(await client.get(f"{API}/needs?limit=1&limit=2"), 422)
        monkeypatch.setattr(door, "MOST_CALLS_A_MINUTE", 3)
        answer = await client.get(f"{API}/needs")
        check_problem(answer, 429)
        assert int(answer.headers["retry-after"]) > 0


JSON = {"content-type": "application/json"}


async def test_the_description_needs_no_token(nobody: httpx.AsyncClient) -> None:
    told = (await nobody.get("/api/openapi.json")).json()
    paths = {f"{API}{path}" for path in told["paths"]}
    listed = {route.path.replace(":str", "") for route in ROUTES}
    assert paths == listed


def test_a_program_may_say_what_a_page_offers() -> None:
    said = get_args(get_type_hints(matches.Declined)["code"])
    assert list(said) == [reason.code for reason in reasons_of("provider")]
    assert set(get_args(outcomes.How)) == set(outcomes.ENDS)


async def test_an_address_tells_all_the_methods_it_takes(
    application: Litestar, paths: dict[Route, str], sessions: Sessions
) -> None:
    methods: dict[str, set[str]] = {}
    for route, path in paths.items():
        methods.setdefault(path, {"OPTIONS"}).add(route.method)
    assert any(len(found) > 2 for found in methods.values())
    # A provider's token without a scope for most of them: what there is, is described openly.
    async with program(application, await token_of(sessions, world.TOM)) as tom:
        for path, found in methods.items():
            told = await tom.options(path)
            assert told.status_code == 204, path
            assert told.content == b"", path
            refused = await tom.put(path)
            check_problem(refused, 405, path)
            for answer in (told, refused):
                assert set(answer.headers["allow"].split(", ")) == found, path
