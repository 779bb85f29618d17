"""The listed routes as addresses of the small world, each with somebody who owns what is asked."""

from dataclasses import dataclass
from pathlib import Path

import small_world as world
import volunteers_at_hand
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider
from marketplace.db.asks import Ask
from marketplace.db.offers import Call
from marketplace.db.plans import Fund
from marketplace.db.providers import JoinRequest
from marketplace.db.rights import RightsRequest
from marketplace.services.needs.stops import open_entries
from marketplace.settings import Settings

OWNER = {"commissioner": world.AMINA, "practitioner": world.PRIYA, "provider": world.TOM}
STRANGER = {"commissioner": world.OLGA, "practitioner": world.PETRA, "provider": world.WENDY}

# Providers are every council's: one directory, and whoever sees harm may pause.
# A month is everybody's: what stands in it is asked for by who reads it.
SHARED = ("/commissioner/directory", "/commissioner/providers", "/provider/statements")
# Of a provider's, and there only once a family has said yes: asked of a family that has, elsewhere.
AFTER_A_YES = ("/started", "/ended", "/not-started", "/hand-back")


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    audience: str

    @property
    def names_one(self) -> bool:
        return "{" in self.path

    @property
    def is_owned(self) -> bool:
        """What it names belongs to one council or provider; the directory is every council's."""
        return self.names_one and not self.path.startswith(SHARED)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def listed_routes() -> list[Route]:
    lines = Path(__file__).with_name("routes.txt").read_text().splitlines()
    return [Route(*line.split()) for line in lines]


def api_routes() -> list[Route]:
    return [route for route in listed_routes() if route.path.startswith("/api/v1/")]


def staff_routes() -> list[Route]:
    return [route for route in listed_routes() if route.audience in OWNER]


async def real_path(
    session: AsyncSession, settings: Settings, route: Route, *, ref: str = "KELLY"
) -> str:
    """The address with ids of things that belong to the first council, this family and Tom."""
    match = await world.match_of(session, ref)
    call = (await session.scalars(select(Call).order_by(Call.id))).first()
    offer = await world.offer_link(session, settings, ref)
    first, second = await session.scalars(
        select(Provider.id).where(Provider.ref.in_(["C1", "G1"])).order_by(Provider.ref)
    )
    intake = await session.get_one(Intake, match.intake_id)
    tom = await world.actor_of(session, world.TOM)
    request = (await session.scalars(select(JoinRequest))).first()
    amina = await world.actor_of(session, world.AMINA)
    entry = (await session.scalars(open_entries(amina))).first()
    given = {
        "{plan_id:str}": str(match.plan_id),
        "{match_id:str}": str(match.id),
        "{family_id:str}": str(match.family_id),
        "{fund_id:str}": str((await session.scalars(select(Fund.id))).one()),
        "{intake_id:str}": str(match.intake_id),
        "{call_id:str}": str(call.id),
        "{service_id:str}": str(intake.service_id),
        "{provider_id:str}": str(tom.provider_id),
        "{user_id:str}": str(tom.id),
        "{ask_id:str}": str(await session.scalar(select(Ask.id).order_by(Ask.id))),
        "{request_id:str}": str(request.id),
        "{token:str}": offer.removeprefix("/o/"),
        "{offer_id:str}": str((await world.offer_of(session, ref)).id),
        # None is raised in the small world: another council's is tried by a test of its own.
        "{concern_id:str}": "00000000-0000-4000-8000-000000000000",
        "{message_id:str}": "00000000-0000-4000-8000-000000000000",
        "{kind:str}": "hidden",
        "{first_id:str}": str(first),
        "{second_id:str}": str(second),
        "{drop_id:str}": str(second),
        "{file_path:path}": "favicon.svg",
        "{ask:str}": "agreement",
        "{month:str}": "2026-01",
        # No rule stands in this world: tests/web/test_pair_rules.py makes its own.
        "{rule_id:str}": "00000000-0000-4000-8000-000000000000",
        # None is made in the small world: another's is tried in tests/web/test_tokens.py.
        "{token_id:str}": "00000000-0000-4000-8000-000000000000",
        "{family_ref:str}": ref,
        "{need:str}": "parenting",
        "{rights_id:str}": str(await session.scalar(select(RightsRequest.id))),
        "{what:str}": "family",
        "{one:str}": str(match.family_id),
        "{entry_id:str}": str(entry.id),
        "{commissioner_id:str}": str(amina.commissioner_id),
        **await volunteers_at_hand.path_parts(session, settings, route.path),
        "{id_:str}": "00000000-0000-4000-8000-000000000000",
    }
    path = route.path
    for name, value in given.items():
        path = path.replace(name, value)
    assert "{" not in path, f"{route} has a part that these tests do not know"
    return path
