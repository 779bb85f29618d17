"""Tom after a family's yes: what each page shows in each state, and what he carries away."""

import csv
import io

import pytest
import small_world as world
from addresses import AFTER_A_YES
from httpx import AsyncClient, Response
from reading import SignIn, csrf_of, words_of
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Service
from marketplace.db.acting import EXCHANGE
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.services.offers import answers, opening
from marketplace.services.providers import agreements
from marketplace.services.providers.provider_figures import Counted, hide_small
from marketplace.settings import Settings
from marketplace.states import MatchState

NAME, NUMBER = "Nocturne", "01632 960101"


async def say_yes(sessions: Sessions, settings: Settings, ref: str) -> Match:
    async with transaction(sessions, EXCHANGE) as session:
        link = await world.offer_link(session, settings, ref)
        offer = await opening.open_offer(session, link.removeprefix("/o/"))
        assert (
            await answers.answer_offer(session, offer, answer="yes", contact_way="phone") == "yes"
        )
        return await world.match_of(session, ref)


@pytest.fixture
async def kelly(sessions: Sessions, settings: Settings) -> Match:
    return await say_yes(sessions, settings, "KELLY")


@pytest.fixture
async def tom(sign_in: SignIn) -> AsyncClient:
    return await sign_in(world.TOM)


class Taps:
    """One family's buttons under one browser."""

    def __init__(self, browser: AsyncClient, match: Match, csrf: str) -> None:
        self.browser, self.csrf = browser, csrf
        self.base = f"/provider/matches/{match.id}"

    async def press(self, path: str, **fields: str) -> Response:
        return await self.browser.post(
            f"{self.base}/{path}", data={"_csrf": self.csrf, **fields}, follow_redirects=True
        )

    async def doors(self) -> set[str]:
        """Which of the pages after a yes are there now."""
        found = {path: await self.browser.get(self.base + path) for path in AFTER_A_YES}
        return {path for path, answer in found.items() if answer.status_code == 200}

    async def everything(self) -> str:
        paths = ["/provider", "/provider/accepted", "/provider/impact", "/provider/record.csv"]
        pages = [await self.browser.get(path) for path in paths]
        pages += [await self.browser.get(self.base + path) for path in AFTER_A_YES]
        return "".join(page.text for page in pages)


@pytest.fixture
async def taps(tom: AsyncClient, kelly: Match) -> Taps:
    return Taps(tom, kelly, await csrf_of(tom))


async def state_of(sessions: Sessions, match: Match) -> str:
    async with transaction(sessions, EXCHANGE) as session:
        return (await session.get_one(Match, match.id)).state


async def test_three_taps_from_yes_to_end(taps: Taps, kelly: Match, sessions: Sessions) -> None:
    assert await taps.doors() == {"/started", "/not-started", "/hand-back"}
    spoken = words_of(await taps.press("contacted", change="one"))
    assert "You spoke on" in spoken
    assert "You spoke on" not in words_of(await taps.press("contacted", change="undo"))
    begun = words_of(await taps.press("started"))
    assert "They have come 0 times" in begun
    assert NUMBER in begun
    assert await taps.doors() == {"/ended", "/hand-back"}
    await taps.press("attended", change="one")
    assert "They have come 2 times" in words_of(await taps.press("attended", change="one"))
    assert "They have come 1 time." in words_of(await taps.press("attended", change="undo"))
    missing = await taps.press("ended", how="finished")
    assert (missing.status_code, 'href="#helped"' in missing.text) == (422, True)
    assert missing.text.count("checked") == 1
    ended = await taps.press("ended", how="finished", helped="partly")
    assert NAME not in ended.text
    assert await state_of(sessions, kelly) == MatchState.COMPLETED
    assert await taps.doors() == set()
    assert NAME not in await taps.everything()
    assert (await taps.press("attended", change="one")).status_code == 404


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ("not-started", MatchState.NOT_STARTED),
        ("hand-back", MatchState.PROVIDER_DECLINED),
    ],
)
async def test_what_does_not_go_on_shows_nothing_any_more(
    path: str, state: str, taps: Taps, kelly: Match, sessions: Sessions, sign_in: SignIn
) -> None:
    assert NAME in await taps.everything()
    look = await taps.browser.get(f"{taps.base}/{path}")
    assert "cannot be taken back" in words_of(look)
    assert await state_of(sessions, kelly) == MatchState.ACCEPTED, "a look decides nothing"
    await taps.press(path)
    assert await state_of(sessions, kelly) == state
    assert [one for one in world.CANARIES if one in await taps.everything()] == []
    calls = words_of(await (await sign_in(world.PRIYA)).get("/practitioner/calls"))
    assert ("cannot go on" in calls) == (path == "hand-back")


async def test_help_that_has_begun_is_handed_back(
    taps: Taps, kelly: Match, sessions: Sessions
) -> None:
    await taps.press("started")
    await taps.press("hand-back")
    assert await state_of(sessions, kelly) == MatchState.ENDED_EARLY
    assert NAME not in await taps.everything()


async def test_the_withdrawn_agreement_shuts_every_page_in_an_open_browser(
    taps: Taps, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        tom = await world.actor_of(session, world.TOM)
    assert NAME in await taps.everything()
    async with transaction(sessions, EXCHANGE) as session:
        await agreements.withdraw_agreement(session, actor=tom)
    assert [one for one in world.CANARIES if one in await taps.everything()] == []
    for path in ("contacted", "started", "attended", "ended", "not-started", "hand-back"):
        pressed = await taps.press(path, how="finished", helped="yes")
        assert pressed.status_code == 409, path
        assert NAME not in pressed.text


async def test_what_would_make_it_easier_is_told_in_words(
    taps: Taps, kelly: Match, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        told = ["fare", "interpreter"]
        await session.execute(update(Offer).where(Offer.match_id == kelly.id).values(easier=told))
    shown = words_of(await taps.browser.get("/provider/accepted"))
    assert "What would make it easier: help with the fare, an interpreter." in shown


async def test_an_accepted_family_is_not_declined_by_the_old_page(taps: Taps) -> None:
    assert (await taps.browser.get(f"{taps.base}/decline")).status_code == 404
    assert (await taps.press("decline", code="full")).status_code == 404


async def test_the_record_has_no_name_and_runs_nothing(
    taps: Taps, kelly: Match, sessions: Sessions
) -> None:
    await taps.press("started")
    await taps.press("attended", change="one")
    await taps.press("ended", how="no_more", helped="no")
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Service).values(name="=cmd|'/c calc'!A0"))
    answer = await taps.browser.get("/provider/record.csv")
    assert "attachment" in answer.headers["content-disposition"]
    [row] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    month = f"{world.today():%Y-%m}"
    assert row == {
        "service": "'=cmd|'/c calc'!A0",
        "month_started": month,
        "times_attended": "1",
        "month_ended": month,
        "helped": "no",
    }
    assert [one for one in world.CANARIES if one in answer.text] == []


async def test_the_record_leaves_out_what_never_began(taps: Taps) -> None:
    await taps.press("not-started")
    answer = await taps.browser.get("/provider/record.csv")
    assert len(answer.text.splitlines()) == 1


async def test_the_sheet_counts_and_hides_the_few(taps: Taps, session: AsyncSession) -> None:
    assert "Nothing to show yet" in words_of(await taps.browser.get("/provider/impact"))
    await taps.press("started")
    await taps.press("attended", change="one")
    shown = await taps.browser.get("/provider/impact")
    assert "Families helped 1" in words_of(shown)
    assert "Times they came 1" in words_of(shown)
    assert "<svg" in shown.text
    assert "fewer than 5" in words_of(shown)
    assert "IP1" not in words_of(shown)


@pytest.mark.parametrize(
    ("counts", "shown", "others"),
    [
        ({}, {}, 0),
        ({"IP1": 9, "IP2": 5}, {"IP1": 9, "IP2": 5}, 0),
        ({"IP1": 3}, {}, 3),
        # One alone could be reckoned from the total, so the next smallest goes with it.
        ({"IP1": 9, "IP2": 6, "IP3": 2}, {"IP1": 9}, 8),
        ({"IP1": 9, "IP3": 2, "IP4": 1}, {}, 12),
        ({"IP1": 9, "IP3": 4, "IP4": 3}, {"IP1": 9}, 7),
    ],
)
def test_the_few_are_put_together(
    counts: dict[str, int], shown: dict[str, int], others: int
) -> None:
    assert hide_small(counts) == Counted(shown=shown, others=others)


async def test_how_many_say_yes_is_told_from_real_answers(
    sign_in: SignIn, sessions: Sessions, settings: Settings, kelly: Match
) -> None:
    """Five answers are enough to say the council's share, twenty of one's own to say one's own."""
    tom = await sign_in(world.TOM)
    assert "in 10 families" not in words_of(await tom.get("/provider"))
    async with transaction(sessions, EXCHANGE) as session:
        waits = await world.match_of(session, "CHILDLESS")
        waits.state = MatchState.AWAITING_PROVIDER
        await session.flush()
    assert "in 10 families" not in words_of(await tom.get("/provider")), "one answer is too few"
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Offer).where(Offer.answer.is_(None)).values(answer="no"))
    told = words_of(await tom.get("/provider"))
    assert "in 10 families say yes, of all that the council asked" in told


async def test_a_standing_yes_is_one_press(tom: AsyncClient, sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        intake = await world.intake_of(session, "KELLY")
    base = f"/provider/services/{intake.service_id}"
    data = {"_csrf": await csrf_of(tom)}
    for change, is_on in (("on", True), ("off", False)):
        pressed = await tom.post(
            f"{base}/standing-yes", data=data | {"change": change}, follow_redirects=True
        )
        assert ("We say yes for you" in words_of(pressed)) == is_on
        async with transaction(sessions, EXCHANGE) as session:
            assert (await session.get_one(Service, intake.service_id)).standing_yes == is_on


async def test_a_volunteers_host_sees_for_whom_each_is(
    sign_in: SignIn, sessions: Sessions, settings: Settings
) -> None:
    hana = await sign_in(world.HANA)
    assert "Grace Example" in words_of(await hana.get("/provider"))
    match = await say_yes(sessions, settings, "MEALS")
    started = await hana.get(f"/provider/matches/{match.id}/started")
    assert "allergies" in words_of(started)
