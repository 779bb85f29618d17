"""A file of needs: what it adds, changes, leaves alone and brings back."""

from decimal import Decimal

import pytest
from families_at_hand import (
    LAW,
    add_commissioner,
    add_family,
    add_intake,
    add_match,
    add_plan,
    council_actor,
)
from needs_at_hand import add_postcode, row
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.families import Family, Need, NeedFile
from marketplace.db.people import LegalBasis
from marketplace.errors import BadFormError, NoLawError
from marketplace.services.matches.transitions import move_needs
from marketplace.services.needs.legal_basis import Law, write_law
from marketplace.services.needs.needs import Published, preview_needs, publish_needs
from marketplace.states import MatchState, NeedState


@pytest.fixture
async def amina(session: AsyncSession) -> Actor:
    await add_postcode(session)
    return council_actor(await add_commissioner(session))


async def the_need(session: AsyncSession) -> Need:
    return (await session.scalars(select(Need))).one()


async def test_nothing_is_published_before_the_law_is_written(
    session: AsyncSession, amina: Actor
) -> None:
    await session.execute(delete(LegalBasis))
    session.expire_all()
    with pytest.raises(NoLawError) as refused:
        await publish_needs(session, [row()], actor=amina)
    assert refused.value.way_out == ("/commissioner/law", "The law we act under")
    assert await session.scalar(select(func.count()).select_from(Need)) == 0


async def test_half_a_legal_basis_is_none(session: AsyncSession, amina: Actor) -> None:
    await session.execute(delete(LegalBasis))
    half = Law(**{**LAW.__dict__, "complaint_route": ""})
    with pytest.raises(BadFormError) as refused:
        await write_law(session, half, actor=amina)
    assert set(refused.value.faults) == {"complaint_route"}
    assert await session.scalar(select(func.count()).select_from(LegalBasis)) == 0


async def test_what_is_told_before_is_what_is_stored(session: AsyncSession, amina: Actor) -> None:
    await publish_needs(session, [row(), row(family_ref="F-2")], actor=amina)
    again = [
        row(level=3, likelihood=Decimal("0.400")),
        row(family_ref="F-2"),
        row(family_ref="F-3"),
    ]
    found, told = await preview_needs(session, again, actor=amina)
    assert told == Published(added=1, changed=1, unchanged=1, kept=0)
    assert [(one.row.family_ref, one.need) for one in found.changed] == [("F-1", {"level": (2, 3)})]
    assert await session.scalar(select(func.count()).select_from(Need)) == 2, "it was only told"
    assert await publish_needs(session, again, actor=amina) == told
    assert await publish_needs(session, again, actor=amina) == Published(0, 0, 3, 0)


async def test_a_change_of_the_family_is_told_once(session: AsyncSession, amina: Actor) -> None:
    both = [row(), row(need="parenting")]
    await publish_needs(session, both, actor=amina)
    moved = [row(transport=("car",)), row(need="parenting", transport=("car",))]
    found, told = await preview_needs(session, moved, actor=amina)
    assert [one.family for one in found.changed] == [{"transport": (["bus"], ["car"])}]
    assert told == Published(added=0, changed=1, unchanged=1, kept=0)


async def test_what_people_act_on_is_not_overwritten(session: AsyncSession, amina: Actor) -> None:
    await publish_needs(session, [row()], actor=amina)
    need = await the_need(session)
    await move_needs(session, [need.id], to=NeedState.PLANNED, actor=amina)
    told = await publish_needs(session, [row(level=3)], actor=amina)
    assert told == Published(added=0, changed=0, unchanged=0, kept=1)
    assert (await the_need(session)).level == 2


async def test_sent_again_is_how_a_withdrawn_need_comes_back(
    session: AsyncSession, amina: Actor
) -> None:
    await publish_needs(session, [row()], actor=amina)
    need = await the_need(session)
    await move_needs(session, [need.id], to=NeedState.WITHDRAWN, actor=amina)
    assert (await publish_needs(session, [row()], actor=amina)).changed == 1
    assert (await the_need(session)).state == NeedState.PUBLISHED


async def test_no_file_brings_back_a_family_that_told_us_to_stop(
    session: AsyncSession, amina: Actor
) -> None:
    await publish_needs(session, [row()], actor=amina)
    need = await the_need(session)
    await move_needs(session, [need.id], to=NeedState.WITHDRAWN, actor=amina, code="stop")
    family = await session.get_one(Family, need.family_id)
    family.stopped_at = need.published_at
    await session.flush()
    assert (await publish_needs(session, [row(level=3)], actor=amina)).kept == 1
    assert (await the_need(session)).state == NeedState.WITHDRAWN


async def test_a_worker_is_named_in_any_row_and_kept_where_left_blank(
    session: AsyncSession, amina: Actor
) -> None:
    rows = [row(need="mental-health", named_worker="Sam Example"), row()]
    await publish_needs(session, rows, actor=amina)
    assert (await session.scalars(select(Family))).one().named_worker == "Sam Example"
    assert (await publish_needs(session, [row()], actor=amina)).changed == 0
    assert (await session.scalars(select(Family))).one().named_worker == "Sam Example"


async def test_a_need_knows_the_file_that_brought_or_changed_it(
    session: AsyncSession, amina: Actor
) -> None:
    await publish_needs(session, [row(), row(need="parenting")], actor=amina, name="first.csv")
    changes = [row(level=3), row(need="parenting")]
    await publish_needs(session, changes, actor=amina, name="second.csv")
    named = select(Need.code, NeedFile.name).join(NeedFile, NeedFile.id == Need.file_id)
    assert dict((await session.execute(named)).all()) == {
        "meals": "second.csv",
        "parenting": "first.csv",
    }


async def test_another_councils_family_of_the_same_name_is_another(
    session: AsyncSession, amina: Actor
) -> None:
    await publish_needs(session, [row()], actor=amina)
    other = council_actor(await add_commissioner(session, "Other Council"))
    assert (await publish_needs(session, [row(level=3)], actor=other)).added == 1
    levels = (await session.scalars(select(Need.level).order_by(Need.level))).all()
    assert levels == [2, 3]


async def test_a_match_keeps_its_need(session: AsyncSession) -> None:
    """Said again for help that has been accepted: the file leaves it alone."""
    await add_postcode(session)
    commissioner = await add_commissioner(session)
    plan, intake = await add_plan(session, commissioner), await add_intake(session)
    family = await add_family(session, commissioner)
    await add_match(session, plan, family, intake, state=MatchState.ACCEPTED)
    given = row(family_ref=family.ref, level=3)
    told = await publish_needs(session, [given], actor=council_actor(commissioner))
    assert told.kept == 1
