"""People of a provider come and go; somebody can always do the work."""

import uuid

import pytest
from families_at_hand import add_intake
from provider_people import add_person, provider_of
from sqlalchemy import func, select

from directory.models import Provider
from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.offers import Message
from marketplace.db.people import SignInLink, StaffSession, User
from marketplace.db.session import Sessions, transaction
from marketplace.errors import BadFormError, NotFoundError, OnlyLookError
from marketplace.services.providers import teams
from marketplace.services.staff import sessions as sessions_of_staff
from marketplace.services.staff import sign_in


@pytest.fixture
async def tom(sessions: Sessions) -> Actor:
    async with transaction(sessions, EXCHANGE) as session:
        return await add_person(session, await provider_of(session, await add_intake(session)))


async def invite_ade(sessions: Sessions, tom: Actor, *, role: str = "viewer") -> uuid.UUID:
    async with transaction(sessions, EXCHANGE) as session:
        await teams.invite(session, name="Ade Cole", email="ade@example.org", role=role, actor=tom)
        wanted = select(User.id).where(User.email == "ade@example.org")
        return (await session.scalars(wanted)).one()


async def people_of(sessions: Sessions, tom: Actor) -> dict[str, str]:
    async with transaction(sessions, EXCHANGE) as session:
        people = await teams.list_people(session, tom.provider_id)
        return {user.name: user.provider_role for user in people}


async def signed_in(sessions: Sessions, user_id: uuid.UUID) -> str:
    async with transaction(sessions, EXCHANGE) as session:
        user = await session.get_one(User, user_id)
        _, token = await sign_in.make_link(session, user)
        return await sign_in.sign_in(session, token, browser="A browser")


async def test_an_invited_colleague_is_mailed_and_signs_in_as_what_they_are(
    sessions: Sessions, tom: Actor
) -> None:
    ade = await invite_ade(sessions, tom)
    cookie = await signed_in(sessions, ade)
    async with transaction(sessions, EXCHANGE) as session:
        events = await session.scalars(select(Message.event))
        assert events.all() == ["invitation"]
        actor = (await sessions_of_staff.find_signed_in(session, cookie)).actor
        assert (actor.provider_id, actor.is_editor) == (tom.provider_id, False)


async def test_a_removed_colleague_is_out_at_once_and_stays_out(
    sessions: Sessions, tom: Actor
) -> None:
    ade = await invite_ade(sessions, tom)
    cookie = await signed_in(sessions, ade)
    async with transaction(sessions, EXCHANGE) as session:
        _, unused = await sign_in.make_link(session, await session.get_one(User, ade))
    async with transaction(sessions, EXCHANGE) as session:
        await teams.remove_person(session, ade, actor=tom)
    async with transaction(sessions, EXCHANGE) as session:
        assert await sessions_of_staff.find_signed_in(session, cookie) is None
        assert await session.scalar(select(func.count()).select_from(StaffSession)) == 0
        with pytest.raises(NotFoundError):
            await sign_in.sign_in(session, unused, browser="A browser")
        links = await session.scalar(select(func.count(SignInLink.id)))
        await sign_in.ask_for_link(session, "ade@example.org", client="192.0.2.1")
        assert await session.scalar(select(func.count(SignInLink.id))) == links
    again = await invite_ade(sessions, tom, role="editor")
    assert again == ade
    assert (await people_of(sessions, tom))["Ade Cole"] == "editor"


async def test_the_last_editor_stays(sessions: Sessions, tom: Actor) -> None:
    ade = await invite_ade(sessions, tom)
    for deed in (
        lambda session: teams.remove_person(session, tom.id, actor=tom),
        lambda session: teams.change_role(session, tom.id, role="viewer", actor=tom),
    ):
        with pytest.raises(BadFormError, match="only editor"):
            async with transaction(sessions, EXCHANGE) as session:
                await deed(session)
    async with transaction(sessions, EXCHANGE) as session:
        await teams.change_role(session, ade, role="editor", actor=tom)
        await teams.change_role(session, tom.id, role="viewer", actor=tom)
    assert await people_of(sessions, tom) == {"Ade Cole": "editor", "Tom Example": "viewer"}


async def test_the_work_is_handed_over(sessions: Sessions, tom: Actor) -> None:
    ade = await invite_ade(sessions, tom)
    async with transaction(sessions, EXCHANGE) as session:
        with pytest.raises(BadFormError):
            await teams.hand_over(session, tom.id, actor=tom)
        await teams.hand_over(session, ade, actor=tom)
    assert await people_of(sessions, tom) == {"Ade Cole": "editor", "Tom Example": "viewer"}
    async with transaction(sessions, EXCHANGE) as session:
        provider = await session.get_one(Provider, tom.provider_id)
        assert provider.contact_email == "ade@example.org"


async def test_only_an_editor_and_only_its_own(sessions: Sessions, tom: Actor) -> None:
    ade = await invite_ade(sessions, tom)
    async with transaction(sessions, EXCHANGE) as session:
        wendy = await add_person(
            session, await provider_of(session, await add_intake(session)), name="Wendy"
        )
    viewer = Actor(kind="provider", id=ade, provider_id=tom.provider_id, provider_role="viewer")
    for actor, error in ((viewer, OnlyLookError), (wendy, NotFoundError)):
        for deed in (
            lambda session, actor: teams.remove_person(session, tom.id, actor=actor),
            lambda session, actor: teams.change_role(session, tom.id, role="editor", actor=actor),
            lambda session, actor: teams.hand_over(session, tom.id, actor=actor),
        ):
            with pytest.raises(error):
                async with transaction(sessions, EXCHANGE) as session:
                    await deed(session, actor)
    with pytest.raises(OnlyLookError):
        async with transaction(sessions, EXCHANGE) as session:
            await teams.invite(
                session, name="Eve", email="eve@example.org", role="editor", actor=viewer
            )


async def test_nobody_is_taken_from_another_organisation(sessions: Sessions, tom: Actor) -> None:
    async with transaction(sessions, EXCHANGE) as session:
        wendy = await add_person(
            session, await provider_of(session, await add_intake(session)), name="Wendy"
        )
        email = (await session.get_one(User, wendy.id)).email.upper()
        with pytest.raises(BadFormError):
            await teams.invite(session, name="Wendy", email=email, role="editor", actor=tom)
