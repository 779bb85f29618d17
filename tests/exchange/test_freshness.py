"""Who is asked whether a listing is true, when, and what a press on the button does."""

import datetime as dt
import uuid

import pytest
from families_at_hand import add_commissioner, add_intake
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from directory.visibility import is_listed
from marketplace.db.history import Event
from marketplace.db.listings import ListingCheck
from marketplace.db.offers import Message
from marketplace.db.people import User
from marketplace.errors import NotFoundError
from marketplace.messages.compose import Mail
from marketplace.services.sending import deliveries
from marketplace.services.sending.outbox import CONFIRM_LISTING, LISTINGS_HIDDEN, Refusal
from marketplace.services.upkeep import freshness
from marketplace.settings import settings_of
from marketplace.tokens import derive_token

pytestmark = pytest.mark.database


async def add_provider(session: AsyncSession, *, silent_months: int) -> Provider:
    intake = await add_intake(session)
    await session.refresh(intake, ["service"])
    await session.refresh(intake.service, ["provider"])
    provider = intake.service.provider
    months = func.make_interval(0, silent_months, 0, 1)
    await session.execute(
        update(Provider).where(Provider.id == provider.id).values(confirmed_at=func.now() - months)
    )
    await session.refresh(provider, ["confirmed_at"])
    return provider


async def messages(session: AsyncSession, event: str) -> list[uuid.UUID]:
    return list(await session.scalars(select(Message.subject_id).where(Message.event == event)))


async def link_of(session: AsyncSession, provider: Provider) -> str:
    check = await session.scalar(
        select(ListingCheck).where(ListingCheck.provider_id == provider.id)
    )
    assert check is not None
    keys = settings_of(session).secret_keys
    return derive_token(keys, freshness.LINK, check.id, made_with=check.key_id)


@pytest.mark.parametrize(
    ("silent_months", "asked_for"), [(5, []), (6, [6]), (8, [6]), (9, [9]), (11, [11]), (13, [12])]
)
async def test_a_step_is_asked_once_and_only_the_last_one_passed(
    session: AsyncSession, silent_months: int, asked_for: list[int]
) -> None:
    await add_provider(session, silent_months=silent_months)
    for _ in range(2):
        await freshness.ask_who_is_silent(session)
    assert list(await session.scalars(select(ListingCheck.months))) == asked_for
    assert len(await messages(session, CONFIRM_LISTING)) == len(asked_for)


async def test_a_press_is_believed_and_a_repeat_told_the_same(session: AsyncSession) -> None:
    provider = await add_provider(session, silent_months=13)
    assert not await session.scalar(select(func.count()).select_from(Provider).where(is_listed()))
    await freshness.ask_who_is_silent(session)
    token = await link_of(session, provider)
    first = await freshness.confirm_listing(session, token)
    assert await session.scalar(select(func.count()).select_from(Provider).where(is_listed()))
    again = await freshness.confirm_listing(session, token)
    assert first.answered_at == again.answered_at
    deeds = select(Event.actor_kind).where(Event.target == "listing_confirmed")
    assert list(await session.scalars(deeds)) == ["provider"]


async def test_a_link_ends(session: AsyncSession) -> None:
    provider = await add_provider(session, silent_months=7)
    await freshness.ask_who_is_silent(session)
    token = await link_of(session, provider)
    late = func.now() - dt.timedelta(days=freshness.LINK_DAYS)
    await session.execute(update(ListingCheck).values(asked_at=late))
    with pytest.raises(NotFoundError):
        await freshness.confirm_listing(session, token)


@pytest.mark.parametrize("change", ["paused_at", "merged_into_id", "approved_at"])
async def test_whoever_is_not_shown_is_not_asked(session: AsyncSession, change: str) -> None:
    provider = await add_provider(session, silent_months=7)
    other = await add_provider(session, silent_months=0)
    values = {"paused_at": func.now(), "merged_into_id": other.id, "approved_at": None}
    await session.execute(
        update(Provider).where(Provider.id == provider.id).values({change: values[change]})
    )
    assert await freshness.ask_who_is_silent(session) == 0


async def test_the_commissioner_is_told_when_a_listing_is_hidden(session: AsyncSession) -> None:
    council = await add_commissioner(session)
    amina = User(
        email="amina@example.org", name="A", role="commissioner", commissioner_id=council.id
    )
    session.add(amina)
    await session.flush()
    await add_provider(session, silent_months=13)
    await freshness.ask_who_is_silent(session)
    assert await messages(session, LISTINGS_HIDDEN) == [amina.id]
    message = await session.scalar(select(Message).where(Message.event == LISTINGS_HIDDEN))
    assert message is not None
    mail = await deliveries.compose_now(session, message)
    assert isinstance(mail, Mail)
    assert mail.subject == "1 listing is hidden"


async def mail_or_refusal(session: AsyncSession) -> Mail | Refusal:
    message = await session.scalar(select(Message).where(Message.event == CONFIRM_LISTING))
    assert message is not None
    return await deliveries.compose_now(session, message)


async def test_the_mail_carries_the_link_and_stops_with_all_messages(
    session: AsyncSession,
) -> None:
    council = await add_commissioner(session)
    provider = await add_provider(session, silent_months=7)
    await freshness.ask_who_is_silent(session)
    mail = await mail_or_refusal(session)
    assert isinstance(mail, Mail)
    assert f"/confirm/{await link_of(session, provider)}" in mail.text
    council.messages_stopped_at = dt.datetime.now(dt.UTC)
    await session.flush()
    refused = await mail_or_refusal(session)
    assert isinstance(refused, Refusal)
    assert refused.state == "stopped"


async def test_nothing_is_asked_of_whoever_confirmed_meanwhile(session: AsyncSession) -> None:
    provider = await add_provider(session, silent_months=7)
    await freshness.ask_who_is_silent(session)
    await session.execute(
        update(Provider).where(Provider.id == provider.id).values(confirmed_at=func.now())
    )
    session.expire_all()
    assert isinstance(await mail_or_refusal(session), Refusal)
