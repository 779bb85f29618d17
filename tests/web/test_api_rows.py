"""Lists of records: what is unfit in one of them is named, and holds up no stop."""

import json
from typing import Any

import pytest
import small_world as world
from api_at_hand import API, program, token_of
from litestar import Litestar
from sqlalchemy import func, select
from test_api_sending import need

from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact, Need, StopEntry
from marketplace.db.machines import ApiRequest
from marketplace.db.session import Sessions, transaction
from marketplace.states import MatchState

JSON = {"content-type": "application/json"}
# As it may lie in the body, from program to program.
UNFIT = {
    "escaped": rb"\u0000",
    "in capitals": rb"\u009F",
    "turned": rb"\u202e",
    "turned, plain": "\u202e".encode(),
    "delete, plain": b"\x7f",
    "NUL, plain": b"\x00",
    "a half": rb"\ud800",
    "the other half": rb"\uDC00",
    "half, in bytes": b"\xed\xa0\x80",
    "no text": b"\xff",
    "none at all": rb"\uffff",
}
PLACE = b"PLACE"


def entry(ref: str) -> dict[str, str]:
    return {"family_ref": ref, "reason": "court-order"}


def body_of(sent: Any, sign: bytes) -> bytes:
    return json.dumps(sent).encode().replace(PLACE, sign)


async def count(sessions: Sessions, table: Any) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("name", UNFIT)
async def test_a_stop_works_beside_an_entry_that_is_unfit(
    name: str, application: Litestar, sessions: Sessions
) -> None:
    sent = {"is_whole": True, "entries": [entry("TODPLACEDLER"), entry("KELLY")]}
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        answer = await amina.post(f"{API}/stops", content=body_of(sent, UNFIT[name]), headers=JSON)
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["faults"]
    assert (fault["index"], fault["field"]) == (0, "family_ref")
    assert set(fault["value"]) <= set("TODDLER�")
    assert fault["value"].startswith("TOD�")
    assert fault["what_to_do"].startswith("Type this again")
    assert "1 of 2 entries work" in answer.json()["detail"]
    async with transaction(sessions, EXCHANGE) as session:
        assert (await world.match_of(session, "KELLY")).state == MatchState.WITHDRAWN
        assert (await world.match_of(session, "TODDLER")).state != MatchState.WITHDRAWN
        listed = set(await session.scalars(select(StopEntry.family_ref)))
    assert "KELLY" in listed
    assert not any("TOD" in one for one in listed)


async def test_what_is_unfit_outside_of_the_entries_refuses_the_list(
    application: Litestar, sessions: Sessions
) -> None:
    before = await count(sessions, StopEntry)
    for sent in (
        {"is_whole": True, "entries": [entry("KELLY")], "notePLACE": "x"},
        {"is_wholePLACE": True, "entries": [entry("KELLY")]},
        ["PLACE", entry("KELLY")],
    ):
        async with program(application, await token_of(sessions, world.AMINA)) as amina:
            answer = await amina.post(
                f"{API}/stops", content=body_of(sent, rb"\u202e"), headers=JSON
            )
        assert answer.status_code == 422, sent
        assert "\u202e" not in answer.text
    assert await count(sessions, StopEntry) == before


async def test_needs_are_stored_whole_or_not_and_every_row_s_fault_is_told(
    application: Litestar, sessions: Sessions
) -> None:
    before = await count(sessions, Need)
    sent = [
        need(),
        need(family_ref="BPLACE", reasons=["aPLACE"]),
        need(family_ref="C", level=4),
        need(family_ref="D", colourPLACE="red"),
        need(family_ref="E", likelihood="PLACE"),
    ]
    body = body_of(sent, rb"\u0007")
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        for headers in (JSON, JSON | {"Idempotency-Key": "k"}):
            answer = await amina.post(f"{API}/needs", content=body, headers=headers)
            assert answer.status_code == 422, answer.text
        alone = await amina.post(f"{API}/needs", content=body_of(sent[1], b"\x07"), headers=JSON)
    told = [(one["index"], one["field"]) for one in answer.json()["faults"]]
    assert told == [
        (1, "family_ref"),
        (1, "reasons"),
        (2, "level"),
        (3, "colour�"),
        (4, "likelihood"),
    ]
    assert [one["field"] for one in alone.json()["faults"]] == ["family_ref", "reasons"]
    assert await count(sessions, Need) == before
    assert await count(sessions, ApiRequest) == 0


async def test_contacts_are_stored_whole_or_not(application: Litestar, sessions: Sessions) -> None:
    sent = {
        "family_ref": "KELLY",
        # Of a long one the part is shown that is to be put right.
        "name": "K" * 150 + "PLACENocturne",
        "safe_to_contact": "yes",
        "safe_channels": ["email"],
        "safe_checked_on": world.today().isoformat(),
        "email": "new@example.org",
    }
    rows = [sent | {"name": "Kelly"}, sent | {"family_ref": "TODDLER"}]
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        answer = await amina.post(
            f"{API}/contacts", content=body_of(rows, rb"\u0085"), headers=JSON
        )
    (fault,) = answer.json()["faults"]
    assert (fault["index"], fault["field"], fault["value"]) == (1, "name", "K" * 30 + "�Nocturne")
    async with transaction(sessions, EXCHANGE) as session:
        family = await world.family_of(session, "KELLY")
        assert (await session.get_one(Contact, family.id)).email != "new@example.org"


async def test_words_about_such_a_sign_are_words(application: Litestar, sessions: Sessions) -> None:
    """A backslash before a backslash is one that somebody typed; a pair of halves is a picture."""
    rows = [
        need(named_worker=r"Ms \u0000 Smith"),
        need(family_ref="B", named_worker="Zoë \U0001f469"),
    ]
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        answer = await amina.post(f"{API}/needs", content=json.dumps(rows), headers=JSON)
    assert answer.status_code == 200, answer.text


async def test_more_faults_than_anybody_reads_are_cut_short(
    application: Litestar, sessions: Sessions
) -> None:
    bad = need(level=4, need="unheard-of", area="Nowhere", source="hearsay", child_born=["1901-01"])
    bad |= {"valid_until": "2020-01-01", "languages": ["xx-yy"], "access": ["wings"]}
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        answer = await amina.post(f"{API}/needs", json=[bad] * 20_000)
    assert answer.status_code == 422, answer.text[:300]
    assert len(answer.json()["faults"]) <= 1_000
