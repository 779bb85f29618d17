"""What programs send: needs, stops, contacts, plans; all of it or none, and twice is once."""

import datetime as dt
from typing import Any

import pytest
import small_world as world
from api_at_hand import API, program, token_of
from litestar import Litestar
from sqlalchemy import func, select

from directory.models import Intake
from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Contact, Need, StopEntry
from marketplace.db.history import Event
from marketplace.db.machines import ApiRequest, ApiToken
from marketplace.db.plans import Match, Plan
from marketplace.db.session import Sessions, transaction
from marketplace.services.matches.transitions import move_match
from marketplace.states import MatchState


def need(**changes: Any) -> dict[str, Any]:
    until = world.today() + dt.timedelta(days=60)
    sent = {"family_ref": "NEWCOMER", "need": "parenting", "level": 2, "likelihood": 0.4}
    sent |= {"statutory_cost_pence": 150_000, "source": "professional", "area": "IP1 2DE"}
    return sent | {"valid_until": until.isoformat()} | changes


async def count(sessions: Sessions, table: Any) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_needs_come_in_once_whatever_is_sent_twice(
    application: Litestar, sessions: Sessions
) -> None:
    before = await count(sessions, Need)
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        tried = await amina.post(f"{API}/needs?dry_run=true", json=need())
        assert tried.json()["added"] == 1
        assert await count(sessions, Need) == before
        key = {"Idempotency-Key": "night-1"}
        first = await amina.post(f"{API}/needs", json=[need()], headers=key)
        assert first.status_code == 200, first.text
        assert first.json()["added"] == 1
        again = await amina.post(f"{API}/needs", json=[need()], headers=key)
        assert again.json() == first.json()
        other = await amina.post(f"{API}/needs", json=[need(level=3)], headers=key)
        assert other.status_code == 409
        without = await amina.post(f"{API}/needs", json=need())
        assert without.json()["unchanged"] == 1
        found = await amina.get(f"{API}/needs?limit=500")
    assert await count(sessions, Need) == before + 1
    assert await count(sessions, ApiRequest) == 1
    assert "NEWCOMER" in {one["family_ref"] for one in found.json()["items"]}


async def test_every_fault_of_a_need_is_named_by_place_and_field(
    application: Litestar, sessions: Sessions
) -> None:
    before = await count(sessions, Need)
    sent = [
        need(),
        need(family_ref="B", level=4, area="Nowhere"),
        need(family_ref="C", valid_until="2020-01-01"),
    ]
    key = {"Idempotency-Key": "k"}
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        answer = await amina.post(f"{API}/needs", json=sent, headers=key)
        shape = await amina.post(f"{API}/needs", json=[need(), need(colour="red")])
        # What was refused has taken no key.
        mended = await amina.post(f"{API}/needs", json=sent[:1], headers=key)
    assert answer.status_code == 422
    told = {(one["index"], one["field"]) for one in answer.json()["faults"]}
    assert told == {(1, "level"), (1, "area"), (2, "valid_until")}
    assert "front door" in answer.text
    assert [(one["index"], one["field"]) for one in shape.json()["faults"]] == [(1, "colour")]
    assert mended.status_code == 200
    assert await count(sessions, Need) == before + 1


async def test_pages_follow_each_other_without_a_gap(
    application: Litestar, sessions: Sessions
) -> None:
    seen: list[str] = []
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        whole = (await amina.get(f"{API}/needs")).json()
        asked = f"{API}/needs?limit=4"
        while asked:
            told = (await amina.get(asked)).json()
            seen += [one["family_ref"] + one["need"] for one in told["items"]]
            asked = f"{API}/needs?limit=4&cursor={told['next']}" if told["next"] else ""
    assert seen == [one["family_ref"] + one["need"] for one in whole["items"]]
    assert len(seen) == len(world.NEEDS)


async def test_a_need_is_taken_back_by_its_names(application: Litestar, sessions: Sessions) -> None:
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        done = await amina.delete(f"{API}/needs/toddler/baby-group")
        again = await amina.delete(f"{API}/needs/TODDLER/baby-group")
    assert done.json() == {"withdrawn": 1}
    assert again.status_code == 409
    async with transaction(sessions, EXCHANGE) as session:
        event = (
            await session.scalars(select(Event).where(Event.target == "needs_withdrawn"))
        ).one()
        token = (await session.scalars(select(ApiToken))).one()
    # The history says which program it was.
    assert event.actor_id == token.id


async def test_good_stops_work_whatever_ails_the_others(
    application: Litestar, sessions: Sessions
) -> None:
    entries = [
        {"family_ref": "KELLY", "reason": "court-order"},
        {"family_ref": "B", "reason": "bored"},
        {"family_ref": "", "reason": "moved"},
        {"family_ref": "MEALS", "reason": "moved", "note": "x"},
    ]
    before = await count(sessions, StopEntry)
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        answer = await amina.post(f"{API}/stops", json={"is_whole": True, "entries": entries})
        listed = (await amina.get(f"{API}/stops")).json()
    assert answer.status_code == 422
    assert {one["index"] for one in answer.json()["faults"]} == {1, 2, 3}
    assert await count(sessions, StopEntry) == before + 1
    assert "KELLY" in {one["family_ref"] for one in listed["items"]}
    async with transaction(sessions, EXCHANGE) as session:
        assert (await world.match_of(session, "KELLY")).state == MatchState.WITHDRAWN


async def test_contacts_are_taken_of_approved_families_only(
    application: Litestar, sessions: Sessions
) -> None:
    sent = {
        "family_ref": "KELLY",
        "name": "Kelly Nocturne",
        "safe_to_contact": "yes",
        "safe_channels": ["email"],
        "safe_checked_on": world.today().isoformat(),
        "email": "new@example.org",
    }
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        stored = await amina.post(f"{API}/contacts", json=[sent])
        refused = await amina.post(f"{API}/contacts", json=[sent, sent | {"family_ref": "UNMET"}])
    async with program(application, await token_of(sessions, world.OLGA)) as olga:
        strange = await olga.post(f"{API}/contacts", json=[sent])
    assert stored.json() == {"stored": 1, "objected": 0}
    assert [(one["index"], one["field"]) for one in refused.json()["faults"]] == [(1, "family_ref")]
    assert strange.status_code == 422
    async with transaction(sessions, EXCHANGE) as session:
        family = await world.family_of(session, "KELLY")
        assert (await session.get_one(Contact, family.id)).email == "new@example.org"


async def test_a_plan_is_asked_for_once(application: Litestar, sessions: Sessions) -> None:
    before = await count(sessions, Plan)
    key = {"Idempotency-Key": "plan-1"}
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        asked = {"levels": [1, 2], "most_families": 5, "value_pence": {"level_1": 100_000}}
        first = await amina.post(f"{API}/plans", json=asked, headers=key)
        again = await amina.post(f"{API}/plans", json=asked, headers=key)
        second = await amina.post(f"{API}/plans", json={})
        no_fund = await amina.post(
            f"{API}/plans", json={"fund_ids": ["00000000-0000-4000-8000-000000000000"]}
        )
        whole = await amina.get(f"{API}/plans/{first.json()['id']}")
    assert first.status_code == 202, first.text
    assert again.json() == first.json()
    assert (second.status_code, no_fund.status_code) == (409, 409)
    assert whole.json()["plan"]["state"] == "queued"
    assert await count(sessions, Plan) == before + 1


async def test_a_provider_works_by_program(application: Litestar, sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        match = await world.match_of(session, "KELLY")
        offer = await world.offer_of(session, "KELLY")
        offer.answer, offer.contact_way, offer.answered_at = "yes", "email", func.now()
        await session.flush()
        await move_match(session, match.id, to=MatchState.ACCEPTED, actor=SYSTEM)
        used = (await session.get_one(Intake, match.intake_id)).used
    path = f"{API}/matches/{match.id}"
    async with program(application, await token_of(sessions, world.TOM)) as tom:
        told = (await tom.get(f"{API}/matches")).json()["items"]
        (kelly,) = [one for one in told if one["state"] == "accepted"]
        assert kelly["family"]["name"] == "Kelly Nocturne"
        assert kelly["family"]["contact"] == "kelly.nocturne@example.org"
        assert "960101" not in str(kelly)
        assert (await tom.post(f"{path}/started", json={})).status_code == 200
        key = {"Idempotency-Key": "came-1"}
        for _ in range(2):
            assert (await tom.post(f"{path}/attended", headers=key)).status_code == 200
        too_few = await tom.patch(f"{API}/intakes/{match.intake_id}", json={"places": 0})
        more = await tom.patch(f"{API}/intakes/{match.intake_id}", json={"places": 20})
        ended = await tom.post(f"{path}/ended", json={"how": "finished", "helped": "partly"})
        after = (await tom.get(f"{API}/matches")).text
    assert (too_few.status_code, ended.status_code) == (422, 200)
    assert (more.json()["places"], more.json()["used"]) == (20, used + 1)
    assert str(match.id) not in after
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        steps = (await amina.get(f"{API}/events")).json()["items"]
    assert [one["step"] for one in steps if one["family_ref"] == "KELLY"] == [
        "accepted",
        "started",
        "completed",
    ]


REFUSALS = (
    MatchState.FAMILY_DECLINED,
    MatchState.FAMILY_EXPIRED,
    MatchState.PROVIDER_DECLINED,
    MatchState.WITHDRAWN,
)


@pytest.mark.parametrize("end", REFUSALS)
async def test_a_refusal_is_told_nowhere(
    end: MatchState, application: Litestar, sessions: Sessions
) -> None:
    """Declined, silent, handed back, taken back: every answer is the same, to the letter."""
    async with transaction(sessions, EXCHANGE) as session:
        match = await world.match_of(session, "KELLY")
        await move_match(session, match.id, to=end, actor=SYSTEM)
    told = {}
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        for path in (
            "/plans",
            f"/plans/{match.plan_id}",
            f"/plans/{match.plan_id}/matches",
            f"/plans/{match.plan_id}/unmet",
            "/families/KELLY/history",
            "/events",
            "/figures",
            "/needs",
            "/funds",
            "/contacts/missing",
        ):
            answer = await amina.get(API + path)
            assert answer.status_code == 200, path
            told[path] = answer.text
    text = "".join(told.values())
    assert str(match.id) not in text
    for word in ("declined", "expired", "silent", "not_started", "withdrawn", "refus"):
        assert word not in text.lower().replace("refused before", ""), word
    # A canary, so that the loop above is known to look at what stands.
    assert '"state":"offered"' in told[f"/plans/{match.plan_id}/matches"]


async def test_a_start_that_never_came_is_told_nowhere(
    application: Litestar, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        match = await world.match_of(session, "KELLY")
        await move_match(session, match.id, to=MatchState.ACCEPTED, actor=SYSTEM)
        await move_match(session, match.id, to=MatchState.NOT_STARTED, actor=SYSTEM)
        states = set(await session.scalars(select(Match.state)))
    assert MatchState.NOT_STARTED in states
    async with program(application, await token_of(sessions, world.AMINA)) as amina:
        for path in ("/events", "/families/KELLY/history", f"/plans/{match.plan_id}/matches"):
            text = (await amina.get(API + path)).text
            assert str(match.id) not in text, path
            assert "accepted" not in text, path
