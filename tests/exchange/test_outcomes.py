"""What came of it, in taps: days and numbers, the states they lead to, and mistakes taken back."""

from collections.abc import Awaitable, Callable

import pytest
from provider_people import Standing, add_person, families_at_each_step, states_of
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.access import readable_matches
from marketplace.db.acting import EXCHANGE
from marketplace.db.families import Need
from marketplace.db.history import Event
from marketplace.db.offers import Call
from marketplace.db.outcomes import Outcome
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.db.volunteering import Introduction
from marketplace.errors import BadFormError, NoAgreementError, NotFoundError, OnlyLookError
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches import claims, outcomes
from marketplace.services.needs.refusals import refused_pairs
from marketplace.services.providers import agreements
from marketplace.states import MatchState, NeedState

Deed = Callable[[AsyncSession, Standing, str], Awaitable[None]]


@pytest.fixture
async def standing(sessions: Sessions) -> Standing:
    return await families_at_each_step(sessions)


async def start(session: AsyncSession, standing: Standing, step: str) -> None:
    await claims.start_help(
        session, standing.matches[step], actor=standing.tom, diet_confirmed=True
    )


async def contact(session: AsyncSession, standing: Standing, step: str) -> None:
    await outcomes.note_contact(session, standing.matches[step], is_made=True, actor=standing.tom)


async def attend(session: AsyncSession, standing: Standing, step: str) -> None:
    await outcomes.note_attended(session, standing.matches[step], change=1, actor=standing.tom)


async def end(session: AsyncSession, standing: Standing, step: str) -> None:
    await outcomes.end_help(
        session, standing.matches[step], how="finished", helped="yes", actor=standing.tom
    )


async def never_start(session: AsyncSession, standing: Standing, step: str) -> None:
    await outcomes.end_before_start(session, standing.matches[step], actor=standing.tom)


async def hand_back(session: AsyncSession, standing: Standing, step: str) -> None:
    await outcomes.hand_back(session, standing.matches[step], actor=standing.tom)


AFTER_YES = {
    contact: {"accepted", "helped"},
    start: {"accepted"},
    attend: {"helped"},
    end: {"helped"},
    never_start: {"accepted"},
    hand_back: {"accepted", "helped"},
}


async def outcome_of(session: AsyncSession, standing: Standing, step: str) -> Outcome:
    return await session.get_one(Outcome, standing.matches[step])


async def stand(sessions: Sessions, standing: Standing, step: str) -> tuple[str, str]:
    async with transaction(sessions, EXCHANGE) as session:
        match = await session.get_one(Match, standing.matches[step])
        assert await recount_places(session) == []
        return match.state, (await session.get_one(Need, match.need_id)).state


@pytest.mark.parametrize("deed", AFTER_YES, ids=lambda deed: deed.__name__)
async def test_each_tap_is_for_its_own_states(
    deed: Deed, sessions: Sessions, standing: Standing
) -> None:
    before = await states_of(sessions, standing)
    for step in before.keys() - AFTER_YES[deed]:
        with pytest.raises(Exception, match=r"no longer waiting|cannot become"):
            async with transaction(sessions, EXCHANGE) as session:
                await deed(session, standing, step)
    assert await states_of(sessions, standing) == before
    for step in sorted(AFTER_YES[deed]):
        async with transaction(sessions, EXCHANGE) as session:
            await deed(session, standing, step)


@pytest.mark.parametrize("deed", AFTER_YES, ids=lambda deed: deed.__name__)
async def test_a_closed_door_and_a_viewer_tap_nothing(
    deed: Deed, sessions: Sessions, standing: Standing
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        ade = await add_person(session, standing.provider_id, role="viewer", name="Ade")
        stranger = await add_person(session, standing.provider_id, name="Wendy")
    step = min(AFTER_YES[deed])
    viewing = Standing(
        ade, standing.amina, standing.provider_id, standing.intake_id, standing.matches
    )
    with pytest.raises(OnlyLookError):
        async with transaction(sessions, EXCHANGE) as session:
            await deed(session, viewing, step)
    async with transaction(sessions, EXCHANGE) as session:
        await agreements.end_agreements(session, standing.provider_id, actor=stranger)
    with pytest.raises(NoAgreementError):
        async with transaction(sessions, EXCHANGE) as session:
            await deed(session, standing, step)


async def test_help_begins_with_a_day_and_food_only_after_asking(
    sessions: Sessions, standing: Standing
) -> None:
    with pytest.raises(BadFormError, match="allergies"):
        async with transaction(sessions, EXCHANGE) as session:
            await claims.start_help(session, standing.matches["accepted"], actor=standing.tom)
    assert await stand(sessions, standing, "accepted") == (
        MatchState.ACCEPTED,
        NeedState.PLANNED,
    )
    async with transaction(sessions, EXCHANGE) as session:
        await start(session, standing, "accepted")
    async with transaction(sessions, EXCHANGE) as session:
        noted = await outcome_of(session, standing, "accepted")
        assert noted.diet_confirmed_at is not None
        assert noted.started_on is not None
        assert noted.started_on == noted.first_contact_on
    assert await stand(sessions, standing, "accepted") == (MatchState.UNDER_WAY, NeedState.MET)


async def test_a_mistaken_tap_is_taken_back(sessions: Sessions, standing: Standing) -> None:
    accepted, helped = standing.matches["accepted"], standing.matches["helped"]
    async with transaction(sessions, EXCHANGE) as session:
        await contact(session, standing, "accepted")
        await outcomes.note_contact(session, accepted, is_made=False, actor=standing.tom)
        for change in (1, 1, -1):
            await outcomes.note_attended(session, helped, change=change, actor=standing.tom)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await outcome_of(session, standing, "accepted")).first_contact_on is None
        assert (await outcome_of(session, standing, "helped")).times_attended == 1
        for _ in range(2):
            await outcomes.note_attended(session, helped, change=-1, actor=standing.tom)
    async with transaction(sessions, EXCHANGE) as session:
        assert (await outcome_of(session, standing, "helped")).times_attended == 0


@pytest.mark.parametrize(
    ("how", "match_state", "need_state"),
    [
        ("finished", MatchState.COMPLETED, NeedState.CLOSED),
        ("no_more", MatchState.ENDED_EARLY, NeedState.CLOSED),
        ("still_needed", MatchState.ENDED_EARLY, NeedState.PUBLISHED),
    ],
)
async def test_an_end_says_how_and_whether_it_helped(
    how: str, match_state: str, need_state: str, sessions: Sessions, standing: Standing
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        session.add(
            Introduction(
                match_id=standing.matches["helped"],
                introduced_on=(await outcome_of(session, standing, "helped")).started_on,
                diet="no nuts",
            )
        )
        await session.flush()
        await outcomes.end_help(
            session, standing.matches["helped"], how=how, helped="partly", actor=standing.tom
        )
    assert await stand(sessions, standing, "helped") == (match_state, need_state)
    async with transaction(sessions, EXCHANGE) as session:
        noted = await outcome_of(session, standing, "helped")
        assert (noted.helped, noted.ended_on is not None) == ("partly", True)
        assert await session.get(Introduction, standing.matches["helped"]) is None
        seen = await session.scalars(
            readable_matches(standing.tom).where(Match.id == standing.matches["helped"])
        )
        assert seen.all() == []
        assert (await session.get_one(Intake, standing.intake_id)).used == 0


async def test_an_end_asks_both_questions(sessions: Sessions, standing: Standing) -> None:
    with pytest.raises(BadFormError) as refused:
        async with transaction(sessions, EXCHANGE) as session:
            await outcomes.end_help(
                session, standing.matches["helped"], how="", helped="a lot", actor=standing.tom
            )
    assert set(refused.value.faults) == {"how", "helped"}


@pytest.mark.parametrize(
    ("step", "deed", "state"),
    [
        ("accepted", hand_back, MatchState.PROVIDER_DECLINED),
        ("helped", hand_back, MatchState.ENDED_EARLY),
        ("accepted", never_start, MatchState.NOT_STARTED),
    ],
)
async def test_the_need_goes_on_and_never_back_to_the_same_place(
    step: str, deed: Deed, state: str, sessions: Sessions, standing: Standing
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await deed(session, standing, step)
    assert await stand(sessions, standing, step) == (state, NeedState.PUBLISHED)
    async with transaction(sessions, EXCHANGE) as session:
        match = await session.get_one(Match, standing.matches[step])
        assert (match.need_id, match.intake_id) in await refused_pairs(session)
        calls = (await session.scalars(select(Call.reason))).all()
        assert calls == (["handed_back"] if deed is hand_back else [])
        codes = await session.scalars(
            select(Event.code).where(Event.subject_id == match.id, Event.target == state)
        )
        assert codes.all() == ["handed_back" if deed is hand_back else "not_started"]


async def test_a_promised_family_is_handed_back_and_not_declined(
    sessions: Sessions, standing: Standing
) -> None:
    with pytest.raises(NotFoundError):
        async with transaction(sessions, EXCHANGE) as session:
            await claims.decline_match(
                session, standing.matches["accepted"], code="full", actor=standing.tom
            )


EFFECTS = {
    "full": True,
    "not_running": True,
    "too_far": False,
    "needs_more": False,
    "wrong_age": False,
    "no_language": False,
    "other": False,
}


@pytest.mark.parametrize(("code", "pauses"), EFFECTS.items())
async def test_each_reason_does_what_it_says(
    code: str, pauses: object, sessions: Sessions, standing: Standing
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await claims.decline_match(
            session, standing.matches["asked"], code=code, actor=standing.tom
        )
    assert (await stand(sessions, standing, "asked"))[1] == NeedState.PUBLISHED
    async with transaction(sessions, EXCHANGE) as session:
        match = await session.get_one(Match, standing.matches["asked"])
        assert (match.need_id, match.intake_id) in await refused_pairs(session)
        intake = await session.get_one(Intake, standing.intake_id)
        assert (intake.paused_at is not None) == pauses


def test_the_reasons_fit_a_telephone() -> None:
    offered = {reason.code for reason in claims.reasons_of("provider")}
    assert offered == set(EFFECTS)
    assert len(offered) <= 7
