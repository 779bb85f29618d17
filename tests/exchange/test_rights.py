"""“What do you hold about me?”: looked at and released by a person, opened once, erased whole."""

import datetime as dt
import uuid
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from families_at_hand import (
    TODAY,
    add_commissioner,
    add_family,
    add_intake,
    add_match,
    add_plan,
    council_actor,
)
from needs_at_hand import add_need, add_postcode, row
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.acting import Acting, act_as
from marketplace.db.families import Contact, Family, Need
from marketplace.db.history import Event
from marketplace.db.offers import Message, Offer
from marketplace.db.people import Commissioner
from marketplace.db.plans import PairRule
from marketplace.db.rights import RightsRequest
from marketplace.errors import BadFormError, NotFoundError, NotReadyError
from marketplace.services.needs.forgetting import forget_old_needs
from marketplace.services.needs.needs import publish_needs
from marketplace.services.offers.offers import offer_where_ready
from marketplace.services.rights import (
    erasure,
    legal_holds,
    rights,
    rights_answers,
    rights_families,
)
from marketplace.services.rights.rights import ANSWER_LINK, Asking
from marketplace.services.rights.subject_access import fingerprint_of, put_together
from marketplace.services.staff import limits
from marketplace.settings import settings_of
from marketplace.states import MatchState, NeedState
from marketplace.tokens import derive_token

KELLY = Asking(
    name="Kelly", child_born="2019-05", postcode="IP1 2DE", email="kelly@example.org", phone=None
)


@pytest.fixture
async def council(session: AsyncSession) -> Commissioner:
    await add_postcode(session)
    return await add_commissioner(session)


@pytest.fixture
def priya(council: Commissioner) -> Actor:
    return council_actor(council, "practitioner")


async def offered(session: AsyncSession, council: Commissioner) -> Family:
    plan, family, intake = (
        await add_plan(session, council),
        await add_family(session, council),
        await add_intake(session),
    )
    intake.held = 1
    match = await add_match(
        session, plan, family, intake, state=MatchState.AWAITING_FAMILY, approved=True
    )
    await offer_where_ready(session, [family.id])
    session.add(
        PairRule(
            need_id=match.need_id,
            intake_id=intake.id,
            kind="pin",
            reason="Her sister Zelda works there",
            made_by="Priya",
        )
    )
    await session.flush()
    return family


async def count(session: AsyncSession, model: type) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def everything(session: AsyncSession, family_id: uuid.UUID, actor: Actor) -> str:
    sections = await put_together(session, family_id, actor=actor)
    return " ".join(f"{fact.what} {fact.says}" for one in sections for fact in one.facts)


async def ready(session: AsyncSession, family_id: uuid.UUID | None, actor: Actor) -> RightsRequest:
    request_id = await rights.take_by_telephone(session, KELLY, actor=actor)
    await rights.note_identity(session, request_id, how="rang_back", actor=actor)
    await rights_families.choose_family(session, request_id, family_id, actor=actor)
    return await rights.get_request(session, request_id, actor=actor)


async def release(
    session: AsyncSession, request_id: uuid.UUID, actor: Actor, *, left_out: Sequence[str] = ()
) -> RightsRequest:
    """Looked at just now, by whoever may."""
    family_id = await session.scalar(
        select(RightsRequest.family_id).where(RightsRequest.id == request_id)
    )
    sections = await put_together(session, family_id, actor=actor) if family_id else []
    return await rights_answers.release(
        session, request_id, seen=fingerprint_of(sections), left_out=left_out, actor=actor
    )


def token_for(session: AsyncSession, request: RightsRequest) -> str:
    keys = settings_of(session).secret_keys
    return derive_token(keys, ANSWER_LINK, request.id, made_with=request.key_id)


async def test_nothing_is_looked_up_before_the_proof(
    session: AsyncSession, council: Commissioner, priya: Actor
) -> None:
    await rights.ask_what_is_held(session, KELLY, commissioner=council)
    request = (await session.scalars(select(RightsRequest))).one()
    assert request.proved_at is None
    assert (await session.scalars(rights.open_requests(priya))).all() == []
    with pytest.raises(NotFoundError):
        await rights.get_request(session, request.id, actor=priya)
    assert [one.event for one in await session.scalars(select(Message))] == ["rights_proof"]


async def test_one_address_cannot_be_flooded(session: AsyncSession, council: Commissioner) -> None:
    for _ in range(limits.RIGHTS_BY_AN_ADDRESS.most + 2):
        await rights.ask_what_is_held(session, KELLY, commissioner=council)
    assert await count(session, Message) == limits.RIGHTS_BY_AN_ADDRESS.most


async def test_all_that_is_held_is_told(
    session: AsyncSession, council: Commissioner, priya: Actor
) -> None:
    family = await offered(session, council)
    contact = await session.get_one(Contact, family.id)
    told = await everything(session, family.id, priya)
    for words in (
        *(family.ref, family.area, "May 2019", contact.name, contact.email, contact.phone),
        *("model:early-help@1", "attendance", "Warm meals", "cheapest", "Offered", "offer"),
    ):
        assert words in told, words


async def test_where_somebody_else_is_in_it_a_person_decides(
    session: AsyncSession, council: Commissioner, priya: Actor
) -> None:
    family = await offered(session, council)
    sections = await put_together(session, family.id, actor=priya)
    others = [fact.says for one in sections for fact in one.facts if fact.others]
    assert others == ["Her sister Zelda works there"]


async def test_nothing_is_released_before_a_person_made_sure(
    session: AsyncSession, council: Commissioner, priya: Actor
) -> None:
    request_id = await rights.take_by_telephone(session, KELLY, actor=priya)
    await rights_families.choose_family(session, request_id, None, actor=priya)
    with pytest.raises(NotReadyError):
        await release(session, request_id, priya)
    await rights.note_identity(session, request_id, how="met_them", actor=priya)
    with pytest.raises(BadFormError):
        await rights_answers.close_request(session, request_id, outcome="told", actor=priya)
    released = await release(session, request_id, priya)
    assert released.answer == {"sections": [], "left_out": 0}
    sent = {one.event for one in await session.scalars(select(Message))}
    assert sent == {"rights_answer"}, "the same mail whether anything is held or not"


async def test_what_was_taken_out_does_not_leave(
    session: AsyncSession, council: Commissioner, priya: Actor
) -> None:
    family = await offered(session, council)
    request = await ready(session, family.id, priya)
    sections = await put_together(session, family.id, actor=priya)
    keys = [
        f"{number}-{place}"
        for number, one in enumerate(sections)
        for place, fact in enumerate(one.facts)
        if fact.others
    ]
    released = await release(session, request.id, priya, left_out=keys)
    assert released.answer["left_out"] == 1
    assert "Zelda" not in str(released.answer)
    assert family.ref in str(released.answer)


async def test_what_came_after_the_look_is_looked_at_first(
    session: AsyncSession, council: Commissioner, priya: Actor
) -> None:
    family = await offered(session, council)
    request = await ready(session, family.id, priya)
    seen = fingerprint_of(await put_together(session, family.id, actor=priya))
    await legal_holds.hold(session, family.id, reason="Her brother went to court", actor=priya)
    with pytest.raises(NotReadyError):
        await rights_answers.release(session, request.id, seen=seen, left_out=[], actor=priya)


async def test_the_link_opens_once(
    session: AsyncSession, council: Commissioner, priya: Actor
) -> None:
    request = await ready(session, None, priya)
    await release(session, request.id, priya)
    token = token_for(session, request)
    await rights_answers.find_answer(session, token)
    await rights_answers.open_answer(session, token)
    await rights_answers.open_answer(session, token)
    earlier = func.now() - dt.timedelta(minutes=61)
    await session.execute(update(RightsRequest).values(opened_at=earlier))
    with pytest.raises(NotFoundError):
        await rights_answers.open_answer(session, token)


async def test_the_link_ends_after_a_week(
    session: AsyncSession, council: Commissioner, priya: Actor
) -> None:
    request = await ready(session, None, priya)
    await release(session, request.id, priya)
    left = request.answer_expires_at - request.released_at
    assert left == dt.timedelta(days=7)
    await session.execute(update(RightsRequest).values(answer_expires_at=func.now()))
    with pytest.raises(NotFoundError):
        await rights_answers.find_answer(session, token_for(session, request))


async def test_families_are_suggested_by_what_fits(
    session: AsyncSession, council: Commissioner, priya: Actor
) -> None:
    both, place = await add_family(session, council), await add_family(session, council)
    other = await add_commissioner(session, "Another Council")
    await add_family(session, other)
    (await session.get_one(Contact, both.id)).email = "Kelly@example.org"
    await session.flush()
    request = await ready(session, None, priya)
    found = await rights_families.suggest_families(session, request, actor=priya)
    assert [one.family.id for one in found] == [both.id, place.id]
    assert found[0].fits == ["email", "born", "area"]


@pytest.mark.parametrize(
    ("came", "due"),
    [("2026-11-22", "2026-12-22"), ("2026-01-31", "2026-02-28"), ("2026-12-31", "2027-01-31")],
)
def test_a_month_is_a_month_of_the_calendar(came: str, due: str) -> None:
    request = SimpleNamespace(created_at=dt.datetime.fromisoformat(came))
    by = dt.date.fromisoformat(due)
    assert rights.due_on(request) == by
    days = [11, 10, 0, -1]
    told = [rights.warns(request, today=by - dt.timedelta(days=one)) for one in days]
    assert told == [None, "soon", "soon", "late"]


async def test_two_councils_apart(
    session: AsyncSession, council: Commissioner, priya: Actor
) -> None:
    family = await offered(session, council)
    request = await ready(session, family.id, priya)
    await legal_holds.hold(session, family.id, reason="A court asked", actor=priya)
    petra = council_actor(await add_commissioner(session, "Another Council"), "practitioner")
    for refused in (
        rights.get_request(session, request.id, actor=petra),
        release(session, request.id, petra),
        put_together(session, family.id, actor=petra),
        erasure.erase_family(session, family.id, actor=petra),
        erasure.look_ahead(session, family.id, actor=petra),
        legal_holds.lift_hold(session, family.id, actor=petra),
    ):
        with pytest.raises(NotFoundError):
            await refused
    with pytest.raises(BadFormError):
        other = await rights.take_by_telephone(session, KELLY, actor=petra)
        await rights_families.choose_family(session, other, family.id, actor=petra)


@pytest.mark.parametrize("kind", ["public", "provider", "family", "commissioner"])
async def test_the_database_shows_it_to_nobody_else(
    session: AsyncSession, council: Commissioner, priya: Actor, kind: str
) -> None:
    family = await offered(session, council)
    await ready(session, family.id, priya)
    await legal_holds.hold(session, family.id, reason="A court asked", actor=priya)
    other = await add_commissioner(session, "Another Council")
    foreign = other.id if kind == "commissioner" else None
    await act_as(session, Acting(kind=kind, commissioner_id=foreign))
    for table in ("rights_request", "legal_hold", "objection"):
        found = await session.execute(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - ours
        assert found.scalar_one() == 0, table
    await act_as(session, Acting(kind="exchange"))


async def test_erasure_leaves_figures_and_no_person(
    session: AsyncSession, council: Commissioner, priya: Actor
) -> None:
    family = await offered(session, council)
    family_id, ref = family.id, family.ref
    contact = await session.get_one(Contact, family_id)
    gone = [ref, contact.name, contact.email, contact.phone, "May 2019", "IP1", "Zelda"]
    offer = (await session.scalars(select(Offer))).one()
    link = offer.token_hash
    outlook = await erasure.look_ahead(session, family_id, actor=priya)
    assert (outlook.has_contact, outlook.needs, outlook.offers, outlook.ending) == (True, 1, 1, 1)
    amina = council_actor(council)
    before = await count(session, Event)
    await erasure.erase_family(session, family_id, actor=priya)
    told = await everything(session, family_id, priya)
    assert not [one for one in gone if one in told]
    assert (await session.scalars(select(Offer))).one().token_hash != link
    assert [one.state for one in await session.scalars(select(Need))] == [NeedState.WITHDRAWN]
    assert await count(session, Event) > before, "the history keeps what happened"
    details = [str(one.detail) for one in await session.scalars(select(Event))]
    assert not [one for one in details if ref in one]
    again = await publish_needs(session, [row(family_ref=ref)], actor=amina)
    assert again.objected == 1


@pytest.mark.parametrize("state", [MatchState.ACCEPTED, MatchState.UNDER_WAY])
async def test_help_under_way_is_ended_with_the_family_first(
    session: AsyncSession, council: Commissioner, priya: Actor, state: MatchState
) -> None:
    plan, family = await add_plan(session, council), await add_family(session, council)
    await add_match(session, plan, family, await add_intake(session), state=state)
    with pytest.raises(NotReadyError):
        await erasure.erase_family(session, family.id, actor=priya)
    assert await count(session, Contact) == 1


async def test_a_legal_hold_refuses_and_keeps(
    session: AsyncSession, council: Commissioner, priya: Actor
) -> None:
    family = await add_family(session, council)
    await add_need(session, family, valid_until=TODAY - dt.timedelta(days=1), state="expired")
    with pytest.raises(BadFormError):
        await legal_holds.hold(session, family.id, reason="", actor=priya)
    await legal_holds.hold(session, family.id, reason="A court asked", actor=priya)
    with pytest.raises(NotReadyError) as refused:
        await erasure.erase_family(session, family.id, actor=priya)
    assert "A court asked" in str(refused.value)
    assert await forget_old_needs(session) == 0
    await legal_holds.lift_hold(session, family.id, actor=priya)
    assert await forget_old_needs(session) == 1
