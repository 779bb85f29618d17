"""Each rule that holds a need back has a name, and holds nothing else."""

import datetime as dt
from typing import Any

import pytest
from families_at_hand import (
    TODAY,
    add_commissioner,
    add_family,
    add_intake,
    add_match,
    add_plan,
)
from needs_at_hand import add_need
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.db.families import Contact, Family, Need, StopEntry
from marketplace.db.people import Commissioner
from marketplace.services.needs.held_back import RULES, find_held_back
from marketplace.states import MatchState, NeedState
from marketplace.web.words import UNMET

NOW = dt.datetime.now(dt.UTC)


async def rules(session: AsyncSession, commissioner: Commissioner) -> set[str]:
    await session.flush()
    found = await session.scalars(
        select(Need)
        .options(joinedload(Need.family).joinedload(Family.contact))
        .where(Need.state == NeedState.PUBLISHED)
        .execution_options(populate_existing=True)
    )
    needs = found.all()
    assert needs
    held = await find_held_back(session, needs, commissioner_id=commissioner.id, today=TODAY)
    return set(held.values())


@pytest.mark.parametrize(
    ("about_family", "rule"),
    [
        ({}, None),
        ({"stopped_at": NOW}, "opted_out"),
        ({"contact_wrong_at": NOW}, "contact_wrong"),
        ({"parked_until": TODAY + dt.timedelta(days=1)}, "parked"),
        ({"parked_until": TODAY}, None),
    ],
)
async def test_what_a_family_said(
    session: AsyncSession, about_family: dict[str, Any], rule: str | None
) -> None:
    commissioner = await add_commissioner(session)
    family = await add_family(session, commissioner)
    await add_need(session, family)
    for name, value in about_family.items():
        setattr(family, name, value)
    assert await rules(session, commissioner) == ({rule} if rule else set())


@pytest.mark.parametrize(
    ("contact", "rule"),
    [
        ({"safe_to_contact": "no"}, "not_safe"),
        ({"safe_to_contact": "unknown"}, "not_safe"),
        ({"safe_checked_on": TODAY - dt.timedelta(days=31)}, "not_safe"),
        ({"safe_checked_on": TODAY - dt.timedelta(days=30)}, None),
    ],
)
async def test_where_it_is_not_safe(
    session: AsyncSession, contact: dict[str, Any], rule: str | None
) -> None:
    commissioner = await add_commissioner(session)
    await add_need(session, await add_family(session, commissioner, contact=contact))
    assert await rules(session, commissioner) == ({rule} if rule else set())


async def test_who_has_no_contact_yet_is_planned(session: AsyncSession) -> None:
    commissioner = await add_commissioner(session)
    family = await add_family(session, commissioner)
    await session.delete(await session.get_one(Contact, family.id))
    await add_need(session, family)
    assert await rules(session, commissioner) == set()


@pytest.mark.parametrize(("lifted", "rule"), [(None, {"stop_list"}), (NOW, set())])
async def test_the_stop_list_comes_first(
    session: AsyncSession, lifted: dt.datetime | None, rule: set[str]
) -> None:
    commissioner = await add_commissioner(session)
    family = await add_family(session, commissioner)
    await add_need(session, family)
    ref = family.ref.upper()
    session.add(
        StopEntry(
            commissioner_id=commissioner.id, family_ref=ref, reason="objected", lifted_at=lifted
        )
    )
    assert await rules(session, commissioner) == rule
    family.stopped_at = NOW
    assert await rules(session, commissioner) == (rule or {"opted_out"})


@pytest.mark.parametrize(
    ("code", "worker", "rule"),
    [
        ("mental-health", None, {"no_named_worker"}),
        ("mental-health", "Sam Example", set()),
        ("parenting", None, set()),
    ],
)
async def test_what_is_sensitive_waits_for_a_named_worker(
    session: AsyncSession, code: str, worker: str | None, rule: set[str]
) -> None:
    commissioner = await add_commissioner(session)
    family = await add_family(session, commissioner)
    family.named_worker = worker
    await add_need(session, family, code=code)
    assert await rules(session, commissioner) == rule


@pytest.mark.parametrize(
    ("state", "rule"),
    [
        (MatchState.ACCEPTED, {"already_helped"}),
        (MatchState.UNDER_WAY, {"already_helped"}),
        (MatchState.FAMILY_DECLINED, set()),
    ],
)
async def test_who_is_helped_with_it_is_not_helped_twice(
    session: AsyncSession, state: MatchState, rule: set[str]
) -> None:
    commissioner = await add_commissioner(session)
    plan, intake = await add_plan(session, commissioner), await add_intake(session)
    family = await add_family(session, commissioner)
    match = await add_match(session, plan, family, intake, state=state)
    (await session.get_one(Need, match.need_id)).state = NeedState.PUBLISHED
    # Another need of the same family may still be planned.
    await add_need(session, family)
    assert await rules(session, commissioner) == rule


def test_every_rule_has_words() -> None:
    assert set(RULES) <= set(UNMET)
