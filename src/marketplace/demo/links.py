"""The addresses that a visitor of the demo starts from."""

from rich.console import Console
from sqlalchemy import select

from directory.models import Provider
from marketplace.db.acting import EXCHANGE
from marketplace.db.people import User
from marketplace.db.session import transaction
from marketplace.demo import journey as steps
from marketplace.demo.journey import Journey
from marketplace.demo.loading import make_sign_in_path, somebody_waits


async def print_links(journey: Journey, console: Console) -> None:
    base = journey.settings.base_url
    places = [
        (who, base + await make_sign_in_path(journey.sessions, email))
        for who, email in await _people(journey)
    ]
    offers = steps.offers_in_mail(journey.settings)
    born = steps.births_by_email(journey.county)
    mailed = next(((link, born[to]) for link, to in offers.items() if to in born), None)
    if mailed:
        link, month = mailed
        places.append((f"Kelly, a family with an offer (a child was born in {month})", base + link))
    places += [
        ("Anyone: find help near you", f"{base}/find?where=IP1+2DE"),
        ("The example post box", f"{base}/dev/inbox"),
    ]
    console.print("\nWhere to begin (everybody here is invented):", style="bold")
    for who, address in places:
        console.print(f"  {who}")
        # Never broken or cut: an address is there to be copied.
        console.print(f"    {address}", soft_wrap=True, style="cyan", highlight=False)


async def _people(journey: Journey) -> list[tuple[str, str]]:
    return [
        ("Amina, commissioner", "amina@example.org"),
        ("Priya, practitioner", "priya@example.org"),
        ("Tom, of a charity with families waiting", await _provider(journey, hosts=False)),
        ("A host of volunteers like Grace", await _provider(journey, hosts=True)),
    ]


async def _provider(journey: Journey, *, hosts: bool) -> str:
    """One who has somebody waiting if there is one; the links are for looking at something."""
    volunteers = select(Provider.id).where(Provider.hosted_by_id == User.provider_id).exists()
    async with transaction(journey.sessions, EXCHANGE) as session:
        return (
            await session.scalars(
                select(User.email)
                .where(User.role == "provider", volunteers if hosts else ~volunteers)
                .order_by(somebody_waits().desc(), User.email)
                .limit(1)
            )
        ).one()
