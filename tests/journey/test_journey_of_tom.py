"""Tom, from his telephone: a link in a mail, then everything after the yes in three taps."""

import pytest
import small_world as world
from person import TELEPHONE, Person
from served import Site
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.offers import Offer
from marketplace.db.plans import Match
from marketplace.services.sending import digests
from marketplace.states import MatchState

pytestmark = pytest.mark.browser
STAGE = "approved"
NAMES = ("Nocturne", "Umberland", "Quicksand")


async def write_digests(session: AsyncSession) -> None:
    now = (await session.execute(select(func.now()))).scalar_one()
    await digests.make_digests(session, now=now)


async def let_families_say_yes(session: AsyncSession) -> None:
    """All who were offered something of Tom's; how they say it is Kelly's journey."""
    offered = select(Match.id).where(Match.state == MatchState.AWAITING_FAMILY)
    ids = list(await session.scalars(offered))
    await session.execute(update(Match).where(Match.id.in_(ids)).values(state=MatchState.ACCEPTED))
    said = {"answer": "yes", "answered_at": func.now(), "contact_way": "email"}
    await session.execute(
        update(Offer).where(Offer.match_id.in_(ids)).values(**said, easier=["fare"])
    )


def test_tom_answers_and_helps(site: Site, meet) -> None:  # noqa: ANN001
    site.change(write_digests)
    tom = claim_from_the_mail(site, meet(name="tom", size=TELEPHONE))
    tom = claim_the_rest(site, tom)
    site.change(let_families_say_yes)
    help_one_family(tom)
    hand_another_back(tom)
    tell_what_was_done(tom)
    ask_about_a_child(tom)


def claim_from_the_mail(site: Site, tom: Person) -> Person:
    link = site.link_to(world.TOM, "p")
    tom.open(link)
    tom.reads("Family worker", "Yes, we have a place", "Please answer by")
    tom.does_not_read(*NAMES)
    tom.show("link-in-a-mail")
    tom.press("Yes, we have a place")
    tom.reads("Thank you. We write to the family now.")
    assert tom.page.context.cookies() == [], "the link signs nobody in"
    return tom


def claim_the_rest(site: Site, tom: Person) -> Person:
    tom.open(site.sign_in_path(world.TOM))
    tom.press("Sign in|Continue")
    tom.open("/provider")
    tom.reads("Who they are, you learn when they say yes.")
    tom.does_not_read(*NAMES)
    tom.show("inbox")
    while tom.page.get_by_role("button", name="Yes to all").count():
        tom.press("Yes to all")
        tom.reads("We write to them now.", "Waiting for the family’s answer")
    return tom


def help_one_family(tom: Person) -> None:
    tom.open("/provider/accepted")
    tom.reads("Kelly Nocturne", "What would make it easier", "Get in touch by")
    tom.show("families-who-said-yes")
    kelly = "li.eh-card:has-text('Kelly Nocturne')"
    tom.press("We have spoken", within=kelly)
    tom.reads("Press the button once help has begun.")
    tom.press("Help has started", within=kelly)
    tom.reads("This cannot be taken back")
    tom.press("Yes, help has started")
    tom.press(r"\+1 time", within=kelly)
    tom.reads("They have come 1 time.")
    tom.show("help-has-started", above=kelly)
    tom.press("It has ended", within=kelly)
    tom.choose("It went on to its end")
    tom.choose("^Yes$")
    tom.show("how-it-ended")
    tom.press("Send")
    tom.does_not_read("Kelly Nocturne")


def hand_another_back(tom: Person) -> None:
    tom.open("/provider/accepted")
    name = tom.page.locator("li.eh-card h2").first.inner_text()
    tom.follow("[Ww]e cannot help any more")
    tom.reads(name, "You may hand a family back at any time.")
    tom.press("Hand back")
    tom.does_not_read(name)


def tell_what_was_done(tom: Person) -> None:
    with tom.page.expect_download() as download:
        tom.page.get_by_role("link", name="Your record as a spreadsheet").click()
    record = download.value.path().read_text()
    assert "Family worker" in record
    assert not [name for name in NAMES if name in record]
    tom.follow("A sheet for your other funders")
    tom.reads("Families helped", "counts under 5 are never shown alone")
    tom.show("sheet-for-funders")
    tom.open("/provider/statements")
    tom.follow(r"\d{4}")
    tom.reads("£100")
    tom.show("statement")


def ask_about_a_child(tom: Person) -> None:
    tom.open("/provider/worried")
    tom.reads("999", "01632 960 411", "Do not ask the child or the family about it first.")
    tom.show("worried-about-a-child")
    tom.page.locator("main a[href*='/worried']").first.click()
    tom.fill(ring_back="01632 960 771")
    tom.press("Please ring me")
    tom.reads("will ring you")
