"""What the people saw, beside what the database holds: the table that the demo ends with."""

import re
from dataclasses import dataclass
from html import unescape

from rich.table import Table
from sqlalchemy import select

from marketplace.access import Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.people import User
from marketplace.db.plans import Match, Plan
from marketplace.db.session import transaction
from marketplace.demo import journey as steps
from marketplace.demo.browser import Person
from marketplace.demo.journey import Journey
from marketplace.demo.stages import Stages
from marketplace.services.figures import figures
from marketplace.states import MatchState
from marketplace.templating import pounds
from marketplace.web import words

CLAIMED = {
    words.MATCH_STATES[state] for state in ("awaiting_family", "accepted", "under_way", "completed")
}
COUNTED = ("needs", "planned", "agreed", "claimed", "offered", "accepted")


@dataclass(frozen=True)
class Held:
    """What the database holds."""

    counts: dict[str, int]
    money: figures.Money
    proofs: list[str]
    places_wrong: int


async def compare_and_print(journey: Journey, stages: Stages) -> bool:
    with stages.time("count again, from the outside"):
        seen = await _count_from_outside(journey)
    held = await _count_in_database(journey)
    agrees = all(seen[name] == held.counts[name] for name in COUNTED) and held.places_wrong == 0
    _print(stages, seen, held, agrees=agrees)
    # Where groups make the engine search, a plan is bounded, not proved: its page says how far.
    return agrees and all(status in {"optimal", "feasible"} for status in held.proofs)


async def _count_from_outside(journey: Journey) -> dict[str, int]:
    """Only from pages and e-mails, as the people find them."""
    async with journey.person("amina@example.org") as amina:
        needs = _number(r"([\d,]+) needs?, page", (await amina.get("/commissioner/needs")).html)
        home = await amina.get("/commissioner")
        plans = {link for link in home.links if re.search(r"/plans/[0-9a-f-]{36}$", link)}
        states = [state for plan in sorted(plans) for state in await _states_of(amina, plan)]
    async with journey.person("priya@example.org") as priya:
        home = await priya.get("/practitioner")
        to_call = _number(r"([\d,]+) famil(?:y is|ies are) waiting for a call", home.html)
    offers = steps.offers_in_mail(journey.settings)
    return {
        "needs": needs,
        "planned": len(states),
        "agreed": sum(state not in {"To be looked at", "Set aside"} for state in states),
        "claimed": sum(state in CLAIMED for state in states),
        "offered": len(offers) + to_call,
        "accepted": await _count_yes(journey, offers),
    }


async def _states_of(amina: Person, plan: str) -> list[str]:
    """How each match of a plan stands, from every page of its table."""
    states, path = [], f"{plan}/matches"
    while path:
        page = await amina.get(path)
        cells = re.findall(r"<td[^>]*>([^<]*)</td>\s*</tr>", page.html)
        states += [cell.strip() for cell in cells]
        following = re.search(r'href="([^"]+)"[^>]*rel="next"', page.html)
        path = unescape(following[1]) if following else ""
    return states


def _number(pattern: str, html: str) -> int:
    found = re.search(pattern, html)
    return int(found[1].replace(",", "")) if found else 0


async def _count_yes(journey: Journey, offers: dict[str, str]) -> int:
    """Open every link once more: the same answer is told again."""
    born = steps.births_by_email(journey.county)
    async with journey.person() as kelly:

        async def said_yes(link: str) -> int:
            page = await steps.open_link(kelly, link, born[offers[link]])
            return int("have your yes" in page.title)

        mailed = [link for link, to in offers.items() if to in born]
        return await steps.for_each(mailed, said_yes, on_done=lambda: None)


async def _count_in_database(journey: Journey) -> Held:
    async with transaction(journey.sessions, EXCHANGE) as session:
        amina = (await session.scalars(select(User).where(User.role == "commissioner"))).one()
        actor = Actor(kind="commissioner", commissioner_id=amina.commissioner_id)
        plans = (await session.scalars(select(Plan).where(Plan.result.is_not(None)))).all()
        counts = await figures.count_journey(session, [plan.id for plan in plans])
        by_state = await figures.count_needs_by_state(session, actor=actor)
        accepted = Match.state.in_((MatchState.ACCEPTED, MatchState.UNDER_WAY))
        money = await figures.reckon_money(
            session, accepted, commissioner_id=plans[0].commissioner_id
        )
        return Held(
            counts={"needs": sum(by_state.values()), **counts},
            money=money,
            proofs=[(plan.result or {})["status"] for plan in plans],
            places_wrong=len(await figures.recount_places(session)),
        )


def _print(stages: Stages, seen: dict[str, int], held: Held, *, agrees: bool) -> None:
    table = Table("", "as people saw it", "in the database", title="From predicted need to a yes")
    for name in COUNTED:
        table.add_row(name, f"{seen[name]:,}", f"{held.counts[name]:,}")
    avoided = held.money.cashable_pence + held.money.capacity_pence
    table.add_row("cost", "", pounds(held.money.cash_spent_pence))
    table.add_row("cost avoided (low estimate)", "", pounds(avoided))
    table.add_row("status of the proof", "", ", ".join(sorted(set(held.proofs))))
    table.add_row("intakes whose places do not add up", "", str(held.places_wrong))
    stages.console.print(table)
    seconds = Table("stage", "seconds", title="Seconds by stage")
    for name, spent in stages.seconds.items():
        seconds.add_row(name, f"{spent:.1f}")
    stages.console.print(seconds)
    verdict = "Every number agrees." if agrees else "[red]The numbers do not agree.[/red]"
    stages.console.print(verdict)
