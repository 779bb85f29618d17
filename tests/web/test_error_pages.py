"""Every error is a page that says what to do, with nothing inner on it or in a log."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import replace
from unittest.mock import patch

import small_world as world
import structlog
from httpx import ASGITransport, AsyncClient, Response
from reading import SignIn, csrf_of, words_of
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.app import create_app
from marketplace.db.session import Sessions
from marketplace.logs import configure_logs
from marketplace.settings import Settings

INNER = ("Traceback", "sqlalchemy", "asyncpg", "litestar", "SELECT", ".py", "Exception", "None")


def check_page(answer: Response, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.count("<h1") == 1
    assert "<title" in answer.text
    told = words_of(answer)
    assert [word for word in INNER if word in told] == []
    assert len(told) > 40


@contextmanager
def logged_text() -> Iterator[io.StringIO]:
    """What the application logs as it would in earnest."""
    logged = io.StringIO()
    try:
        with redirect_stderr(logged):
            configure_logs()
            # A logger of its own: the application's keeps the form it was first used in.
            with patch("marketplace.web.failures.log", structlog.get_logger()):
                yield logged
    finally:
        structlog.reset_defaults()


async def test_what_is_not_there(nobody: AsyncClient) -> None:
    check_page(await nobody.get("/nowhere"), 404)
    check_page(await nobody.get("/o/unknown"), 404)
    check_page(await nobody.get("/static/../pyproject.toml"), 404)


async def test_the_wrong_method(nobody: AsyncClient) -> None:
    check_page(await nobody.delete("/find"), 405)
    check_page(await nobody.put("/o/abc"), 405)


async def test_somebody_was_quicker(sign_in: SignIn, session: AsyncSession) -> None:
    tom = await sign_in(world.TOM)
    match = await world.match_of(session, "KELLY")
    token = {"_csrf": await csrf_of(tom)}
    check_page(await tom.post(f"/provider/matches/{match.id}/claim", data=token), 409)


async def test_a_form_that_cannot_be_taken(nobody: AsyncClient) -> None:
    check_page(await nobody.post("/sign-in", data={"email": "nobody"}), 422)


async def test_too_many_tries(
    nobody: AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    link = await world.offer_link(session, settings, "KELLY")
    for _ in range(5):
        answer = await nobody.post(link, data={"month": "1", "year": "2001"})
    check_page(answer, 429)


async def test_a_page_number_that_is_none(sign_in: SignIn) -> None:
    amina = await sign_in(world.AMINA)
    check_page(await amina.get("/commissioner/needs?page=two"), 400)
    for number in ("0", "-1", "99999999999999999999"):
        assert (await amina.get(f"/commissioner/needs?page={number}")).status_code == 200


async def test_words_that_are_no_text_break_nothing(nobody: AsyncClient) -> None:
    for path in ("/find?where=%00", "/find?where=%ff", "/find?miles=%00&need=%00&where=IP1"):
        assert (await nobody.get(path)).status_code in {200, 400}
    assert (await nobody.post("/sign-in", data={"email": "a@\x00b"})).status_code == 400
    assert (await nobody.get("/o/%00")).status_code == 404
    assert (await nobody.post("/sign-in/%00")).status_code == 404


async def test_a_fault_of_ours_logs_the_place_and_no_value(sign_in: SignIn) -> None:
    amina = await sign_in(world.AMINA)
    broken = patch(
        "marketplace.web.pages.messages_switch.messages_switch",
        side_effect=ValueError("Kelly Nocturne fled"),
    )
    with logged_text() as logged, broken:
        answer = await amina.get("/commissioner")
    check_page(answer, 500)
    assert "Nocturne" not in answer.text + logged.getvalue()
    (line,) = [json.loads(one) for one in logged.getvalue().splitlines() if one.startswith("{")]
    assert line["error"] == "ValueError"
    assert line["reference"] in words_of(answer)


async def test_a_database_that_is_away_is_busy(
    nobody: AsyncClient, session: AsyncSession, sessions: Sessions
) -> None:
    with patch("marketplace.web.pages.find.find_help", side_effect=ConnectionRefusedError):
        check_page(await nobody.get("/find?where=IP1+2DE"), 503)


async def test_a_failure_names_the_number_that_is_set(settings: Settings) -> None:
    """Without the database no council's number is known."""
    nowhere = replace(
        settings, database_url="postgresql://nobody@127.0.0.1:1/none", help_phone="01632 960 999"
    )
    app = create_app(nowhere)
    async with AsyncClient(transport=ASGITransport(app=app), base_url=settings.base_url) as browser:
        answer = await browser.get(f"/o/{'a' * 32}")
    check_page(answer, 503)
    assert "01632 960 999" in answer.text


async def test_a_refused_row_is_told_without_its_values(sign_in: SignIn) -> None:
    """A constraint's own message quotes the row: neither page nor log may."""
    amina = await sign_in(world.AMINA)

    async def break_a_rule(session: AsyncSession, actor: object) -> None:
        await session.execute(text("UPDATE contact SET safe_to_contact = 'Nocturne fled'"))

    broken = patch("marketplace.web.pages.messages_switch.messages_switch", break_a_rule)
    with logged_text() as logged, broken:
        answer = await amina.get("/commissioner")
    assert answer.status_code in {500, 503}
    assert "Nocturne" not in answer.text + logged.getvalue()
    assert "request failed" in logged.getvalue()
