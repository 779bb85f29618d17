"""Amina publishes, takes back and stops, by her pages."""

import csv
import io
from pathlib import Path

import pytest
import small_world as world
from click.testing import CliRunner
from httpx import AsyncClient, Response
from reading import SignIn, csrf_of, form_of, words_of
from sqlalchemy import delete, select, update

from marketplace.cli import main
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Family, Need, StopEntry
from marketplace.db.people import Commissioner, LegalBasis
from marketplace.db.session import Sessions, transaction
from marketplace.settings import Settings

STAGE = "drafted"
NEW = (("NEW", "parenting", 2, "0.5", "IP1 2DE", "2019-05"),)
# A sensitive need would need no plan to change: this one is in none, and may be changed.
CHANGED = (("UNMET", "english-classes", 3, "0.50", "IP14 1AA", "2015-01"),)
IN_A_PLAN = (("KELLY", "parenting", 3, "0.50", "IP1 2DE", "2019-05;2023-11"),)


async def send(
    browser: AsyncClient, data: bytes, path: str = "needs/upload", **fields: str
) -> Response:
    return await browser.post(
        f"/commissioner/{path}",
        data={"_csrf": await csrf_of(browser), **fields},
        files={"file": ("file.csv", data, "text/csv")},
    )


async def press(browser: AsyncClient, answer: Response, ending: str, **fields: str) -> Response:
    form = form_of(answer, ending)
    return await browser.post(form.action, data=form.fields | fields, follow_redirects=True)


async def test_a_dry_run_stores_nothing(sign_in: SignIn, sessions: Sessions) -> None:
    amina = await sign_in(world.AMINA)
    before = await world.take_picture(sessions)
    answer = await send(amina, world.needs_csv(NEW), step="check")
    assert answer.status_code == 200
    assert "Nothing of file.csv is stored yet" in words_of(answer)
    assert await world.take_picture(sessions) == before
    assert "Your file is stored" in words_of(await press(amina, answer, "/store"))
    async with transaction(sessions, EXCHANGE) as session:
        await world.family_of(session, "NEW")


async def test_changes_are_shown_before_they_are_stored(
    sign_in: SignIn, sessions: Sessions
) -> None:
    amina = await sign_in(world.AMINA)
    before = await world.take_picture(sessions)
    answer = await send(amina, world.needs_csv(CHANGED + IN_A_PLAN + NEW))
    told = words_of(answer)
    assert "Level: 2 → 3" in told
    assert "It is in a plan, and people act on it." in told
    assert await world.take_picture(sessions) == before
    await press(amina, answer, "/store")
    async with transaction(sessions, EXCHANGE) as session:
        levels = select(Family.ref, Need.level).join(Need)
        assert dict((await session.execute(levels)).all()).items() >= {
            ("UNMET", 3),
            ("KELLY", 2),
            ("NEW", 2),
        }


async def test_the_rows_to_correct_come_back_as_a_file(sign_in: SignIn, sessions: Sessions) -> None:
    amina = await sign_in(world.AMINA)
    bad = ("=cmd|'/c calc'!A1", "juggling", 2, "0.5", "IP1 2DE", "2019-05")
    answer = await send(amina, world.needs_csv((*NEW, bad)))
    before = await world.take_picture(sessions)
    file = await press(amina, answer, "/corrected.csv")
    assert file.headers["content-disposition"] == 'attachment; filename="needs-to-correct.csv"'
    assert await world.take_picture(sessions) == before
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert rows[0] == [*world.NEEDS_HEADER.split(","), "what to do"]
    assert len(rows) == 2
    assert rows[1][0].startswith("'=cmd"), "a spreadsheet must not run it"
    assert "use the code of a need" in rows[1][-1]
    # Mended, it is taken as it is, with its column of advice.
    mended = file.content.replace(b"juggling", b"parenting")
    assert "1" in words_of(await send(amina, mended))


async def test_the_good_rows_may_go_without_the_others(sign_in: SignIn, sessions: Sessions) -> None:
    amina = await sign_in(world.AMINA)
    bad = ("BAD", "juggling", 2, "0.5", "IP1 2DE", "2019-05")
    answer = await send(amina, world.needs_csv((*NEW, bad)))
    assert "Your file is stored" in words_of(await press(amina, answer, "/store"))
    async with transaction(sessions, EXCHANGE) as session:
        refs = set(await session.scalars(select(Family.ref)))
    assert "NEW" in refs
    assert "BAD" not in refs


@pytest.mark.parametrize("carried", ["", "not a file", "eJw=", "é"])
@pytest.mark.parametrize("path", ["needs/store", "needs/corrected.csv", "stop-list/corrected.csv"])
async def test_what_is_carried_is_read_with_care(sign_in: SignIn, path: str, carried: str) -> None:
    amina = await sign_in(world.AMINA)
    fields = {"_csrf": await csrf_of(amina), "carried": carried}
    answer = await amina.post(f"/commissioner/{path}", data=fields)
    assert answer.status_code == 422
    assert "Choose the file again" in answer.text


async def test_without_the_law_nothing_is_published(sign_in: SignIn, sessions: Sessions) -> None:
    amina = await sign_in(world.AMINA)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(delete(LegalBasis))
    before = await world.take_picture(sessions)
    answer = await send(amina, world.needs_csv(NEW))
    assert answer.status_code == 409
    assert 'href="/commissioner/law"' in answer.text
    assert 'href="/commissioner/law"' in (await amina.get("/commissioner/needs/upload")).text
    assert await world.take_picture(sessions) == before


async def test_the_law_is_written_whole_and_read_by_families(
    sign_in: SignIn, nobody: AsyncClient, sessions: Sessions
) -> None:
    amina = await sign_in(world.AMINA)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(delete(LegalBasis))
        council = (await world.actor_of(session, world.AMINA)).commissioner_id
    assert (await nobody.get(f"/how-we-decide/{council}")).status_code == 404
    page = await amina.get("/commissioner/law")
    half = {"power": "The Act", "impact_assessed_on": "2199-01-01", "privacy_notice_address": "no"}
    refused = await press(amina, page, "/law", **half)
    assert refused.status_code == 422
    for told in ("Say how a family can complain", "the day it was signed", "Give a web address"):
        assert told in words_of(refused)
    whole = {
        "power": "The Invented Act",
        "lawful_basis": "Public task",
        "special_category_basis": "None",
        "impact_assessed_on": "2026-01-31",
        "privacy_notice_address": "www.example.org/privacy",
        "complaint_route": "Write to complaints@example.org",
    }
    assert "Stored" in words_of(await press(amina, page, "/law", **whole))
    read = await nobody.get(f"/how-we-decide/{council}")
    assert "The Invented Act" in words_of(read)
    assert "complaints@example.org" in words_of(read)
    assert 'href="https://www.example.org/privacy"' in read.text


async def test_needs_are_found_taken_back_and_published_again(
    sign_in: SignIn, sessions: Sessions
) -> None:
    amina, olga = await sign_in(world.AMINA), await sign_in(world.OLGA)
    found = await amina.get("/commissioner/needs?family=twoneeds&state=planned")
    assert "2 needs, page 1 of 1" in words_of(found)
    assert "Nothing here for that" in words_of(
        await amina.get("/commissioner/needs?family=TWONEEDS&need=meals")
    )
    async with transaction(sessions, EXCHANGE) as session:
        family = await world.family_of(session, "TWONEEDS")
    address = f"/commissioner/needs/family/{family.id}/withdraw"
    assert (await olga.get(address)).status_code == 404
    page = await amina.get(address)
    stolen = {"_csrf": await csrf_of(olga)}
    assert (await olga.post(address, data=stolen)).status_code == 404
    taken = await press(amina, page, "/withdraw")
    assert "2 needs were taken back" in words_of(taken)
    assert "Published again" in words_of(await press(amina, taken, "/publish-again"))
    async with transaction(sessions, EXCHANGE) as session:
        states = await session.scalars(select(Need.state).where(Need.family_id == family.id))
        assert set(states) == {"published"}


async def test_a_file_is_taken_back_from_its_page(sign_in: SignIn) -> None:
    amina = await sign_in(world.AMINA)
    await send(amina, world.needs_csv(NEW))
    files = await amina.get("/commissioner/needs/files")
    assert "file.csv" in words_of(files)
    href = files.text.partition("/commissioner/needs/file/")[2].partition('"')[0]
    page = await amina.get(f"/commissioner/needs/file/{href}")
    assert "everything that file.csv brought" in words_of(page)
    assert "1 need was taken back" in words_of(await press(amina, page, "/withdraw"))


async def test_a_stop_list_works_at_once_and_says_so(sign_in: SignIn, sessions: Sessions) -> None:
    amina = await sign_in(world.AMINA)
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Commissioner).values(stop_list_at=None))
    assert "No message to a family leaves" in words_of(await amina.get("/commissioner"))
    part = await send(amina, b"family_ref,reason\nKELLY,moved\nMEALS,eaten\n", "stop-list")
    assert part.status_code == 422
    assert "Part of the list works now" in words_of(part)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await world.match_of(session, "KELLY")).state == "withdrawn"
        assert (await world.match_of(session, "MEALS")).state == "proposed"
    assert "No message to a family leaves" in words_of(await amina.get("/commissioner/stop-list"))
    assert b"MEALS,eaten" in (await press(amina, part, "/corrected.csv")).content
    whole = await send(amina, b"family_ref,reason\n", "stop-list")
    assert "The list works now" in words_of(whole)
    assert "No message to a family leaves" not in words_of(await amina.get("/commissioner"))


async def test_an_entry_is_lifted_with_a_reason(sign_in: SignIn, sessions: Sessions) -> None:
    amina = await sign_in(world.AMINA)
    async with transaction(sessions, EXCHANGE) as session:
        entry = (await session.scalars(select(StopEntry).order_by(StopEntry.id))).first()
    assert "NEVERHEARD" in words_of(await amina.get("/commissioner/stop-list?family=neverheard"))
    page = await amina.get(f"/commissioner/stop-list/{entry.id}/lift")
    assert (await press(amina, page, "/lift")).status_code == 422
    assert "Taken off the list" in words_of(await press(amina, page, "/lift", reason="A mistake"))
    assert "Nobody is on it" in words_of(await amina.get("/commissioner/stop-list"))


async def test_held_back_needs_are_counted_by_rule(sign_in: SignIn, sessions: Sessions) -> None:
    amina = await sign_in(world.AMINA)
    async with transaction(sessions, EXCHANGE) as session:
        plan = await world.plan_of(session, world.AMINA)
        await session.execute(update(Family).values(named_worker_sealed=None))
    await press(amina, await amina.get(f"/commissioner/plans/{plan.id}"), "/discard")
    await press(amina, await amina.get("/commissioner"), "/plans")
    await world.do_jobs(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        plan = await world.plan_of(session, world.AMINA)
    told = "Held back: it is sensitive, and no worker is named to ask in person"
    assert f"{told}: 1" in words_of(await amina.get(f"/commissioner/plans/{plan.id}"))
    unmet = await amina.get(f"/commissioner/plans/{plan.id}/unmet?why=no_named_worker")
    assert "1 need, page 1 of 1" in words_of(unmet)
    assert "SENSITIVE" in words_of(unmet)
    assert "A named worker, in the file of needs" in words_of(unmet)


def test_needs_are_published_by_command(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.commands.running.read_settings", lambda: settings)
    file = tmp_path / "needs.csv"
    file.write_bytes(world.needs_csv(NEW))

    def run(*more: str, council: str = "Example County Council") -> tuple[int, str]:
        words = ["needs", "publish", str(file), "--commissioner", council, *more]
        done = CliRunner().invoke(main, words)
        return done.exit_code, done.output

    code, told = run("--dry-run")
    assert code == 0
    assert "Added: 1" in told
    assert "Nothing was stored" in told
    assert "Added: 1" in run()[1], "the dry run stored nothing"
    assert "as before: 1" in run()[1]
    code, told = run(council="Nowhere")
    assert code == 1
    assert "no council called “Nowhere”" in told
    file.write_bytes(world.needs_csv((("N", "juggling", 2, "0.5", "IP1 2DE", "2019-05"),)))
    code, told = run()
    assert code == 1
    assert "Row 2: need" in told
