"""The promises themselves: each, broken by hand in the tables, is told."""

import pytest
from driven_exchange import Drive, open_drive
from exchange_promises import BROKEN, broken_promises, check
from sqlalchemy import text

from marketplace.db.acting import EXCHANGE
from marketplace.db.session import Sessions, transaction

ANOTHER_MATCH = (
    "INSERT INTO match (id, plan_id, need_id, family_id, intake_id, state, places, price_pence,"
    " cost_pence, stake_pence, effect, reason, choices) SELECT gen_random_uuid(), plan_id, need_id,"
    " family_id, intake_id, 'agreed', 1, 0, 0, 0, 0, '{}', '{}' FROM match"
)
ANOTHER_OFFER = (
    "INSERT INTO offer (id, match_id, family_id, key_id, token_hash, expires_at)"
    " SELECT gen_random_uuid(), match.id, match.family_id, '', match.id::text::bytea, now()"
    " FROM match WHERE NOT EXISTS (SELECT FROM offer WHERE match_id = match.id)"
)
ANOTHER_NEED = (
    "INSERT INTO need (id, family_id, code, level, likelihood, statutory_cost_pence, source,"
    " reasons, valid_until, access, places, cost_falls_on, cashable, state)"
    " SELECT gen_random_uuid(), family_id, 'meals', 1, 0, 0, 'self', '{}', valid_until, '{}', 1,"
    " '{}', 0, 'planned' FROM need"
)
A_MATCH_FOR_IT = (
    "INSERT INTO match (id, plan_id, need_id, family_id, intake_id, state, places, price_pence,"
    " cost_pence, stake_pence, effect, reason, choices) SELECT gen_random_uuid(), plan_id,"
    " need.id, match.family_id, intake_id, 'agreed', 1, 0, 0, 0, 0, '{}', '{}'"
    " FROM match, need WHERE need.code = 'meals'"
)
A_QUESTION = "UPDATE match SET state = 'awaiting_family'"
# Promise → what breaks it. Two are kept by the tables themselves, which would not let us.
BREAKS = {
    "a refused pair never lives again": [
        "UPDATE match SET state = 'family_expired'",
        ANOTHER_MATCH,
    ],
    "three offers in thirty days": [
        "UPDATE match SET state = 'withdrawn'",
        *[ANOTHER_MATCH.replace("agreed", "withdrawn")] * 2,
        ANOTHER_OFFER,
    ],
    "one question at a time": [ANOTHER_NEED, A_MATCH_FOR_IT, A_QUESTION],
    "nothing is queued for whoever may not be written to": [
        "UPDATE message SET state = 'queued', sent_at = NULL",
        "UPDATE family SET stopped_at = now()",
    ],
    "a yes is never lost": [
        "UPDATE offer SET answer = 'yes'",
        "UPDATE match SET state = 'withdrawn'",
    ],
    "a live match has a need that is on its way": ["UPDATE need SET state = 'closed'"],
    "a planned need has a match": ["UPDATE match SET state = 'withdrawn'"],
}
KEPT_BY_THE_TABLES = {"no intake is over its places", "one live match a need"}


@pytest.fixture
async def drive(sessions: Sessions) -> Drive:
    return await open_drive(sessions)


def test_every_promise_is_broken_here_or_cannot_be() -> None:
    assert BREAKS.keys() | KEPT_BY_THE_TABLES == BROKEN.keys()


@pytest.mark.parametrize("promise", BREAKS)
async def test_a_broken_promise_is_told(drive: Drive, promise: str) -> None:
    await drive.offered()
    await check(drive, None)
    async with transaction(drive.sessions, EXCHANGE) as session:
        for statement in BREAKS[promise]:
            await session.execute(text(statement))
        assert promise in await broken_promises(session)


async def test_a_move_without_a_word_is_told(drive: Drive) -> None:
    await drive.offered()
    before = await check(drive, None)
    async with transaction(drive.sessions, EXCHANGE) as session:
        await session.execute(text("UPDATE match SET state = 'on_hold'"))
    with pytest.raises(AssertionError, match="without a word"):
        await check(drive, before)
