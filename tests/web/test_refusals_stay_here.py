"""A refusal reaches no export, no page of others, no feed, no program, no log and no model.

Worlds that are the same to the last id, apart from what one family did: it said no, was silent,
took its yes back, or help never started; or the exchange itself took the match away, at the same
step. What differs between them tells who refused.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
import small_world as world
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession
from world_databases import Database, Worlds, run_apart, settings_for
from worlds_compared import Pages, Seen, logged, read_pages, read_tables, stated

from marketplace.access import SYSTEM
from marketplace.db.acting import EXCHANGE
from marketplace.db.offers import Offer
from marketplace.db.session import make_engine, make_sessions, transaction
from marketplace.defaults import defaults
from marketplace.services.matches import expiries, holds, outcomes
from marketplace.services.offers import answers, opening, second_thoughts
from marketplace.states import MatchState

CANARY = "TODDLER"
# Where somebody acts on it: the practitioner who looks at what is proposed to this family next sees
# what it was offered before, and what came of it. No other page, and nothing that leaves.
TO_ACT_ON = ("practitioner /practitioner/queue/",)
TOLD_BY = ("declin", "silent", "changed_mind", "not_started", "not started", "refus")
Deed = Callable[[AsyncSession], Awaitable[object]]


async def offer_of_canary(session: AsyncSession) -> Offer:
    link = await world.offer_link(session, session.info["settings"], CANARY)
    return await opening.open_offer(session, link.removeprefix("/o/"))


async def say_yes(session: AsyncSession) -> None:
    offer = await offer_of_canary(session)
    await answers.answer_offer(session, offer, answer="yes", contact_way="email")


async def say_no(session: AsyncSession) -> None:
    await answers.answer_offer(session, await offer_of_canary(session), answer="no")


async def be_silent(session: AsyncSession) -> None:
    offer = await world.offer_of(session, CANARY)
    await session.execute(update(Offer).where(Offer.id == offer.id).values(expires_at=func.now()))
    assert await expiries.expire_what_waited(session) == 1


async def change_mind(session: AsyncSession) -> None:
    await second_thoughts.change_mind(session, await offer_of_canary(session))


async def not_start(session: AsyncSession) -> None:
    match = await world.match_of(session, CANARY)
    wendy = await world.actor_of(session, world.WENDY)
    await outcomes.end_before_start(session, match.id, actor=wendy)


async def be_taken_away(session: AsyncSession) -> None:
    """Nobody refused anything: a place that had gone, say."""
    match = await world.match_of(session, CANARY)
    await holds.hand_on(session, [match], to=MatchState.WITHDRAWN, code="no_contact", actor=SYSTEM)


LIVES: dict[str, tuple[Deed, ...]] = {
    "taken": (be_taken_away,),
    "taken after a yes": (say_yes, be_taken_away),
    "no": (say_no,),
    "silence": (be_silent,),
    "second thoughts": (say_yes, change_mind),
    "not started": (say_yes, not_start),
}
ENDS = {
    "no": MatchState.FAMILY_DECLINED,
    "silence": MatchState.FAMILY_EXPIRED,
    "second thoughts": MatchState.FAMILY_DECLINED,
    "not started": MatchState.NOT_STARTED,
}
# Refusal → the life that is the same but for it.
LIKE = {
    "no": "taken",
    "silence": "taken",
    "second thoughts": "taken after a yes",
    "not started": "taken after a yes",
}


@pytest.fixture(scope="module")
def seen(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    folder = tmp_path_factory.mktemp("refusals")
    told = {}
    with pytest.MonkeyPatch.context() as patch:
        # Nothing is hidden for being rare: of few families a hidden count would hide the canary.
        patch.setitem(defaults()["privacy"], "smallest_count", 1)
        for name, deeds in LIVES.items():
            database = worlds.make("claimed")
            try:
                told[name] = run_apart(live(database, folder, deeds, ENDS.get(name)))
            finally:
                worlds.drop(database)
    return told


async def live(
    database: Database, folder: Path, deeds: tuple[Deed, ...], end: MatchState | None
) -> Seen:
    settings = settings_for(database, folder)
    engine = make_engine(settings.database_url)
    sessions = make_sessions(engine, settings)
    seen = Seen()
    try:
        with logged(seen):
            for deed in deeds:
                async with transaction(sessions, EXCHANGE) as session:
                    await deed(session)
            seen.pages = await read_pages(sessions, settings, ref=CANARY)
            await read_tables(sessions, seen)
        async with transaction(sessions, EXCHANGE) as session:
            match = await world.match_of(session, CANARY)
            assert match.state == (end or MatchState.WITHDRAWN)
    finally:
        await engine.dispose()
    return seen


def differing(one: Pages, other: Pages) -> set[str]:
    assert one.keys() == other.keys()
    return {address for address in one if one[address] != other[address]}


def told_by(seen: dict[str, Seen], refusal: str) -> set[str]:
    return differing(seen[LIKE[refusal]].pages, seen[refusal].pages)


def is_ours(address: str) -> bool:
    return address.startswith(("commissioner", "practitioner"))


@pytest.mark.parametrize("refusal", LIKE)
def test_nobody_outside_the_council_can_tell_a_refusal(seen: dict[str, Seen], refusal: str) -> None:
    """Neither the charity that was refused, nor the public, a feed, a program, a file of theirs."""
    assert {one for one in told_by(seen, refusal) if not is_ours(one)} == set()


@pytest.mark.parametrize("refusal", LIKE)
def test_the_council_s_pages_tell_it_only_where_somebody_acts(
    seen: dict[str, Seen], refusal: str
) -> None:
    told = {one for one in told_by(seen, refusal) if is_ours(one)}
    assert {one for one in told if not one.startswith(TO_ACT_ON)} == set()


@pytest.mark.parametrize("refusal", LIKE)
def test_the_model_learns_of_a_refusal_only_never_this_pair(
    seen: dict[str, Seen], refusal: str
) -> None:
    neutral, refused = seen[LIKE[refusal]], seen[refusal]
    assert differing(neutral.engine, refused.engine) == {"refusals"}
    assert neutral.tables
    assert refused.tables
    before, after = neutral.tables.refusals, refused.tables.refusals
    assert len(after.need) > len(before.need)
    new = {*zip(after.need, after.intake, strict=True)} - {
        *zip(before.need, before.intake, strict=True)
    }
    assert len({need for need, _ in new}) == 1


@pytest.mark.parametrize("refusal", LIKE)
def test_the_engine_s_problem_lacks_this_pair_and_is_the_same_otherwise(
    seen: dict[str, Seen], refusal: str
) -> None:
    neutral, refused = seen[LIKE[refusal]].tables, seen[refusal].tables
    assert neutral
    assert refused
    before, after = stated(neutral), stated(refused)
    gone = before.pairs.keys() - after.pairs.keys()
    assert gone
    assert len({need for need, _ in gone}) == 1
    assert after.pairs == {name: pair for name, pair in before.pairs.items() if name not in gone}
    assert after.supports.items() <= before.supports.items()
    assert differing(before.rest, after.rest) == set()


@pytest.mark.parametrize("refusal", LIKE)
def test_no_log_tells_a_refusal(seen: dict[str, Seen], refusal: str) -> None:
    assert seen[refusal].logs == seen[LIKE[refusal]].logs
    for line in seen[refusal].logs:
        assert not [word for word in (CANARY, *TOLD_BY) if word.lower() in line.lower()], line


def test_everybody_s_pages_are_read(seen: dict[str, Seen]) -> None:
    pages = seen["no"].pages
    assert sum(text.startswith("200") for text in pages.values()) > 140
    for reader in ("commissioner", "a program of the council"):
        read = [text for address, text in pages.items() if address.startswith(reader)]
        assert any(CANARY in text for text in read), f"{reader} knows the pseudonym"
    files = [address for address in pages if ".csv" in address or address.endswith(".zip")]
    assert len(files) >= 8, files
    assert all(pages[address].startswith("200") for address in files), files
    by_month = [text for address, text in pages.items() if "/figures.csv?by=need" in address]
    assert any("Parent" in text for text in by_month), "nothing is hidden for being rare"


def test_the_engine_has_a_problem_to_solve(seen: dict[str, Seen]) -> None:
    tables = seen["no"].tables
    assert tables
    assert len(tables.need_ids) > 0
    assert np.any(tables.needs.likelihood)
