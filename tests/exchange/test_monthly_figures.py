"""Figures count families forward, by month, and never a few."""

import datetime as dt

from families_at_hand import add_commissioner, add_intake, add_match, add_plan, council_actor
from history_at_hand import FORWARD, NOON, add_helped, add_steps
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.families import Family
from marketplace.services.figures.monthly_figures import (
    BY,
    count_by_kind,
    count_by_month,
    days_between,
)
from marketplace.services.figures.months import Month
from marketplace.states import MatchState as S

MARCH, APRIL = Month(2026, 3), Month(2026, 4)


async def test_each_step_is_counted_in_its_month(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    # From 30 March, London time: offered and claimed in March, the rest in April.
    begin = dt.datetime(2026, 3, 30, 12, tzinfo=dt.UTC)
    await add_helped(session, council, 6, states=FORWARD, begin=begin)
    found = await count_by_month(session, last=APRIL, actor=council_actor(council))
    assert list(found)[:2] == [APRIL, MARCH]
    assert len(found) == 12
    assert list(found[MARCH].values()) == [6, 6, None, None, None]
    assert list(found[APRIL].values()) == [None, None, 6, 6, 6]


async def test_midnight_is_londons(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    begin = dt.datetime(2026, 4, 30, 23, 30, tzinfo=dt.UTC)  # already May there
    await add_helped(session, council, 5, states=FORWARD[:2], begin=begin)
    found = await count_by_month(session, last=Month(2026, 5), actor=council_actor(council))
    assert found[Month(2026, 5)]["offered"] == 5
    assert found[APRIL]["offered"] is None


async def test_a_standing_yes_is_offered_and_claimed_at_once(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    await add_helped(session, council, 5, states=(S.AGREED, S.AWAITING_FAMILY))
    whole, _ = await count_by_kind(session, month=MARCH, by="area", actor=council_actor(council))
    assert whole.counts["offered"] == whole.counts["claimed"] == 5


async def test_what_comes_back_from_a_hold_is_no_new_step(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    for match in await add_helped(session, council, 5):
        later = dt.datetime(2026, 4, 10, tzinfo=dt.UTC)
        await add_steps(session, match, (S.UNDER_WAY, S.ON_HOLD, S.UNDER_WAY), begin=later)
    found = await count_by_month(session, last=APRIL, actor=council_actor(council))
    assert (found[MARCH]["started"], found[APRIL]["started"]) == (5, None)


async def test_a_yes_that_was_taken_back_is_none(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    for match in await add_helped(session, council, 6, states=FORWARD[:4]):
        back = (S.ACCEPTED, S.AWAITING_FAMILY)
        await add_steps(session, match, back, begin=NOON + dt.timedelta(days=3))
    whole, _ = await count_by_kind(session, month=MARCH, by="area", actor=council_actor(council))
    assert (whole.counts["claimed"], whole.counts["accepted"]) == (6, None)


async def test_families_are_counted_and_not_their_needs(session: AsyncSession) -> None:
    """Five needs of two families would point at two families."""
    council = await add_commissioner(session)
    matches = await add_helped(session, council, 4)
    plan, intake = await add_plan(session, council, number=9), await add_intake(session)
    family = await session.get_one(Family, matches[0].family_id)
    second = await add_match(session, plan, family, intake, code="parenting")
    await add_steps(session, second, FORWARD[:5])
    whole, _ = await count_by_kind(session, month=MARCH, by="area", actor=council_actor(council))
    assert set(whole.counts.values()) == {None}


async def test_a_small_area_takes_a_second_one_with_it(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    for outward, count in (("IP1", 9), ("IP14", 3), ("IP333", 20)):
        await add_helped(session, council, count, outward=outward, price_pence=1000)
    whole, by = await count_by_kind(session, month=MARCH, by="area", actor=council_actor(council))
    assert (whole.counts["started"], whole.pence["spent"]) == (32, 32_000)
    assert [(one.name, one.counts["started"], one.pence["spent"]) for one in by] == [
        ("IP1", 9, 9_000),
        ("IP14", None, None),
        ("IP333", None, None),
    ]


async def test_the_three_lines_are_of_help_that_started(session: AsyncSession) -> None:
    """Each: 0.4 likely × £5,000 × 0.2 effect is £400, a tenth of it cashable."""
    council = await add_commissioner(session)
    await add_helped(session, council, 5, price_pence=2_500)
    await add_helped(session, council, 7, states=FORWARD[:4], price_pence=9_900)
    whole, _ = await count_by_kind(session, month=MARCH, by="area", actor=council_actor(council))
    assert whole.pence == {"spent": 12_500, "cashable": 20_000, "capacity": 180_000}


async def test_by_age_language_need_and_level(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    await add_helped(session, council, 5)
    names = {}
    for kind in BY:
        _, lines = await count_by_kind(session, month=MARCH, by=kind, actor=council_actor(council))
        names[kind] = [line.name for line in lines]
    assert names == {
        "area": ["IP1"],
        "need": ["meals"],
        "age": ["5 to 10"],
        "language": ["en"],
        "level": ["2"],
    }


async def test_medians_of_days(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    await add_helped(session, council, 5, states=FORWARD)
    days = await days_between(session, month=MARCH, actor=council_actor(council))
    assert days == {"claimed": 1, "accepted": 1, "started": 1, "completed": 1}


async def test_no_median_of_four(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    await add_helped(session, council, 4, states=FORWARD)
    days = await days_between(session, month=MARCH, actor=council_actor(council))
    assert set(days.values()) == {None}


async def test_another_councils_families_are_not_counted(session: AsyncSession) -> None:
    council, other = await add_commissioner(session), await add_commissioner(session, "Other")
    await add_helped(session, council, 8)
    whole, by = await count_by_kind(session, month=MARCH, by="area", actor=council_actor(other))
    assert set(whole.counts.values()) == {None}
    assert by == []
