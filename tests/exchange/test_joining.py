"""Nobody comes in by typing a name: the address is proved, and a commissioner decides."""

import datetime as dt
import uuid
from dataclasses import replace

import pytest
from families_at_hand import add_intake
from provider_people import add_person, add_postcode, provider_of
from sqlalchemy import func, select, update

from directory.models import Postcode, Provider, Service
from directory.visibility import is_listed
from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.offers import Message
from marketplace.db.people import User
from marketplace.db.providers import JoinRequest
from marketplace.db.session import Sessions, transaction
from marketplace.errors import BadFormError, MovedOnError, NotFoundError, TooManyError
from marketplace.messages.compose import Mail
from marketplace.services.providers import joining, resemblances
from marketplace.services.providers.joining import Applicant
from marketplace.services.sending import deliveries
from marketplace.services.staff import limits
from marketplace.tokens import derive_token

AMINA = Actor(kind="commissioner", id=uuid.uuid4(), name="Amina", commissioner_id=uuid.uuid4())
SUNNY = Applicant(
    organisation="Sunrise Families",
    kind="charity",
    charity_number="1123456",
    postcode="IP1 2DE",
    person="Sunny Example",
    email="sunny@sunrise.example.org",
    phone="+441632960771",
)


async def ask(sessions: Sessions, applicant: Applicant = SUNNY) -> tuple[uuid.UUID, str]:
    """The newest request, and the token in its message."""
    async with transaction(sessions, EXCHANGE) as session:
        await joining.ask_to_join(session, applicant)
    async with transaction(sessions, EXCHANGE) as session:
        newest = select(JoinRequest).order_by(JoinRequest.created_at.desc()).limit(1)
        request = (await session.scalars(newest)).one()
        keys = session.info["settings"].secret_keys
        token = derive_token(keys, joining.LINK, request.id, made_with=request.key_id)
    return request.id, token


async def asked_and_proved(sessions: Sessions, applicant: Applicant = SUNNY) -> uuid.UUID:
    request_id, token = await ask(sessions, applicant)
    async with transaction(sessions, EXCHANGE) as session:
        await joining.prove_address(session, token)
    return request_id


async def why_alike(sessions: Sessions, request_id: uuid.UUID) -> list[tuple[str, ...]]:
    async with transaction(sessions, EXCHANGE) as session:
        request = await joining.get_request(session, request_id)
        return [found.why for found in await resemblances.resembling(session, request)]


async def test_until_the_address_is_proved_nobody_sees_it_and_it_is_forgotten(
    sessions: Sessions,
) -> None:
    request_id, token = await ask(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        assert await joining.waiting_requests(session) == []
        with pytest.raises(NotFoundError):
            await joining.get_request(session, request_id)
        with pytest.raises(NotFoundError):
            await joining.approve_request(session, request_id, actor=AMINA)
        assert await joining.forget_requests(session) == 0
        day_ago = func.now() - dt.timedelta(days=1)
        await session.execute(update(JoinRequest).values(expires_at=day_ago))
        with pytest.raises(NotFoundError):
            await joining.prove_address(session, token)
        assert await joining.forget_requests(session) == 1


async def test_a_proved_request_is_kept(sessions: Sessions) -> None:
    await asked_and_proved(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        day_ago = func.now() - dt.timedelta(days=1)
        await session.execute(update(JoinRequest).values(expires_at=day_ago))
        assert await joining.forget_requests(session) == 0
        assert len(await joining.waiting_requests(session)) == 1


async def test_one_address_cannot_be_flooded(sessions: Sessions) -> None:
    most = limits.JOINS_BY_AN_ADDRESS.most
    for _ in range(most):
        await ask(sessions)
    for email in (SUNNY.email, SUNNY.email.upper()):
        with pytest.raises(TooManyError):
            await ask(sessions, replace(SUNNY, email=email))
    async with transaction(sessions, EXCHANGE) as session:
        assert await session.scalar(select(func.count(Message.id))) == most
    await ask(sessions, replace(SUNNY, email="other@example.org"))
    async with transaction(sessions, EXCHANGE) as session:
        assert await session.scalar(select(func.count(Message.id))) == most + 1


async def test_let_in_it_is_listed_has_an_editor_and_gets_a_mail(sessions: Sessions) -> None:
    request_id = await asked_and_proved(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        provider = await joining.approve_request(session, request_id, actor=AMINA)
        listed = select(Provider.name).where(is_listed())
        assert (await session.scalars(listed)).all() == ["Sunrise Families"]
        user = (await session.scalars(select(User))).one()
        assert (user.provider_id, user.provider_role) == (provider.id, "editor")
        with pytest.raises(MovedOnError):
            await joining.approve_request(session, request_id, actor=AMINA)
    mail = await mail_of(sessions, "join_answer")
    assert (mail.to, "is in" in mail.text) == (SUNNY.email, True)


async def mail_of(sessions: Sessions, event: str) -> Mail:
    async with transaction(sessions, EXCHANGE) as session:
        message = (await session.scalars(select(Message).where(Message.event == event))).one()
        composed = await deliveries.compose_now(session, message)
        assert isinstance(composed, Mail)
        return composed


async def test_the_mailed_link_proves_the_address(sessions: Sessions) -> None:
    _, token = await ask(sessions)
    mail = await mail_of(sessions, "join_proof")
    assert mail.to == SUNNY.email
    assert f"/join/{token}" in mail.text
    assert "Sunrise" not in mail.text, "whoever reads it may not be who asked"


async def test_turned_away_with_the_reason_that_was_written(sessions: Sessions) -> None:
    request_id = await asked_and_proved(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        with pytest.raises(BadFormError):
            await joining.turn_away(session, request_id, reason="", actor=AMINA)
        await joining.turn_away(session, request_id, reason="Not in our county", actor=AMINA)
        assert await session.scalar(select(func.count(Provider.id))) == 0
        assert await session.scalar(select(func.count(User.id))) == 0
        assert await joining.forget_requests(session) == 0
    assert "Not in our county" in (await mail_of(sessions, "join_answer")).text
    async with transaction(sessions, EXCHANGE) as session:
        long_ago = func.now() - dt.timedelta(days=joining.KEPT_AFTER_A_NO_DAYS + 1)
        await session.execute(update(JoinRequest).values(decided_at=long_ago))
        assert await joining.forget_requests(session) == 1


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({"charity_number": "1123456-1"}, ("charity_number",)),
        ({"contact_email": "Sunny@Sunrise.example.org"}, ("email",)),
        ({"contact_email": "hello@sunrise.example.org"}, ("domain",)),
        ({"name": "The Sunrise Families Trust"}, ("name",)),
        ({"name": "Sunset Families Centre", "charity_number": "SC123456"}, None),
        ({"name": "Helpers", "contact_email": "a@notsunrise.example.org"}, None),
    ],
)
async def test_what_may_be_the_same_is_shown_and_why(
    known: dict[str, str], why: tuple[str, ...] | None, sessions: Sessions
) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await add_intake(session)
        await session.execute(update(Provider).values(known))
    request_id = await asked_and_proved(sessions)
    assert await why_alike(sessions, request_id) == ([why] if why else [])


async def test_a_like_name_far_away_is_somebody_else(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await add_postcode(session)
        await add_intake(session)
        await session.execute(update(Provider).values(name="Sunrise Families"))
        await session.execute(update(Service).values(easting=616000, northing=244000))
    request_id = await asked_and_proved(sessions)
    assert await why_alike(sessions, request_id) == [("name",)]
    async with transaction(sessions, EXCHANGE) as session:
        await session.execute(update(Service).values(easting=530000, northing=180000))
    assert await why_alike(sessions, request_id) == []


async def test_shared_mail_says_nothing(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        await add_intake(session)
        await session.execute(update(Provider).values(contact_email="a@gmail.com"))
    request_id = await asked_and_proved(sessions, replace(SUNNY, email="b@gmail.com"))
    assert await why_alike(sessions, request_id) == []


async def test_joined_to_a_known_one_nothing_of_it_is_taken_over(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        provider_id = await provider_of(session, await add_intake(session))
        before = (await session.get_one(Provider, provider_id)).name
        tom = await add_person(session, provider_id)
    request_id = await asked_and_proved(sessions)
    async with transaction(sessions, EXCHANGE) as session:
        await joining.join_request_to(session, request_id, provider_id, actor=AMINA)
    async with transaction(sessions, EXCHANGE) as session:
        provider = (await session.scalars(select(Provider))).one()
        assert (provider.name, provider.charity_number) == (before, None)
        users = await session.scalars(select(User.id).where(User.provider_id == provider_id))
        assert tom.id in set(users)
        assert await session.scalar(select(func.count(User.id))) == 2


async def test_an_address_that_signs_in_elsewhere_is_refused(sessions: Sessions) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        provider_id = await provider_of(session, await add_intake(session))
        tom = await add_person(session, provider_id)
        email = (await session.get_one(User, tom.id)).email
    request_id = await asked_and_proved(sessions, replace(SUNNY, email=email))
    with pytest.raises(BadFormError, match="another organisation"):
        async with transaction(sessions, EXCHANGE) as session:
            await joining.approve_request(session, request_id, actor=AMINA)
    async with transaction(sessions, EXCHANGE) as session:
        await joining.join_request_to(session, request_id, provider_id, actor=AMINA)
        assert await session.scalar(select(func.count(User.id))) == 1
        assert await session.scalar(select(func.count(Postcode.code))) == 0
