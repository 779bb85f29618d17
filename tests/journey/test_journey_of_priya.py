"""Priya: one family, one screen; the telephone; and everything stopped by one press."""

import re

import pytest
import small_world as world
from person import Person
from served import Site
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.plans import Match
from marketplace.services.needs import contacts
from marketplace.services.plans import plans
from marketplace.services.review import concerns
from marketplace.spreadsheets.contacts import read_contacts
from marketplace.states import MatchState

pytestmark = pytest.mark.browser
STAGE = "drafted"


def test_priya_looks_answers_and_stops(site: Site, meet) -> None:  # noqa: ANN001
    priya = meet(world.PRIYA, name="priya")
    look_at_every_family(priya)
    site.change(approve)
    site.do(world.build_claimed(site.sessions))
    site.work()
    answer_for_a_family(priya)
    site.change(worry_about_tilda)
    close_the_worry(priya)
    stop_and_start_messages(priya)


def look_at_every_family(priya: Person) -> None:
    priya.open("/practitioner")
    priya.reads("8 families wait", "Nobody is written to before you have looked.")
    priya.show("today")
    priya.press("Look at families")
    priya.press("Look at the next family")
    priya.show("one-family")
    agree_and_go_on(priya)
    first = re.search(r"(\w+) is saved", priya.words)[1]
    priya.press("Undo")
    priya.reads(f"Family {first}")
    agree_and_go_on(priya)
    set_aside(priya)
    take_another_choice(priya)
    while priya.page.get_by_role("button", name="Save and go on").count():
        agree_and_go_on(priya)
    priya.reads("You have looked at every family.")
    priya.open("/practitioner/record")
    priya.reads("You", "Somebody who looks well changes some")
    priya.show("how-we-look")


def agree_and_go_on(priya: Person) -> None:
    for radio in priya.page.get_by_role("radio", name="Agree").all():
        assert not radio.is_checked(), "nothing is decided beforehand"
        radio.check()
    no_concern = priya.page.get_by_role("radio", name="No known concern")
    no_concern.check()
    priya.press("Save and go on")


def set_aside(priya: Person) -> None:
    priya.press("Save and go on")
    priya.reads("There is a problem")
    priya.show("a-word-is-missing")
    for radio in priya.page.get_by_role("radio", name="Set aside").all():
        radio.check()
    for codes in priya.page.locator("select[name^='code-']").all():
        codes.select_option(index=1)
    priya.choose("No known concern")
    priya.press("Save and go on")
    priya.reads("is saved")


def take_another_choice(priya: Person) -> None:
    """The first family on the way that has another."""
    other = priya.page.get_by_role("radio", name="Another choice")
    while not other.count():
        agree_and_go_on(priya)
    other.first.check()
    priya.page.locator("select[name^='choice-']").first.select_option(index=1)
    priya.choose("Ring first")
    priya.press("Save and go on")
    priya.reads("is saved")


async def approve(session: AsyncSession) -> None:
    """Amina's part: she approves what was looked at, and brings the contacts."""
    amina = await world.actor_of(session, world.AMINA)
    await plans.approve_plan(session, (await world.plan_of(session, world.AMINA)).id, actor=amina)
    missing = set(await contacts.families_without_contact(session, actor=amina))
    rows = tuple(row for row in world.CONTACTS if row.partition(",")[0] in missing)
    report = read_contacts(world.contacts_csv(rows), today=world.today())
    report.raise_faults()
    await contacts.store_contacts(session, report.rows, actor=amina)


def answer_for_a_family(priya: Person) -> None:
    priya.open("/practitioner/calls")
    priya.reads("Ring the number shown here and no other.", "Paula Obsidian")
    priya.show("calls-to-make")
    priya.follow("Paula Obsidian")
    priya.reads("this is the family hub", "Is now a safe time to talk?")
    priya.choose("^No", within="form[action$='/answer']")
    priya.show("what-to-say")
    priya.press("Save their answer")
    priya.reads("Answers you entered for families", "taken back for 48 hours")
    priya.press("Take back")
    priya.reads("Paula Obsidian")
    priya.follow("Paula Obsidian")
    priya.choose("^Yes", within="form[action$='/answer']")
    priya.page.locator("input[name=contact_way]").first.check()
    priya.choose("fare")
    priya.press("Save their answer")
    priya.reads("Paula Obsidian: Yes")


async def worry_about_tilda(session: AsyncSession) -> None:
    """A helper, who knows a family by name, asks to be rung; that is Tom's journey."""
    match = await world.match_of(session, "TODDLER")
    known = update(Match).where(Match.id == match.id)
    await session.execute(known.values(state=MatchState.ACCEPTED))
    wendy = await world.actor_of(session, world.WENDY)
    await concerns.raise_concern(session, match.id, ring_back="+441632960771", actor=wendy)


def close_the_worry(priya: Person) -> None:
    priya.open("/practitioner")
    priya.reads("Somebody is worried about a child.", "1 call waits")
    priya.follow("1 call waits")
    priya.reads("Tilda Turquoise", "01632 960771", "Harbour Group", "Write nothing about the child")
    priya.show("worried-about-a-child")
    priya.page.locator("input[name=ended_as]").first.check()
    priya.press("^Close")
    priya.reads("Nobody is waiting")


def stop_and_start_messages(priya: Person) -> None:
    priya.open("/practitioner")
    priya.press("Stop all messages")
    priya.reads("All messages are stopped", "Priya Example stopped them")
    priya.show("all-messages-stopped")
    priya.press("Start messages again")
    priya.reads("is it safe to write to families again?")
    priya.press("Yes, start messages again")
    priya.reads("Messages are being sent")
