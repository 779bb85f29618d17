"""Amina: the law, the needs, the plan and its alternatives, and why this family."""

from pathlib import Path

import pytest
import small_world as world
from person import Person
from served import Site
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.people import LegalBasis
from marketplace.db.plans import Match
from marketplace.services.matches import claims
from marketplace.services.matches.transitions import move_match
from marketplace.services.review import reviews
from marketplace.states import MatchState

pytestmark = pytest.mark.browser
STAGE = "ground"
LAW = {
    "power": "Section 10 of the Children Act 2004 lets us offer help early.",
    "lawful_basis": "Public task",
    "special_category_basis": "Substantial public interest",
    "impact_assessed_on": "2026-03-31",
    "privacy_notice_address": "https://example.org/privacy",
    "complaint_route": "Ring 01632 960 400, or write to the Information Commissioner.",
}


def test_amina_publishes_plans_and_answers_for_it(site: Site, meet, tmp_path: Path) -> None:  # noqa: ANN001
    site.change(forget_the_law)
    amina = meet(world.AMINA, name="amina")
    write_the_law(amina)
    publish(amina, tmp_path)
    add_a_fund(amina)
    plan = make_a_plan(site, amina)
    ask_what_would_be_better(site, amina, plan)
    site.change(look_at_all)
    approve(amina, plan, tmp_path)
    site.change(let_one_begin)
    answer_for_it(amina)


async def forget_the_law(session: AsyncSession) -> None:
    amina = await world.actor_of(session, world.AMINA)
    ours = LegalBasis.commissioner_id == amina.commissioner_id
    await session.execute(delete(LegalBasis).where(ours))


def write_the_law(amina: Person) -> None:
    amina.open("/commissioner")
    amina.reads("Write down the law you act under.")
    amina.press("The law we act under")
    amina.fill(**LAW | {"power": ""})
    amina.press("Store it")
    amina.reads("There is a problem")
    amina.fill(power=LAW["power"])
    amina.press("Store it")
    amina.reads("Families can read it from now on.")
    amina.show("the-law")


def publish(amina: Person, folder: Path) -> None:
    """First only looked at, then stored; and whom to leave alone, at once."""
    send_file(amina, "needs/upload", world.needs_csv(), folder, button="Only check")
    amina.reads("Nothing of needs-upload.csv is stored yet.", "New 10")
    amina.show("what-a-file-would-change")
    amina.press("Store it")
    amina.reads("Your file is stored")
    stops = b"family_ref,reason\nUNSAFE,moved\n"
    send_file(amina, "stop-list", stops, folder)
    amina.reads("The list works now", "Nobody on it is written to")


def send_file(
    amina: Person, path: str, data: bytes, folder: Path, *, button: str = "Check and send"
) -> None:
    file = folder / f"{path.replace('/', '-')}.csv"
    file.write_bytes(data)
    amina.open(f"/commissioner/{path}")
    amina.page.locator("input[type=file]").set_input_files(file)
    amina.press(button)


def add_a_fund(amina: Person) -> None:
    amina.open("/commissioner/funds/new")
    amina.fill(name="Family hubs", budget_pence="2,500")
    amina.press("Save")
    amina.reads("Family hubs", "£2,500")
    amina.show("funds")


def make_a_plan(site: Site, amina: Person) -> str:
    """The plan's address."""
    amina.open("/commissioner/plans/new")
    amina.fill(most_families="100")
    amina.show("plan-options")
    amina.press("Make the plan")
    amina.reads("This page keeps itself up to date.")
    site.work()
    plan = amina.page.url
    amina.open(plan)
    amina.reads("Families reached", "Cash spent", "Staff time and places freed", "No: proved.")
    amina.show("a-draft")
    amina.follow("Who gets what, and why")
    amina.reads("KELLY", "Family worker")
    return plan


def ask_what_would_be_better(site: Site, amina: Person, plan: str) -> None:
    amina.open(f"{plan}/buying")
    amina.reads("Where a place more")
    amina.open(f"{plan}/what-if")
    amina.choose("Help only where it saves more than it costs")
    amina.press("Work it out")
    site.work()
    amina.open(amina.page.url)
    amina.reads("What changes, and for how many", "Cash spent")
    amina.show("what-if-beside-the-plan")


async def look_at_all(session: AsyncSession) -> None:
    """Priya's part."""
    priya = await world.actor_of(session, world.PRIYA)
    plan = select(Match.plan_id).where(Match.state == MatchState.PROPOSED)
    plan_id = (await session.scalars(plan)).first()
    for match_id in await world.match_ids(session, state=MatchState.PROPOSED):
        agree = reviews.Decision(verdict="agree")
        await reviews.decide_match(session, match_id, agree, actor=priya)
    await reviews.finish_review(session, plan_id, actor=priya)


def approve(amina: Person, plan: str, folder: Path) -> None:
    amina.open(plan)
    amina.press("Approve 7 families")
    amina.reads("You approved 7 families.")
    rows = tuple(row for row in world.CONTACTS if not row.startswith("UNSAFE"))
    send_file(amina, "contacts/upload", world.contacts_csv(rows), folder)
    amina.reads("Your file is stored")


async def let_one_begin(session: AsyncSession) -> None:
    """Tom's and Kelly's part."""
    tom = await world.actor_of(session, world.TOM)
    match = await world.match_of(session, "KELLY", state=MatchState.AWAITING_PROVIDER)
    await claims.claim_match(session, match.id, actor=tom)
    await move_match(session, match.id, to=MatchState.ACCEPTED, actor=tom)
    await claims.start_help(session, match.id, actor=tom)


def answer_for_it(amina: Person) -> None:
    amina.open("/commissioner/today")
    amina.reads("This morning")
    amina.open("/commissioner/figures")
    amina.reads("Families", "Money, for help that started in this month")
    amina.show("figures")
    amina.open("/commissioner/statements")
    amina.reads("Marigold Trust", "£100")
    amina.show("statements")
    amina.open("/commissioner/needs?family=KELLY")
    amina.follow("^KELLY$")
    amina.reads("Why this family? KELLY", "Who looked", "What else was weighed", "Priya Example")
    amina.does_not_read(*world.CANARIES)
    amina.show("why-this-family")
