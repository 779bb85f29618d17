"""What a council answers with: no name, no refusal, nothing of another council's."""

import datetime as dt
import re

import pytest
import small_world as world
from httpx import AsyncClient
from reading import SignIn, form_of, words_of
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import EXCHANGE
from marketplace.db.offers import Offer
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.services.matches import claims
from marketplace.services.matches.transitions import move_match
from marketplace.states import MatchState


@pytest.fixture
async def amina(sign_in: SignIn) -> AsyncClient:
    return await sign_in(world.AMINA)


async def why_page(session: AsyncSession, browser: AsyncClient, ref: str) -> str:
    family = await world.family_of(session, ref)
    answer = await browser.get(f"/commissioner/families/{family.id}/why")
    assert answer.status_code == 200
    assert not [canary for canary in world.CANARIES if canary in answer.text]
    return words_of(answer)


async def test_why_this_family(amina: AsyncClient, session: AsyncSession) -> None:
    told = await why_page(session, amina, "KELLY")
    for part in (
        "Why this family? KELLY",
        "Rent arrears",
        "A prediction from council records",
        "Priya Example",
        "by e-mail",
        "What else was weighed",
        "A practitioner agreed (Priya Example)",
    ):
        assert part in told
    seed = (await world.plan_of(session, world.AMINA)).seed
    assert f"Plan 1: {seed}" in told


async def test_why_a_family_got_nothing(amina: AsyncClient, session: AsyncSession) -> None:
    assert "Nobody in the directory helps with it." in await why_page(session, amina, "UNMET")


@pytest.mark.parametrize("state", ["family_declined", "family_expired", "provider_declined"])
async def test_every_end_reads_the_same(
    amina: AsyncClient, sessions: Sessions, session: AsyncSession, state: str
) -> None:
    async with transaction(sessions, EXCHANGE) as other:
        match = await world.match_of(other, "KELLY")
        actor = await world.actor_of(other, world.AMINA)
        await move_match(other, match.id, to=MatchState(state), actor=actor, code="not_wanted")
    told = await why_page(session, amina, "KELLY")
    assert "Not going ahead" in told
    assert "Not going ahead (" not in told
    for word in ("declined", "said no", "not_wanted", "expired", "did not answer"):
        assert word not in told


async def test_a_volunteer_is_not_named(amina: AsyncClient, session: AsyncSession) -> None:
    assert "Grace" not in await why_page(session, amina, "MEALS")


async def test_a_provider_who_is_late_stands_on_the_first_page(
    amina: AsyncClient, sessions: Sessions
) -> None:
    assert "not answered in time" not in words_of(await amina.get("/commissioner"))
    async with transaction(sessions, EXCHANGE) as session:
        match = await world.match_of(session, "TODDLER")
        long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=30)
        waits = {"state": MatchState.AWAITING_PROVIDER, "waits_since": long_ago}
        await session.execute(update(Match).where(Match.id == match.id).values(waits))
    home = await amina.get("/commissioner")
    assert "1 provider has not answered in time" in words_of(home)
    link = re.search(r'href="(/commissioner/today)#(\w+)"', home.text)
    assert link
    assert f'id="{link[2]}"' in (await amina.get(link[1])).text


async def test_statement_page_and_file_agree(
    amina: AsyncClient, sign_in: SignIn, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        tom = await world.actor_of(session, world.TOM)
        await begin_help(session, "TWONEEDS")
    browser = await sign_in(world.TOM)
    months = await browser.get("/provider/statements")
    assert "so far" in words_of(months)
    month = months.text.partition('href="/provider/statements/')[2][:7]
    own = words_of(await browser.get(f"/provider/statements/{month}"))
    all_of_them = words_of(await amina.get("/commissioner/statements"))
    for told in (own, all_of_them):
        assert "Marigold Trust" in told
        assert "Owed for" in told
        assert "£100" in told
        assert "TWONEEDS" not in told
    file = (await browser.get(f"/provider/statements.csv?month={month}")).text
    assert file == (await amina.get("/commissioner/statements.csv")).text
    assert file.splitlines()[1].endswith("Marigold Trust,,Family worker,1,100.00,100.00")
    stranger = await sign_in(world.WENDY)
    assert "Marigold" not in (await stranger.get(f"/provider/statements/{month}")).text
    assert tom.provider_id


async def begin_help(session: AsyncSession, ref: str) -> None:
    match = await session.scalar(
        select(Match)
        .join(Match.family)
        .join(Offer, Offer.match_id == Match.id)
        .where(Match.state == MatchState.AWAITING_FAMILY, Offer.family_id == Match.family_id)
        .where(Match.family_id == (await world.family_of(session, ref)).id)
    )
    family = world.Actor(kind="family")
    await move_match(session, match.id, to=MatchState.ACCEPTED, actor=family)
    await claims.start_help(session, match.id, actor=await world.actor_of(session, world.TOM))


async def test_a_month_to_come_is_not_there(amina: AsyncClient) -> None:
    for path in ("figures", "statements", "figures.csv", "statements.csv"):
        for month in ("2199-01", "2026-13", "nonsense"):
            answer = await amina.get(f"/commissioner/{path}?month={month}&by=area")
            assert answer.status_code == 404, path


async def test_small_numbers_stay_unsaid(amina: AsyncClient) -> None:
    """The small world has fewer than five families at most steps of most kinds."""
    page = words_of(await amina.get("/commissioner/figures"))
    assert "not shown" in page
    for by in ("months", "area", "need", "age", "language", "level"):
        file = (await amina.get(f"/commissioner/figures.csv?by={by}")).text
        for line in file.splitlines()[1:]:
            shown = [cell for cell in line.split(",")[1:] if cell.isdigit()]
            assert all(int(cell) >= 5 for cell in shown), line


async def test_no_refusal_in_any_file(amina: AsyncClient, sessions: Sessions) -> None:
    files = ("figures.csv", "figures.csv?by=area", "figures.csv?by=need", "statements.csv")
    before = [(await amina.get(f"/commissioner/{file}")).text for file in files]
    async with transaction(sessions, EXCHANGE) as session:
        match = await world.match_of(session, "KELLY")
        family = world.Actor(kind="family")
        await move_match(session, match.id, to=MatchState.FAMILY_DECLINED, actor=family)
    assert [(await amina.get(f"/commissioner/{file}")).text for file in files] == before


async def test_this_morning(amina: AsyncClient, sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        old = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
        await session.execute(update(Commissioner).values(stop_list_at=old))
    told = await amina.get("/commissioner/today")
    assert "The stop list is too old" in words_of(told)
    assert form_of(told, "/sign-out")
