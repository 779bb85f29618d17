"""The listed routes as addresses of the small world, each with somebody who owns what is asked."""

from dataclasses import dataclass
from pathlib import Path

import small_world as world
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.offers import Call
from marketplace.settings import Settings

OWNER = {"commissioner": world.AMINA, "practitioner": world.PRIYA, "provider": world.TOM}
STRANGER = {"commissioner": world.OLGA, "practitioner": world.PETRA, "provider": world.WENDY}


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    audience: str

    @property
    def names_one(self) -> bool:
        return "{" in self.path

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def listed_routes() -> list[Route]:
    lines = Path(__file__).with_name("routes.txt").read_text().splitlines()
    return [Route(*line.split()) for line in lines]


def staff_routes() -> list[Route]:
    return [route for route in listed_routes() if route.audience in OWNER]


async def real_path(session: AsyncSession, settings: Settings, route: Route) -> str:
    """The address with ids of things that belong to the first council and to Tom."""
    match = await world.match_of(session, "KELLY")
    call = (await session.scalars(select(Call).order_by(Call.id))).first()
    offer = await world.offer_link(session, settings, "KELLY")
    given = {
        "{plan_id:str}": str(match.plan_id),
        "{match_id:str}": str(match.id),
        "{intake_id:str}": str(match.intake_id),
        "{call_id:str}": str(call.id),
        "{token:str}": offer.removeprefix("/o/"),
        "{message_id:str}": "00000000-0000-4000-8000-000000000000",
        "{file_path:path}": "favicon.svg",
        "{id_:str}": "00000000-0000-4000-8000-000000000000",
    }
    path = route.path
    for name, value in given.items():
        path = path.replace(name, value)
    assert "{" not in path, f"{route} has a part that these tests do not know"
    return path
