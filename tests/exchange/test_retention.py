"""What has had its day is forgotten by the printed table; a legal hold keeps it."""

import datetime as dt

import pytest
from families_at_hand import add_commissioner, add_family, add_intake, add_match, add_plan
from families_at_hand import council_actor as actor_of
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.volunteers.asks import load_rules
from marketplace.db import models
from marketplace.db.families import Contact
from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.defaults import defaults
from marketplace.services.offers.offers import offer_where_ready
from marketplace.services.providers import joining
from marketplace.services.rights import legal_holds
from marketplace.services.rights.retention import STEPS, forget_by_schedule, schedule
from marketplace.states import MatchState

DECLINED = MatchState.FAMILY_DECLINED


def test_every_rule_with_days_is_done_and_no_other() -> None:
    assert {name for name, rule in schedule().items() if rule.days is not None} == set(STEPS)


def test_every_table_has_its_line() -> None:
    told = {table for rule in schedule().values() for table in rule.tables}
    assert told == set(models.Family.metadata.tables)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("ask_ended", defaults()["asking"]["kept_after_end_days"]),
        ("join_request", joining.KEPT_AFTER_A_NO_DAYS),
        ("volunteer", load_rules().retention_days),
    ],
)
def test_what_others_delete_is_printed_as_it_is(rule: str, days: int) -> None:
    assert f"{days} days after" in schedule()[rule].from_when


@pytest.mark.parametrize(
    ("days", "state", "held", "contacts", "is_cut"),
    [
        (29, DECLINED, False, 1, False),
        (31, DECLINED, False, 0, False),
        (61, DECLINED, False, 0, True),
        (400, DECLINED, True, 1, False),
        (400, MatchState.UNDER_WAY, False, 1, False),
        (400, MatchState.ON_HOLD, False, 1, False),
    ],
)
async def test_contacts_and_links_have_their_day(
    session: AsyncSession,
    days: int,
    state: MatchState,
    *,
    held: bool,
    contacts: int,
    is_cut: bool,
) -> None:
    council = await add_commissioner(session)
    plan, family = await add_plan(session, council), await add_family(session, council)
    intake = await add_intake(session)
    intake.held = 1
    await add_match(session, plan, family, intake, state=MatchState.AWAITING_FAMILY, approved=True)
    await offer_where_ready(session, [family.id])
    since = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    await session.execute(update(Match).values(state=state, waits_since=since))
    if held:
        await legal_holds.hold(session, family.id, reason="A court asked", actor=actor_of(council))
    before = (await session.scalars(select(Offer.token_hash))).one()
    await forget_by_schedule(session)
    after = (await session.scalars(select(Offer.token_hash))).one()
    assert (after != before) is is_cut
    assert await session.scalar(select(func.count()).select_from(Contact)) == contacts
