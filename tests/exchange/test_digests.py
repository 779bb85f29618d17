"""One mail a day to whom somebody waits for, and a link that opens nothing else."""

import datetime as dt

import pytest
from families_at_hand import agree
from provider_people import Standing, families_at_each_step, states_of
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from marketplace.db.acting import EXCHANGE
from marketplace.db.digests import Digest
from marketplace.db.offers import Message
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match
from marketplace.db.session import Sessions, transaction
from marketplace.errors import BadFormError, NotFoundError
from marketplace.messages.compose import Mail
from marketplace.services.figures.figures import recount_places
from marketplace.services.matches import claims
from marketplace.services.providers import agreements, providers
from marketplace.services.sending import controls, digests
from marketplace.services.sending.deliveries import compose_now
from marketplace.services.sending.outbox import PROVIDER_WAITING, Refusal
from marketplace.states import MatchState
from marketplace.tokens import derive_token


@pytest.fixture
async def standing(sessions: Sessions) -> Standing:
    return await families_at_each_step(sessions)


async def now_of(session: AsyncSession) -> dt.datetime:
    return (await session.execute(select(func.now()))).scalar_one()


async def make(sessions: Sessions, *, days_later: int = 0) -> int:
    async with transaction(sessions, EXCHANGE) as session:
        later = dt.timedelta(days=days_later)
        return await digests.make_digests(session, now=await now_of(session) + later)


async def mailed(session: AsyncSession) -> Mail | Refusal:
    queued = await session.scalars(select(Message).where(Message.event == PROVIDER_WAITING))
    return await compose_now(session, queued.one())


async def token_of(session: AsyncSession) -> str:
    digest = (await session.scalars(select(Digest))).one()
    keys = session.info["settings"].secret_keys
    return derive_token(keys, digests.LINK, digest.id, made_with=digest.key_id)


async def behind(session: AsyncSession, token: str) -> set[object]:
    digest = await digests.find_digest(session, token)
    found = await session.scalars(digests.waiting_behind(digest))
    return {match.id for match in found}


@pytest.mark.parametrize(("hour", "sent"), [(3, 0), (7, 1), (11, 1), (14, 0)])
def test_it_is_written_in_the_morning(hour: int, sent: int) -> None:
    assert digests.is_morning(dt.datetime(2026, 1, 12, hour, 17, tzinfo=dt.UTC)) == bool(sent)


def test_a_summer_morning_begins_by_the_clock_in_london() -> None:
    assert digests.is_morning(dt.datetime(2026, 7, 12, 6, 17, tzinfo=dt.UTC))
    assert not digests.is_morning(dt.datetime(2026, 7, 12, 11, 17, tzinfo=dt.UTC))


async def test_a_release_alone_mails_no_provider(sessions: Sessions, standing: Standing) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        events = (await session.scalars(select(Message.event))).all()
    assert "provider_waiting" not in events


async def test_one_digest_a_day_says_how_many_and_by_when(
    sessions: Sessions, standing: Standing
) -> None:
    assert [await make(sessions), await make(sessions)] == [1, 0]
    assert await make(sessions, days_later=1) == 1
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Message).values(state="sent", sent_at=func.now()))
        oldest = select(Digest.id).order_by(Digest.day).limit(1).scalar_subquery()
        wanted = select(Message).where(Message.subject_id == oldest)
        mail = await compose_now(session, (await session.scalars(wanted)).one())
    assert isinstance(mail, Mail)
    assert mail.subject == "1 family is waiting for your answer"
    assert "Please answer by" in mail.text
    assert "Kelly" not in mail.text + mail.html


async def test_nothing_is_written_where_nobody_waits(
    sessions: Sessions, standing: Standing
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await claims.claim_match(session, standing.matches["asked"], actor=standing.tom)
    assert await make(sessions) == 0


async def test_what_was_answered_meanwhile_is_not_written_about(
    sessions: Sessions, standing: Standing
) -> None:
    await make(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await claims.claim_match(session, standing.matches["asked"], actor=standing.tom)
        assert await mailed(session) == Refusal("nothing is waiting any more")


async def test_a_digest_of_yesterday_leaves_to_todays(
    sessions: Sessions, standing: Standing
) -> None:
    await make(sessions, days_later=-1)
    async with transaction(sessions, EXCHANGE) as session:
        told = await mailed(session)
    assert isinstance(told, Refusal)
    assert "another day" in told.why


async def test_stopped_messages_stop_the_digest(sessions: Sessions, standing: Standing) -> None:
    await make(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await controls.stop_messages(session, actor=standing.amina)
    async with transaction(sessions, EXCHANGE) as session:
        assert await mailed(session) == Refusal("messages are stopped", state="stopped")
    assert await make(sessions, days_later=1) == 0
    async with transaction(sessions, EXCHANGE) as session:
        stopped = await session.scalar(select(Commissioner.messages_stopped_at))
        assert stopped is not None


async def test_the_link_opens_who_waited_then_and_nobody_else(
    sessions: Sessions, standing: Standing
) -> None:
    await make(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        token = await token_of(session)
        assert await behind(session, token) == {standing.matches["asked"]}
        stored = (await session.scalars(select(Digest))).one()
        assert token.encode() not in stored.token_hash
    async with transaction(sessions, EXCHANGE) as session:
        mail = await mailed(session)
        assert isinstance(mail, Mail)
        assert f"/p/{token}" in mail.text
    async with transaction(sessions, EXCHANGE) as session:
        # As if it had come after the mail had left.
        await session.execute(
            update(Match)
            .where(Match.id == standing.matches["asked"])
            .values(waits_since=func.now() + dt.timedelta(hours=1))
        )
    async with transaction(sessions, EXCHANGE) as session:
        assert await behind(session, token) == set()
        digest = await digests.find_digest(session, token)
        for step in ("asked", "offered", "accepted", "helped", "agreed"):
            for code in (None, "full"):
                with pytest.raises(NotFoundError):
                    await digests.answer_by_link(session, digest, standing.matches[step], code=code)


@pytest.mark.parametrize("code", [None, "too_far"])
async def test_the_link_answers(sessions: Sessions, standing: Standing, code: str | None) -> None:
    await make(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        digest = await digests.find_digest(session, await token_of(session))
        asked = standing.matches["asked"]
        if code:
            with pytest.raises(BadFormError):
                await digests.answer_by_link(session, digest, asked, code="because")
        await digests.answer_by_link(session, digest, asked, code=code)
    async with transaction(sessions, EXCHANGE) as session:
        assert await recount_places(session) == []
    wanted = MatchState.PROVIDER_DECLINED if code else MatchState.AWAITING_FAMILY
    assert (await states_of(sessions, standing))["asked"] == wanted


async def withdrawn(session: AsyncSession, standing: Standing) -> None:
    await agreements.withdraw_agreement(session, actor=standing.tom)


async def paused(session: AsyncSession, standing: Standing) -> None:
    await providers.pause_provider(session, standing.provider_id, reason="", actor=standing.amina)


async def closed(session: AsyncSession, standing: Standing) -> None:
    assert await digests.close_links(session, actor=standing.tom) == 1


async def moved_to_another_mailbox(session: AsyncSession, standing: Standing) -> None:
    provider = await session.get_one(Provider, standing.provider_id)
    values = {name: getattr(provider, name) for name in providers.DETAILS}
    values["contact_email"] = "new@example.org"
    await providers.describe_provider(session, values, actor=standing.tom)


async def too_old(session: AsyncSession, standing: Standing) -> None:
    await session.execute(update(Digest).values(expires_at=func.now()))


async def unapproved(session: AsyncSession, standing: Standing) -> None:
    own = Provider.id == standing.provider_id
    await session.execute(update(Provider).where(own).values(approved_at=None))


@pytest.mark.parametrize(
    "end", [withdrawn, paused, closed, moved_to_another_mailbox, too_old, unapproved]
)
async def test_the_link_ends_at_once(sessions: Sessions, standing: Standing, end: object) -> None:
    await make(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        token = await token_of(session)
        assert await behind(session, token)
    async with transaction(sessions, EXCHANGE) as session:
        await end(session, standing)
    async with transaction(sessions, EXCHANGE) as session:
        with pytest.raises(NotFoundError):
            await digests.find_digest(session, token)


async def test_a_link_of_before_a_withdrawal_stays_shut(
    sessions: Sessions, standing: Standing
) -> None:
    await make(sessions)
    for deed in (agreements.withdraw_agreement, agreements.accept_agreement):
        async with transaction(sessions, EXCHANGE) as session:
            await deed(session, actor=standing.tom)
    async with transaction(sessions, EXCHANGE) as session:
        with pytest.raises(NotFoundError):
            await digests.find_digest(session, await token_of(session))


async def test_before_the_agreement_the_mail_only_leads_to_sign_in(
    sessions: Sessions, standing: Standing
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await agreements.end_agreements(session, standing.provider_id, actor=standing.tom)
    await make(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        mail = await mailed(session)
        assert isinstance(mail, Mail)
        assert "/p/" not in mail.text
        assert "/sign-in" in mail.text
    async with transaction(sessions, EXCHANGE) as session:
        await agree(session, standing.provider_id)
    async with transaction(sessions, EXCHANGE) as session:
        with pytest.raises(NotFoundError):
            await digests.find_digest(session, await token_of(session))
