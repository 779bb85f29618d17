"""Grace cooks on Tuesdays and says OK; her host introduces her and asks about food first."""

from dataclasses import replace

import pytest
import small_world as world
import volunteers_at_hand as at_hand
from person import TELEPHONE, Person
from served import Site
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.services.volunteers import volunteers

pytestmark = pytest.mark.browser
STAGE = "claimed"
GRACE = replace(at_hand.NELL, name="Grace Example", phone="+447700900344", email=None)


async def keep_grace(session: AsyncSession) -> str:
    """She came in a file, as a name and a day; her host keeps her here. Her page."""
    hana = await world.actor_of(session, world.HANA)
    grace = await at_hand.id_of(session, GRACE.name)
    await volunteers.correct_details(session, grace, GRACE, actor=hana)
    await at_hand.make_ready(session, grace, hana)
    await at_hand.ask(session, grace)
    return f"/provider/volunteers/{grace}"


def say_yes(mara: Person, link: str) -> None:
    """Her page is Kelly's journey."""
    mara.open(link)
    mara.fill(month="4", year="2021")
    mara.press("Show the message")
    mara.press("Yes please")
    mara.reads("We have your yes")


def test_grace_is_introduced_and_cooks(site: Site, meet) -> None:  # noqa: ANN001
    hana = meet(world.HANA, name="grace", size=TELEPHONE)
    sign_up_somebody(hana)
    path = site.change(keep_grace)
    hana.open(path)
    hana.reads("Everything is here.", "Grace")
    hana.show("her-host-keeps-her")
    grace = meet(name="grace", size=TELEPHONE)
    link = site.change(lambda session: link_of_grace(site, session))
    say_ok(grace, link)
    say_yes(meet(size=TELEPHONE), site.link_to("mara", "o"))
    introduce(hana, path)
    see_who_it_is(grace, link)
    start(hana)


async def link_of_grace(site: Site, session: AsyncSession) -> str:
    grace = await at_hand.id_of(session, GRACE.name)
    return await at_hand.volunteer_link(session, site.settings, grace)


def sign_up_somebody(hana: Person) -> None:
    hana.open("/provider/volunteers")
    hana.press("Sign up a volunteer")
    hana.show("sign-up")
    hana.press("^Sign up$")
    hana.reads("There is a problem")
    hana.fill(name="Walter Dusk", places="3", miles="1.5", phone="07700 900322", postcode="IP1 3AW")
    hana.page.locator("input[name=roles]").first.check()
    hana.choose("Monday")
    hana.choose("On foot")
    hana.press("^Sign up$")
    hana.reads("Nobody new comes to Walter until these are here")


def say_ok(grace: Person, link: str) -> None:
    grace.open(link)
    grace.reads("Hello Grace, can you cook 2 portions on Tuesday?", "A family")
    grace.does_not_read("Mara", "Sandstone")
    grace.show("weekly-link", number=3)
    grace.press("^OK")
    grace.reads("Thank you. We count on you on Tuesday.")
    grace.show("ok")


def introduce(hana: Person, path: str) -> None:
    hana.open("/provider/accepted")
    hana.reads(
        "Mara Sandstone", "mara@example.org", "Before the first meal", "Introduce your volunteer"
    )
    hana.show("before-the-first-meal", number=5)
    hana.open(path)
    hana.reads("Until then Grace learns no name.")
    hana.fill(diet="no nuts")
    hana.show("introduction")
    hana.press("They know each other")
    hana.reads("You introduced them on", "To know: no nuts.")


def see_who_it_is(grace: Person, link: str) -> None:
    grace.open(link)
    grace.reads("Mara, ", "To know: no nuts")
    grace.does_not_read("Sandstone")
    grace.show("who-she-cooks-for", number=7)


def start(hana: Person) -> None:
    hana.press("Help has started")
    hana.press("Yes, help has started")
    hana.reads("Ask about allergies")
    hana.show("food-is-asked-first", number=8)
    hana.choose("We have asked about allergies and diet")
    hana.press("Yes, help has started")
    hana.reads("Help started on")
    hana.reads("Mara Sandstone")
