"""Kelly: thirty seconds, three choices, a change of mind; and asking by herself."""

from collections.abc import Awaitable, Callable

import pytest
import small_world as world
from asks_at_web import open_up
from person import TELEPHONE, Person
from served import Site
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.families import Contact
from marketplace.services.providers import agreements
from marketplace.services.upkeep import imports
from marketplace.tokens import derive_code

pytestmark = pytest.mark.browser
STAGE = "ground"

# Two more who help parents, and say yes by themselves.
OTHERS = """\
provider_ref,provider_name,kind,service_ref,service_name,needs,takes_level,places,price,effect,\
postcode,reach_km,days,standing_yes,contact_email
O1,Willow House,charity,O1-1,Stay and play,parenting,3,6,110,0.45,IP4 1NE,20,sat-am,yes,\
willow@example.org
O2,Dock Street Group,group,O2-1,Evening circle,parenting,3,6,120,0.42,IP2 8NQ,20,wed-eve,yes,\
dock@example.org
"""
NEVER_TOLD = ("match", "risk", "score", "£100", "KELLY", "level 2", "prediction")


@pytest.fixture
def asked(site: Site) -> Site:
    """Families have been planned for, looked at, approved, and are written to."""

    async def take(session: AsyncSession) -> None:
        taken = await imports.take_services(session, OTHERS.encode(), today=world.today())
        taken.report.raise_faults()
        for email in ("willow@example.org", "dock@example.org"):
            actor = await world.actor_of(session, email)
            await agreements.accept_agreement(session, actor=actor)

    async def write_by_letter(session: AsyncSession) -> None:
        mara = await session.get_one(Contact, (await world.family_of(session, "MEALS")).id)
        mara.address, mara.postcode = "1 Example Street, Ipswich", "IP1 3AW"
        mara.safe_channels = ["letter"]
        await session.flush()

    site.change(take)
    site.do(world.build_draft(site.sessions))
    site.do(world.build_approved(site.sessions))
    site.change(write_by_letter)
    site.do(world.build_claimed(site.sessions))
    return site


def test_kelly_is_asked_and_answers(asked: Site, meet) -> None:  # noqa: ANN001
    kelly = meet(name="kelly", size=TELEPHONE)
    show_the_message(kelly, asked.link_to("kelly.nocturne", "o"), "5", "2019", take=True)
    take_another_choice(kelly)
    change_her_mind(kelly)
    assert kelly.page.context.cookies() == []
    say_not_now(asked, meet(size=TELEPHONE))
    come_by_letter(asked, meet(size=TELEPHONE))


def show_the_message(
    person: Person, link: str, month: str, year: str, *, take: bool = False
) -> None:
    person.open(link)
    person.reads("wrote to you", "When was one of your children born?", "This is not me")
    person.does_not_read("help", "Family worker", "Kelly", *NEVER_TOLD)
    if take:
        person.show("question")
    person.fill(month=month, year=year)
    person.press("Show the message")
    person.reads("Would you like this?" if take else "Yes please", "You have done nothing wrong")
    person.does_not_read(*NEVER_TOLD, *world.CANARIES)


def take_another_choice(kelly: Person) -> None:
    kelly.reads("Choose the one you would like", "Help with the fare")
    choices = kelly.page.locator("input[name=choice]")
    assert choices.count() == 3
    kelly.show("three-choices")
    choices.nth(1).check()
    kelly.choose("Ring me")
    kelly.choose("fare")
    kelly.press("Yes please")
    kelly.reads("We have your yes", "will ring you by", "Help with the fare")
    kelly.show("yes")


def change_her_mind(kelly: Person) -> None:
    kelly.reads("Changed your mind?")
    kelly.press("We do not want it after all")
    kelly.reads("We have changed your answer", "it changes nothing else for you")
    kelly.show("changed-her-mind")


def say_not_now(site: Site, tilda: Person) -> None:
    show_the_message(tilda, site.link_to("tilda", "o"), "8", "2024")
    tilda.press("^Not now")
    tilda.reads("Not now, then", "We will not ask again before")


def come_by_letter(site: Site, mara: Person) -> None:
    """The code that stands on a letter, typed from paper."""
    mara.open("/letter")
    mara.fill(code="CDFGH 34679")
    mara.press("Go on")
    mara.reads("We have no letter with this code")
    mara.fill(code=site.change(read_code(site)))
    mara.press("Go on")
    mara.reads("When was one of your children born?")


def read_code(site: Site) -> Callable[[AsyncSession], Awaitable[str]]:
    async def read(session: AsyncSession) -> str:
        offer = await world.offer_of(session, "MEALS")
        assert offer.channel == "letter"
        return derive_code(site.settings.secret_keys, offer.id, made_with=offer.key_id)

    return read


def test_kelly_asks_by_herself(site: Site, meet) -> None:  # noqa: ANN001
    site.do(open_up(site.sessions))
    kelly = meet(name="kelly", size=TELEPHONE)
    kelly.open("/find?what=family+worker&where=IP1+2DE")
    kelly.reads("Family worker", "Ask for this")
    kelly.show("help-near-her", number=5)
    kelly.follow("Ask for this")
    kelly.reads("Who sees what", "Is somebody in danger now?")
    kelly.show("a-short-form")
    kelly.press("^Send")
    kelly.reads("There is a problem")
    kelly.page.locator("select[name=need]").select_option("parenting")
    kelly.fill(**{"month-1": "5", "year-1": "2019"})
    kelly.fill(name="Kelly", email="kelly.again@example.org")
    for value in ("transport", "car"), ("channel", "email"), ("safe", "yes"), ("consent", "yes"):
        kelly.page.locator("main input[name='{}'][value='{}']".format(*value)).check()
    kelly.press("^Send")
    kelly.reads("Now check the e-mail", "kelly.again@example.org")
    kelly.open(site.link_to("kelly.again", "ask/confirm"))
    kelly.press("Yes, send it")
    kelly.reads("We have it", "A person looks at it before you hear from us.")
    kelly.does_not_read("Family worker", "Kelly")
    kelly.show("we-have-it")
    assert kelly.page.context.cookies() == []
