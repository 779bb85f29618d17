"""The second step: asked of whoever sees a council's families, and no way round it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from unittest.mock import patch

import pyotp
import pytest
import small_world as world
from httpx import AsyncClient, Response
from reading import SignIn, form_of, words_of
from sqlalchemy import select, text

from marketplace.db.acting import EXCHANGE
from marketplace.db.history import Event
from marketplace.db.people import User
from marketplace.db.session import Sessions, transaction
from marketplace.demo.loading import make_sign_in_path
from marketplace.settings import Settings, mail_folder

STAGE = "ground"
OpenBrowser = Callable[[], Awaitable[AsyncClient]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """As `serve` runs: nobody is spared."""
    return replace(settings, demo=False)


async def arrive(browser: AsyncClient, sessions: Sessions, email: str) -> Response:
    """Use a mailed link; what comes next."""
    return await browser.post(await make_sign_in_path(sessions, email))


async def type_code(browser: AsyncClient, path: str, code: str) -> Response:
    shown = await browser.get(path)
    form = form_of(shown, path)
    return await browser.post(form.action, data=form.fields | {"code": code})


async def set_up(browser: AsyncClient) -> tuple[pyotp.TOTP, list[str]]:
    """Set up the second step of whoever is arriving; their app, and their recovery codes."""
    shown = await browser.get("/second-step/set-up")
    key = re.search(r"<strong>([A-Z2-7 ]{39})</strong>", shown.text)
    assert key, shown.text
    app = pyotp.TOTP(key[1].replace(" ", ""))
    done = await type_code(browser, "/second-step/set-up", app.now())
    assert done.status_code == 200, words_of(done)
    return app, re.findall(r"<li>(\w{5} \w{5})</li>", done.text)


async def forget_last_step(sessions: Sessions) -> None:
    """As if the code that was typed last had been of an earlier half minute."""
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(text("UPDATE second_step SET last_step = last_step - 3"))


async def deeds_of(sessions: Sessions, email: str) -> list[tuple[str, str | None]]:
    async with transaction(sessions, EXCHANGE) as session:
        user = await session.scalar(select(User.id).where(User.email == email))
        found = await session.execute(
            select(Event.target, Event.code).where(Event.subject_id == user).order_by(Event.id)
        )
        return [(target, code) for target, code in found]


@pytest.mark.parametrize("email", [world.AMINA, world.PRIYA])
async def test_a_link_alone_opens_no_page_of_a_council(
    email: str, nobody: AsyncClient, sessions: Sessions
) -> None:
    arrived = await arrive(nobody, sessions, email)
    assert arrived.headers["location"] == "/second-step"
    for path in ("/commissioner", "/practitioner", "/account", "/commissioner/needs"):
        answer = await nobody.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), path
    assert (await nobody.get("/sign-in")).headers["location"] == "/second-step"
    assert (await nobody.get("/second-step")).headers["location"] == "/second-step/set-up"
    assert (await nobody.post("/sign-out")).status_code == 303
    assert "signed_in" not in [deed for deed, _ in await deeds_of(sessions, email)]


async def test_a_provider_needs_none(nobody: AsyncClient, sessions: Sessions) -> None:
    assert (await arrive(nobody, sessions, world.TOM)).headers["location"] == "/provider"
    assert (await nobody.get("/provider")).status_code == 200


async def test_set_up_then_signed_in_by_link_and_code(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    await arrive(nobody, sessions, world.AMINA)
    half = nobody.cookies["staff"]
    shown = await nobody.get("/second-step/set-up")
    assert "<svg" in shown.text
    app, codes = await set_up(nobody)
    assert len(set(codes)) == 10
    assert nobody.cookies["staff"] != half
    assert (await nobody.get("/commissioner")).status_code == 200
    # The cookie of before the second step is worth nothing.
    nobody.cookies.clear()
    nobody.cookies.set("staff", half, domain="testserver.local")
    assert (await nobody.get("/second-step")).headers["location"] == "/sign-in"
    nobody.cookies.clear()
    await forget_last_step(sessions)
    await arrive(nobody, sessions, world.AMINA)
    half = nobody.cookies["staff"]
    # Once set up it can only be asked for: nobody puts another in its place.
    assert (await nobody.get("/second-step/set-up")).headers["location"] == "/second-step"
    form = form_of(await nobody.get("/second-step"), "/second-step")
    again = await nobody.post("/second-step/set-up", data=form.fields | {"code": app.now()})
    assert again.status_code == 409
    inside = await type_code(nobody, "/second-step", app.now())
    assert (inside.status_code, inside.headers["location"]) == (303, "/commissioner")
    assert nobody.cookies["staff"] != half
    nobody.cookies.clear()
    nobody.cookies.set("staff", half, domain="testserver.local")
    assert (await nobody.get("/second-step")).headers["location"] == "/sign-in"
    assert await deeds_of(sessions, world.AMINA) == [
        ("second_step_set_up", None),
        ("signed_in", "code"),
        ("signed_in", "code"),
    ]


async def test_the_app_must_show_that_it_knows_the_key(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    await arrive(nobody, sessions, world.AMINA)
    assert (await type_code(nobody, "/second-step/set-up", "000000")).status_code == 422
    assert (await nobody.get("/commissioner")).status_code == 303
    # Looking again shows the same key: whoever has scanned it does not have to do so twice.
    pages = [(await nobody.get("/second-step/set-up")).text for _ in range(2)]
    keys = {re.search(r"<strong>([A-Z2-7 ]{39})<", one)[1] for one in pages}
    assert len(keys) == 1


async def test_a_code_works_once_and_no_earlier_one_after_it(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    await arrive(nobody, sessions, world.AMINA)
    app, _ = await set_up(nobody)
    async with transaction(sessions, EXCHANGE) as session:
        step = (await session.execute(text("SELECT last_step FROM second_step"))).scalar_one()
    nobody.cookies.clear()
    await arrive(nobody, sessions, world.AMINA)
    # The code of the set-up, seen over a shoulder; and the one before it, which nobody typed.
    for used in (step, step - 1):
        answer = await type_code(nobody, "/second-step", app.generate_otp(used))
        assert answer.status_code == 422, used
    later = await type_code(nobody, "/second-step", app.generate_otp(step + 1))
    assert later.status_code == 303


async def test_a_clock_may_be_half_a_minute_off_and_no_more(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    await arrive(nobody, sessions, world.AMINA)
    app, _ = await set_up(nobody)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(text("UPDATE second_step SET last_step = 0"))
    with patch("marketplace.services.staff.second_step.step_now", return_value=1000):
        for step, status in ((998, 422), (1002, 422), (999, 303), (1001, 303)):
            nobody.cookies.clear()
            await arrive(nobody, sessions, world.AMINA)
            answer = await type_code(nobody, "/second-step", app.generate_otp(step))
            assert answer.status_code == status, step


async def test_five_wrong_codes_and_then_nobody_is_heard(
    nobody: AsyncClient, open_browser: OpenBrowser, sessions: Sessions
) -> None:
    await arrive(nobody, sessions, world.AMINA)
    app, codes = await set_up(nobody)
    await forget_last_step(sessions)
    for _ in range(5):
        # A new browser each time: what counts is whose code it is.
        browser = await open_browser()
        await arrive(browser, sessions, world.AMINA)
        assert (await type_code(browser, "/second-step", "000000")).status_code == 422
    for right in (app.now(), codes[0]):
        answer = await type_code(browser, "/second-step", right)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 900
        assert "Try again in 15 minutes" in words_of(answer)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text(
                "UPDATE limit_use SET times ="
                " ARRAY(SELECT t - CAST('15 minutes' AS interval) FROM unnest(times) t)"
            )
        )
    assert (await type_code(browser, "/second-step", app.now())).status_code == 303
    failed = [deed for deed, _ in await deeds_of(sessions, world.AMINA)]
    assert failed.count("second_step_failed") == 5


async def test_right_codes_are_not_counted(
    nobody: AsyncClient, open_browser: OpenBrowser, sessions: Sessions
) -> None:
    await arrive(nobody, sessions, world.AMINA)
    _, codes = await set_up(nobody)
    for code in codes[:7]:
        browser = await open_browser()
        await arrive(browser, sessions, world.AMINA)
        assert (await type_code(browser, "/second-step", code)).status_code == 303


async def test_a_recovery_code_works_once(nobody: AsyncClient, sessions: Sessions) -> None:
    await arrive(nobody, sessions, world.AMINA)
    _, codes = await set_up(nobody)
    nobody.cookies.clear()
    await arrive(nobody, sessions, world.AMINA)
    typed = codes[0].lower().replace(" ", "-")
    assert (await type_code(nobody, "/second-step", typed)).status_code == 303
    assert "9 recovery codes left" in words_of(await nobody.get("/account"))
    assert (await deeds_of(sessions, world.AMINA))[-1] == ("signed_in", "recovery_code")
    nobody.cookies.clear()
    await arrive(nobody, sessions, world.AMINA)
    assert (await type_code(nobody, "/second-step", codes[0])).status_code == 422


async def test_somebody_elses_code_lets_nobody_in(
    nobody: AsyncClient, open_browser: OpenBrowser, sessions: Sessions
) -> None:
    await arrive(nobody, sessions, world.AMINA)
    _, codes = await set_up(nobody)
    priya = await open_browser()
    await arrive(priya, sessions, world.PRIYA)
    await set_up(priya)
    priya.cookies.clear()
    await arrive(priya, sessions, world.PRIYA)
    assert (await type_code(priya, "/second-step", codes[0])).status_code == 422


async def test_neither_the_key_nor_a_code_can_be_read_in_the_database(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    await arrive(nobody, sessions, world.AMINA)
    app, codes = await set_up(nobody)
    async with transaction(sessions, EXCHANGE) as session:
        kept = ""
        for table in ("second_step", "recovery_code", "event", "limit_use", "staff_session"):
            rows = await session.execute(text(f"SELECT t::text FROM {table} t"))  # noqa: S608 - names of this file
            kept += " ".join(rows.scalars())
    for secret in (app.secret, *codes, *[code.replace(" ", "") for code in codes]):
        assert secret not in kept
        assert secret.encode().hex() not in kept


async def test_a_key_moved_to_another_person_opens_nothing(
    nobody: AsyncClient, open_browser: OpenBrowser, sessions: Sessions
) -> None:
    await arrive(nobody, sessions, world.AMINA)
    app, _ = await set_up(nobody)
    priya = await open_browser()
    await arrive(priya, sessions, world.PRIYA)
    await set_up(priya)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(
            text(
                "UPDATE second_step SET last_step = 0, sealed_secret = (SELECT sealed_secret"
                " FROM second_step JOIN staff_user ON staff_user.id = user_id"
                " WHERE email = 'amina@example.org')"
            )
        )
    priya.cookies.clear()
    await arrive(priya, sessions, world.PRIYA)
    assert (await type_code(priya, "/second-step", app.now())).status_code == 500


async def test_giving_up_ends_the_half_session(nobody: AsyncClient, sessions: Sessions) -> None:
    await arrive(nobody, sessions, world.AMINA)
    await set_up(nobody)
    nobody.cookies.clear()
    await arrive(nobody, sessions, world.AMINA)
    form = form_of(await nobody.get("/second-step"), "/give-up")
    assert (await nobody.post(form.action, data=form.fields)).status_code == 303
    assert (await nobody.get("/sign-in")).status_code == 200


async def test_a_post_of_the_second_step_needs_the_token_of_its_page(
    nobody: AsyncClient, sessions: Sessions
) -> None:
    await arrive(nobody, sessions, world.AMINA)
    for path in ("/second-step", "/second-step/set-up", "/second-step/give-up"):
        assert (await nobody.post(path, data={"code": "000000"})).status_code == 403, path
        foreign = {"code": "000000", "_csrf": "0" * 64}
        assert (await nobody.post(path, data=foreign)).status_code == 403, path


@pytest.fixture
async def both_set_up(
    nobody: AsyncClient, open_browser: OpenBrowser, sessions: Sessions
) -> tuple[AsyncClient, AsyncClient]:
    await arrive(nobody, sessions, world.AMINA)
    await set_up(nobody)
    priya = await open_browser()
    await arrive(priya, sessions, world.PRIYA)
    await set_up(priya)
    return nobody, priya


async def id_of(sessions: Sessions, email: str) -> str:
    async with transaction(sessions, EXCHANGE) as session:
        return str(await session.scalar(select(User.id).where(User.email == email)))


async def test_a_commissioner_resets_a_colleague_and_both_are_told(
    both_set_up: tuple[AsyncClient, AsyncClient], sessions: Sessions, settings: Settings
) -> None:
    amina, priya = both_set_up
    path = f"/commissioner/colleagues/{await id_of(sessions, world.PRIYA)}/reset"
    form = form_of(await amina.get("/commissioner/colleagues"), path)
    assert (await amina.post(form.action, data=form.fields)).status_code == 303
    assert (await priya.get("/practitioner")).status_code == 303
    await world.do_jobs(sessions)
    sent = [file.read_text() for file in mail_folder(settings).glob("*.eml")]
    told = {to for one in sent for to in re.findall(r"^To: (.+)$", one, re.MULTILINE)}
    assert told == {world.AMINA, world.PRIYA}
    assert all("Amina Example has reset" in one for one in sent)
    assert (await deeds_of(sessions, world.PRIYA))[-2:] == [
        ("second_step_reset", None),
        ("session_ended", "second_step_reset"),
    ]
    await arrive(priya, sessions, world.PRIYA)
    assert (await priya.get("/second-step")).headers["location"] == "/second-step/set-up"


async def test_nobody_resets_their_own_nor_another_councils(
    both_set_up: tuple[AsyncClient, AsyncClient], open_browser: OpenBrowser, sessions: Sessions
) -> None:
    amina, priya = both_set_up
    token = form_of(await amina.get("/account"), "/sign-out").fields
    own = f"/commissioner/colleagues/{await id_of(sessions, world.AMINA)}/reset"
    assert (await amina.post(own, data=token)).status_code == 404
    token = form_of(await priya.get("/account"), "/sign-out").fields
    assert (await priya.post(own, data=token)).status_code == 404
    assert (await priya.post("/account/second-step/off", data=token)).status_code == 404
    olga = await open_browser()
    await arrive(olga, sessions, world.OLGA)
    await set_up(olga)
    assert world.AMINA not in (await olga.get("/commissioner/colleagues")).text
    token = form_of(await olga.get("/account"), "/sign-out").fields
    assert (await olga.post(own, data=token)).status_code == 404


async def test_a_provider_turns_it_on_and_off_themselves(
    nobody: AsyncClient, open_browser: OpenBrowser, sessions: Sessions
) -> None:
    await arrive(nobody, sessions, world.TOM)
    other = await open_browser()
    await arrive(other, sessions, world.TOM)
    app, _ = await set_up(nobody)
    # What was begun by the link alone ends.
    assert (await other.get("/provider")).status_code == 303
    await forget_last_step(sessions)
    assert (await arrive(other, sessions, world.TOM)).headers["location"] == "/second-step"
    assert (await type_code(other, "/second-step", app.now())).status_code == 303
    form = form_of(await nobody.get("/account"), "/second-step/off")
    assert (await nobody.post(form.action, data=form.fields)).status_code == 303
    assert (await arrive(other, sessions, world.TOM)).headers["location"] == "/provider"


async def test_signed_in_places_are_listed_and_ended(
    nobody: AsyncClient, open_browser: OpenBrowser, sessions: Sessions
) -> None:
    nobody.headers["user-agent"] = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"
    await arrive(nobody, sessions, world.TOM)
    other = await open_browser()
    other.headers["user-agent"] = "Mozilla/5.0 (iPhone; <script>) Version/19.0 Safari/604.1"
    await arrive(other, sessions, world.TOM)
    shown = words_of(await nobody.get("/account"))
    assert "Firefox on Windows (here)" in shown
    assert "Safari on an iPhone" in shown
    form = form_of(await nobody.get("/account"), "/sign-out-elsewhere")
    assert (await nobody.post(form.action, data=form.fields)).status_code == 303
    assert (await other.get("/provider")).status_code == 303
    assert "nowhere else" in words_of(await nobody.get("/account"))


class TestInTheDemo:
    """Its invented people are spared, and their page says so."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, demo=True)

    async def test_a_link_is_enough(self, sign_in: SignIn) -> None:
        amina = await sign_in(world.AMINA)
        assert (await amina.get("/commissioner")).status_code == 200
        assert "This is a demonstration" in words_of(await amina.get("/account"))
