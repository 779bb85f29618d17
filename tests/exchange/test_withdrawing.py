"""A need taken back frees its places, leaves begun help alone, and can be published again."""

import datetime as dt
import uuid
from dataclasses import dataclass

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
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.families import Family, Need, NeedFile
from marketplace.db.offers import Call, Offer
from marketplace.db.plans import Match
from marketplace.errors import NotFoundError
from marketplace.services.figures.figures import recount_places
from marketplace.services.needs.needs import publish_needs
from marketplace.services.needs.withdrawals import (
    Choice,
    Outlook,
    look_ahead,
    publish_again,
    withdraw_needs,
)
from marketplace.states import MatchState, NeedState


@dataclass
class Held:
    actor: Actor
    family: Family
    match: Match

    @property
    def choice(self) -> Choice:
        return Choice("need", self.match.need_id)


async def held(session: AsyncSession, state: MatchState) -> Held:
    commissioner = await add_commissioner(session)
    plan, intake = await add_plan(session, commissioner), await add_intake(session)
    family = await add_family(session, commissioner)
    match = await add_match(session, plan, family, intake, state=state)
    intake.held = int(state in (MatchState.AWAITING_PROVIDER, MatchState.ACCEPTED))
    intake.used = int(state == MatchState.UNDER_WAY)
    await session.flush()
    return Held(council_actor(commissioner), family, match)


async def need_state(session: AsyncSession, need_id: uuid.UUID) -> str:
    return (await session.get_one(Need, need_id)).state


@pytest.mark.parametrize(
    "state", [MatchState.PROPOSED, MatchState.AWAITING_PROVIDER, MatchState.ACCEPTED]
)
async def test_its_match_ends_and_the_place_is_free(
    session: AsyncSession, state: MatchState
) -> None:
    world = await held(session, state)
    outlook = await look_ahead(session, world.choice, actor=world.actor)
    assert outlook == Outlook(open=1, ending=1, begun=0, withdrawn=0)
    assert await withdraw_needs(session, world.choice, actor=world.actor) == 1
    assert world.match.state == MatchState.WITHDRAWN
    assert await need_state(session, world.match.need_id) == NeedState.WITHDRAWN
    assert await recount_places(session) == []


async def test_begun_help_goes_on(session: AsyncSession) -> None:
    world = await held(session, MatchState.UNDER_WAY)
    outlook = await look_ahead(session, world.choice, actor=world.actor)
    assert outlook == Outlook(open=0, ending=0, begun=1, withdrawn=0)
    assert await withdraw_needs(session, world.choice, actor=world.actor) == 0
    assert world.match.state == MatchState.UNDER_WAY
    assert await need_state(session, world.match.need_id) == NeedState.PLANNED


async def test_who_said_yes_is_rung(session: AsyncSession) -> None:
    world = await held(session, MatchState.ACCEPTED)
    offer = Offer(
        match_id=world.match.id,
        family_id=world.family.id,
        key_id="k",
        token_hash=b"h",
        expires_at=dt.datetime.now(dt.UTC),
    )
    session.add(offer)
    await session.flush()
    await withdraw_needs(session, world.choice, actor=world.actor)
    calls = (await session.execute(select(Call.offer_id, Call.reason))).all()
    assert calls == [(offer.id, "need_withdrawn")]


async def test_all_of_a_family(session: AsyncSession) -> None:
    world = await held(session, MatchState.AGREED)
    other = await add_need(session, world.family)
    whole = Choice("family", world.family.id)
    assert await withdraw_needs(session, whole, actor=world.actor) == 2
    assert await need_state(session, other.id) == NeedState.WITHDRAWN
    assert await publish_again(session, whole, actor=world.actor) == 2
    assert await need_state(session, other.id) == NeedState.PUBLISHED


async def test_all_that_a_file_brought_and_nothing_else(session: AsyncSession) -> None:
    await add_postcode(session)
    actor = council_actor(await add_commissioner(session))
    await publish_needs(session, [row(family_ref="F-0")], actor=actor, name="good.csv")
    wrong = [row(family_ref=f"F-{number}") for number in range(1, 4)]
    await publish_needs(session, wrong, actor=actor, name="wrong.csv")
    file_id = await session.scalar(select(NeedFile.id).where(NeedFile.name == "wrong.csv"))
    assert file_id
    assert await withdraw_needs(session, Choice("file", file_id), actor=actor) == 3
    left = select(Family.ref).join(Need).where(Need.state == NeedState.PUBLISHED)
    assert (await session.scalars(left)).all() == ["F-0"]


async def test_published_again_only_while_it_is_valid_and_wanted(session: AsyncSession) -> None:
    world = await held(session, MatchState.SET_ASIDE)
    whole = Choice("family", world.family.id)
    await add_need(
        session,
        world.family,
        state=NeedState.WITHDRAWN,
        valid_until=TODAY - dt.timedelta(days=1),
    )
    assert await publish_again(session, whole, actor=world.actor) == 0
    await add_need(session, world.family, code="benefits-advice", state=NeedState.WITHDRAWN)
    world.family.stopped_at = dt.datetime.now(dt.UTC)
    await session.flush()
    assert await publish_again(session, whole, actor=world.actor) == 0


async def test_nobody_takes_back_what_is_anothers(session: AsyncSession) -> None:
    world = await held(session, MatchState.AGREED)
    stranger = council_actor(await add_commissioner(session, "Other Council"))
    with pytest.raises(NotFoundError):
        await look_ahead(session, world.choice, actor=stranger)
    assert await withdraw_needs(session, world.choice, actor=stranger) == 0
    assert world.match.state == MatchState.AGREED
