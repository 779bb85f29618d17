"""Two listings of one provider: found, merged without losing anything, and parted again."""

import datetime as dt
import uuid

import pytest
from families_at_hand import add_commissioner, add_intake, council_actor
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider, Service
from directory.visibility import is_listed
from marketplace.access import Actor
from marketplace.db.people import User
from marketplace.errors import NotFoundError
from marketplace.services.upkeep import merging

pytestmark = pytest.mark.database


async def add_provider(session: AsyncSession, name: str, **given: object) -> Provider:
    provider = Provider(
        **{
            "ref": uuid.uuid4().hex[:8],
            "name": name,
            "kind": "charity",
            "approved_at": dt.datetime.now(dt.UTC),
            **given,
        }
    )
    session.add(provider)
    await session.flush()
    return provider


async def pairs(session: AsyncSession) -> list[list[str]]:
    found = await merging.find_doubles(session)
    return [sorted(row.why) for row in found]


async def actor(session: AsyncSession) -> Actor:
    return council_actor(await add_commissioner(session))


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ({"charity_number": "1123456"}, {"charity_number": "1123456"}, [["charity"]]),
        ({"contact_email": "a@example.org"}, {"contact_email": "A@example.org"}, [["email"]]),
        ({"contact_phone": "+441473000000"}, {"contact_phone": "+441473000000"}, [["phone"]]),
        ({"name": "The Riverside Larder"}, {"name": "Riverside Larder, The"}, [["name"]]),
        ({"charity_number": "1123456"}, {"charity_number": "1123457"}, []),
        ({"name": "Ipswich Stars"}, {"name": "Ipswich Parents"}, []),
    ],
)
async def test_what_looks_alike(
    session: AsyncSession, one: dict[str, str], other: dict[str, str], why: list[list[str]]
) -> None:
    await add_provider(session, **{"name": "Marigold Trust", **one})
    await add_provider(session, **{"name": "Bright Harbour", **other})
    assert await pairs(session) == why


async def test_volunteers_with_one_telephone_are_two_people(session: AsyncSession) -> None:
    host = await add_provider(session, "Lantern Hosts")
    volunteer = {"kind": "volunteer", "hosted_by_id": host.id, "contact_phone": "+447700900111"}
    for name in ("Grace Example", "George Example"):
        await add_provider(session, name, **volunteer)
    assert await pairs(session) == []


async def test_what_was_told_apart_is_not_shown_again(session: AsyncSession) -> None:
    one = await add_provider(session, "Marigold Trust")
    other = await add_provider(session, "Marigold Trust")
    assert len(await pairs(session)) == 1
    await merging.tell_apart(session, other.id, one.id, actor=await actor(session))
    assert await pairs(session) == []


async def test_merged_all_of_it_is_the_one_that_stays_and_parted_it_goes_back(
    session: AsyncSession,
) -> None:
    amina = await actor(session)
    keep = await add_provider(session, "Marigold Trust")
    drop = await add_provider(session, "Marigold Trust", website="https://marigold.example.org")
    mine, moved = await add_intake(session), await add_intake(session)
    for intake, owner in ((mine, keep), (moved, drop)):
        await session.execute(
            update(Service).where(Service.id == intake.service_id).values(provider_id=owner.id)
        )
    tom = User(
        email="tom@example.org",
        name="Tom",
        role="provider",
        provider_role="editor",
        provider_id=drop.id,
    )
    session.add(tom)
    await session.flush()
    grace = await add_provider(session, "Grace", kind="volunteer", hosted_by_id=drop.id)

    await merging.merge_providers(session, keep_id=keep.id, drop_id=drop.id, actor=amina)
    assert await owners(session, moved.service_id, tom, grace) == {keep.id}
    assert await session.scalar(select(Provider.website).where(Provider.id == keep.id))
    refs = await session.scalars(select(Service.ref).where(Service.provider_id == keep.id))
    assert set(refs) == {"S1", f"{drop.ref}:S1"}
    listed = set(await session.scalars(select(Provider.id).where(is_listed())))
    assert keep.id in listed
    assert drop.id not in listed

    await merging.part_providers(session, drop_id=drop.id, actor=amina)
    assert await owners(session, moved.service_id, tom, grace) == {drop.id}
    assert await owners(session, mine.service_id) == {keep.id}
    assert await session.scalar(select(Provider.website).where(Provider.id == keep.id)) is None
    assert drop.id in set(await session.scalars(select(Provider.id).where(is_listed())))


async def owners(
    session: AsyncSession, service_id: uuid.UUID, *others: User | Provider
) -> set[uuid.UUID | None]:
    found = {await session.scalar(select(Service.provider_id).where(Service.id == service_id))}
    for one in others:
        column = User.provider_id if isinstance(one, User) else Provider.hosted_by_id
        found.add(await session.scalar(select(column).where(type(one).id == one.id)))
    return found


async def test_a_merge_is_not_made_twice_nor_with_itself_nor_undone_where_there_is_none(
    session: AsyncSession,
) -> None:
    amina = await actor(session)
    keep, drop = await add_provider(session, "One"), await add_provider(session, "Two")
    with pytest.raises(NotFoundError):
        await merging.part_providers(session, drop_id=drop.id, actor=amina)
    with pytest.raises(NotFoundError):
        await merging.merge_providers(session, keep_id=keep.id, drop_id=keep.id, actor=amina)
    await merging.merge_providers(session, keep_id=keep.id, drop_id=drop.id, actor=amina)
    for keep_id, drop_id in ((keep.id, drop.id), (drop.id, keep.id)):
        with pytest.raises(NotFoundError):
            await merging.merge_providers(session, keep_id=keep_id, drop_id=drop_id, actor=amina)
