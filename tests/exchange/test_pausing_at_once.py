"""A claim and a pause at the same moment: whoever comes second sees what the first one did."""

import asyncio

import pytest
from provider_people import families_at_each_step, states_of

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction
from marketplace.errors import PausedError
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches import claims
from marketplace.services.providers import providers

A_MOMENT = 0.3


async def test_a_claim_behind_a_pause_is_refused(sessions: Sessions) -> None:
    standing = await families_at_each_step(sessions)

    async def claim() -> None:
        async with transaction(sessions, EXCHANGE) as session:
            await claims.claim_match(session, standing.matches["asked"], actor=standing.tom)

    async with transaction(sessions, EXCHANGE) as session:
        await providers.pause_provider(
            session, standing.provider_id, reason="", actor=standing.amina
        )
        claiming = asyncio.create_task(claim())
        await asyncio.sleep(A_MOMENT)
        assert not claiming.done(), "it waits for the pause to be stored"
    with pytest.raises(PausedError):
        await claiming
    assert (await states_of(sessions, standing))["asked"] == "on_hold"


async def test_a_pause_behind_a_claim_finds_it(sessions: Sessions) -> None:
    standing = await families_at_each_step(sessions)

    async def pause() -> None:
        async with transaction(sessions, EXCHANGE) as session:
            await providers.pause_provider(
                session, standing.provider_id, reason="", actor=standing.amina
            )

    async with transaction(sessions, EXCHANGE) as session:
        await claims.claim_match(session, standing.matches["asked"], actor=standing.tom)
        pausing = asyncio.create_task(pause())
        await asyncio.sleep(A_MOMENT)
        assert not pausing.done(), "it waits for the claim to be stored"
    await pausing
    held = {"asked", "offered", "accepted"}
    states = await states_of(sessions, standing)
    assert {step for step, state in states.items() if state == "on_hold"} == held
    async with transaction(sessions, EXCHANGE) as session:
        assert await recount_places(session) == []
