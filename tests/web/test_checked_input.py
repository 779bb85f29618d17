"""What no person types, and what is too much, ends at the door, by whichever way it comes."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import small_world as world
from httpx import AsyncClient, Response
from reading import SignIn, csrf_of, words_of

from marketplace.db.session import Sessions
from marketplace.settings import Settings

STAGE = "ground"
UNFIT = {
    "NUL": "\x00",
    "bell": "\x07",
    "vertical tab": "\x0b",
    "escape": "\x1b",
    "delete": "\x7f",
    "next line": "\x85",
    "right-to-left override": "\u202e",
    "left-to-right embedding": "\u202a",
    "isolate": "\u2067",
    "pop isolate": "\u2069",
    "no character": "\uffff",
}
# Half a character, in the bytes that some programs write for it.
SURROGATE = b"\xed\xa0\x80"
FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
NOTIFY = {"authorization": "Bearer " + "n" * 40}


def encoded(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def check_refused(answer: Response) -> None:
    assert answer.status_code == 400, answer.text
    assert "We cannot read what was sent" in answer.text
    assert "Nothing was changed" in words_of(answer)


@pytest.mark.parametrize("name", UNFIT)
async def test_in_a_form_a_question_and_a_path(
    name: str, nobody: AsyncClient, sign_in: SignIn, sessions: Sessions
) -> None:
    sign = UNFIT[name]
    tom = await sign_in(world.TOM)
    token = await csrf_of(tom)
    before = await world.take_picture(sessions)
    check_refused(await nobody.post("/sign-in", data={"email": f"a{sign}@example.org"}))
    # In a field that no page asks for, and in a field's name.
    check_refused(await nobody.post("/sign-in", data={"email": "a@example.org", "more": sign}))
    check_refused(await nobody.post("/sign-in", data={"email": "a@example.org", f"m{sign}": "x"}))
    check_refused(await nobody.post("/join", data={"organisation": f"Trust{sign}"}))
    fields = {"_csrf": (None, token), "name": (None, f"Ade{sign}")}
    check_refused(await tom.post("/provider/people", files=fields))
    check_refused(await nobody.get(f"/find?where=IP1{encoded(sign)}"))
    check_refused(await nobody.get(f"/sign-in?{encoded(sign)}=1"))
    for path in ("/o/", "/sign-in/", "/join/", "/confirm/", "/v/", "/static/"):
        assert (await nobody.get(f"{path}{encoded(sign)}abc")).status_code == 404, path
    assert await world.take_picture(sessions) == before


async def test_an_uploads_name_is_looked_at_too(sign_in: SignIn) -> None:
    amina = await sign_in(world.AMINA)
    name = "needs\u202evsc.exe"
    answer = await amina.post(
        "/commissioner/needs/upload",
        data={"_csrf": await csrf_of(amina)},
        files={"file": (name, world.needs_csv(), "text/csv")},
    )
    check_refused(answer)


async def test_bytes_that_are_no_text(nobody: AsyncClient) -> None:
    for raw in (SURROGATE, b"%ED%A0%80", b"%ff", b"\xff"):
        check_refused(await nobody.post("/sign-in", content=b"email=" + raw, headers=FORM))
    check_refused(await nobody.get("/find?where=%ed%a0%80"))
    check_refused(await nobody.get("/find?where=%ff"))


@pytest.mark.parametrize(
    "written",
    [
        r"\u0000",
        r"\u001B",
        r"\u0085",
        r"\u202e",
        r"\u2066",
        r"\ufffe",
        r"\ud800",
        r"\udc00",
        r"\ud83d x",
        r"x\udC00",
    ],
)
async def test_in_json_however_it_is_written(
    written: str, nobody: AsyncClient, settings: Settings
) -> None:
    body = f'{{"id": "{written}"}}'.encode()
    for kind in (JSON, {"content-type": "application/vnd.api+json"}):
        answer = await nobody.post("/texts/received", content=body, headers=kind | NOTIFY)
        check_refused(answer)


NOTIFY = {"authorization": "Bearer " + "n" * 40}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, notify_token="n" * 40)


async def test_what_people_do_write_comes_through(nobody: AsyncClient) -> None:
    """Tabs and line ends, accents, other scripts with their joining signs, and pictures."""
    for words in (
        "a\tb\r\nc",
        "Zoë Ó Briain",
        "سارة",
        "क्\u200dष",
        "\u200fשרה",
        "👩\u200d👧",
        r"C:\u0000",
    ):
        assert (await nobody.post("/sign-in", data={"email": words})).status_code == 422
        assert (await nobody.get("/find", params={"where": words})).status_code == 200
        body = json.dumps({"id": words})
        answer = await nobody.post("/texts/received", content=body, headers=JSON | NOTIFY)
        assert "not a text as Notify brings it" in answer.text


async def test_half_a_million_fields_are_not_even_read(nobody: AsyncClient) -> None:
    small = b"&".join(b"a=1" for _ in range(2001))
    for body in (small, b"&" * 2000):
        assert (await nobody.post("/sign-in", content=body, headers=FORM)).status_code == 413
    large = b"&".join(b"a=1" for _ in range(500_000))
    assert (await nobody.post("/sign-in", content=large, headers=FORM)).status_code == 413


async def test_a_body_without_an_end_is_cut_off(nobody: AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100_000_000:
            sent += 65_536
            yield b"a" * 65_536

    answer = await nobody.post("/sign-in", content=endless(), headers=FORM)
    assert answer.status_code == 413


async def test_parts_without_number_are_refused(sign_in: SignIn) -> None:
    amina = await sign_in(world.AMINA)
    fields = [("a", (None, "1"))] * 2000
    answer = await amina.post("/commissioner/messages/stop", files=fields)
    assert answer.status_code in {400, 413}


async def test_a_million_columns_are_refused_as_a_fault_of_the_file(sign_in: SignIn) -> None:
    amina = await sign_in(world.AMINA)
    token = {"_csrf": await csrf_of(amina)}
    for data in (b"a," * 1_000_000 + b"a\n1\n", b"family_ref\n" + b"x," * 1_000_000):
        answer = await amina.post(
            "/commissioner/needs/upload",
            data=token,
            files={"file": ("needs.csv", data, "text/csv")},
        )
        assert answer.status_code == 422
        assert len(answer.text) < 1_000_000
