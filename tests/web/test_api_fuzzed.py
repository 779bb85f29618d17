"""What the API says of itself is so, whatever is sent: every operation, asked by schemathesis."""

import asyncio
import tomllib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
import schemathesis
import small_world as world
from api_at_hand import token_of
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from world_databases import KEY, Worlds

from directory.models import Intake
from marketplace.app import create_app
from marketplace.db.acting import EXCHANGE
from marketplace.db.session import make_engine, make_sessions, transaction
from marketplace.services.staff.api_tokens import SCOPES
from marketplace.settings import Settings
from marketplace.web.api import door
from marketplace.web.api.openapi import describe
from marketplace.web.api.router import HANDLERS

BASE = "http://testserver.local"
SHARED = tomllib.loads(Path(__file__).with_name("schemathesis.toml").read_text())
CONFIG = {
    "seed": 20260501,
    "generation": {"max-examples": 4, "deterministic": True, "database": "none"},
    # Without a token: asked by a test of its own, before any address is looked at.
    "checks": SHARED["checks"] | {"ignored_auth": {"enabled": False}},
}
SCHEMA = schemathesis.openapi.from_dict(
    describe(HANDLERS, BASE), config=SchemathesisConfig.from_dict(CONFIG)
)


class Api:
    """The application in one event loop, spoken to from tests that have none."""

    def __init__(self, settings: Settings, runner: asyncio.Runner) -> None:
        self.runner = runner
        application = create_app(settings)
        self.engine: AsyncEngine = application.state.sessions.kw["bind"]
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=application), base_url=BASE
        )
        self.tokens, self.known = runner.run(self._prepare(settings))
        self.turns = count()

    @staticmethod
    async def _prepare(settings: Settings) -> tuple[dict[str, str], dict[str, str]]:
        engine = make_engine(settings.database_url)
        sessions = make_sessions(engine, settings)
        tokens = {
            "commissioner": await token_of(sessions, world.AMINA),
            "provider": await token_of(sessions, world.TOM),
        }
        async with transaction(sessions, EXCHANGE) as session:
            match = await world.match_of(session, "KELLY")
            known = {
                "plan_id": str(match.plan_id),
                "match_id": str(match.id),
                "intake_id": str(await session.scalar(select(Intake.id).limit(1))),
                "family_ref": "KELLY",
                "need": "parenting",
                "month": "2026-10",
            }
        await engine.dispose()
        return tokens, known

    def token_for(self, case: Case) -> str:
        told = case.operation.definition.raw["description"]
        return next(self.tokens[whose] for whose in SCOPES if f"of a {whose}’s token" in told)

    def close(self) -> None:
        self.runner.run(self.engine.dispose())

    def send(self, **asked: Any) -> httpx.Response:
        if isinstance(asked.get("data"), (bytes, str)):
            asked["content"] = asked.pop("data")
        return self.runner.run(self.client.request(**asked))


@pytest.fixture(scope="module")
def api(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One world for all: what an operation leaves behind is what the next must cope with."""
    database = worlds.make("claimed")
    folder = tmp_path_factory.mktemp("fuzzed")
    settings = Settings(
        base_url=BASE,
        secret_keys=(KEY,),
        database_url=database.application_url,
        migration_database_url=database.owner_url,
        mail_url=f"folder://{folder}",
        data_dir=folder,
    )
    with asyncio.Runner() as runner, patch.object(door, "MOST_CALLS_A_MINUTE", 10**9):
        api = Api(settings, runner)
        yield api
        api.close()
    worlds.drop(database)


@SCHEMA.parametrize()
def test_every_operation_keeps_to_its_description(case: Case, api: Api) -> None:
    is_well_formed = case.meta is None or case.meta.generation.mode.is_positive
    if next(api.turns) % 2 and case.path_parameters and is_well_formed:
        # Every other time something that is there, so that more is tried than the way to a 404.
        case.path_parameters |= {
            name: api.known[name] for name in case.path_parameters if name in api.known
        }
    token = {"Authorization": f"Bearer {api.token_for(case)}"}
    asked = case.as_transport_kwargs(base_url=BASE + door.API, headers=token)
    asked.pop("cookies")
    case.validate_response(api.send(**asked))
