"""All that can be read in a world, and what the next plan is reckoned from, to be held against
another world that is the same to the last id.
"""

import io
import logging
import pickle
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import small_world as world
from addresses import OWNER, Route, api_routes, listed_routes, real_path
from api_at_hand import program, token_of
from litestar import Litestar
from structlog.testing import capture_logs

from marketplace.app import create_app
from marketplace.db.acting import EXCHANGE
from marketplace.db.plans import Plan
from marketplace.db.session import Sessions, transaction
from marketplace.demo.loading import make_sign_in_path
from marketplace.services.figures.monthly_figures import BY
from marketplace.settings import Settings
from marketplace.worker.planning import Tables, translate
from marketplace.worker.rows import read_rows
from marketplace.worker.stating import state_problem, suitable_pairs

# Who reads, by the pages of which audience; Wendy's group is the one that is said no to.
READERS = {
    "the public": ("public", ""),
    "commissioner": ("commissioner", OWNER["commissioner"]),
    "practitioner": ("practitioner", OWNER["practitioner"]),
    "another charity": ("provider", world.TOM),
    "the charity": ("provider", world.WENDY),
}
PROGRAMS = {"the council": world.AMINA, "the charity": world.WENDY}
# Of every browser its own, or of the clock.
OWN = re.compile(
    r'nonce="[^"]*"|nonce-[\w=+/-]+|value="[0-9a-f]{32,}"|\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?(?:am|pm)?'
)
SKIPPED = ("/dev/", "/static/", "/sign-in", "/v/", "/confirm/", "/join/{", "/ask/", "/p/", "/o/")
FIGURES = ("/commissioner/figures", "/commissioner/figures.csv")
Pages = dict[str, str]


@dataclass
class Seen:
    """`pages`: reader and address → what is read there; `engine`: part → what the model is told."""

    pages: Pages = field(default_factory=dict)
    engine: Pages = field(default_factory=dict)
    logs: list[str] = field(default_factory=list)
    tables: Tables | None = None


@contextmanager
def logged(seen: Seen) -> Iterator[None]:
    """Everything that is written to a log meanwhile."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            # What these tests' own browsers say of themselves is none of the exchange's.
            if not record.name.startswith("httpx"):
                seen.logs.append(f"{record.name} {record.getMessage()}")

    handler, root = Handler(), logging.getLogger()
    root.addHandler(handler)
    try:
        with capture_logs() as entries:
            yield
    finally:
        root.removeHandler(handler)
    seen.logs += map(str, entries)


async def read_pages(sessions: Sessions, settings: Settings, *, ref: str) -> Pages:
    """As each reader: pages, feeds, files; of this family where an address names one."""
    application = create_app(settings)
    pages = {}
    async with application.lifespan():
        for reader, (audience, email) in READERS.items():
            transport = httpx.ASGITransport(app=application)
            async with httpx.AsyncClient(
                transport=transport, base_url=settings.base_url
            ) as browser:
                if email:
                    await browser.post(await make_sign_in_path(sessions, email))
                for path in await _paths(sessions, settings, readable_routes(audience), ref):
                    pages[f"{reader} {path}"] = as_read(await browser.get(path))
        return pages | await _read_api(application, sessions, settings, ref)


async def _read_api(
    application: Litestar, sessions: Sessions, settings: Settings, ref: str
) -> Pages:
    pages = {}
    routes = [route for route in api_routes() if route.method == "GET"]
    for whose, email in PROGRAMS.items():
        async with program(application, await token_of(sessions, email)) as client:
            for path in await _paths(sessions, settings, routes, ref):
                pages[f"a program of {whose} {path}"] = as_read(await client.get(path))
    return pages


def readable_routes(audience: str) -> list[Route]:
    return [
        route
        for route in listed_routes()
        if route.method == "GET"
        and route.audience == audience
        and not route.path.startswith(SKIPPED)
    ]


async def _paths(
    sessions: Sessions, settings: Settings, routes: list[Route], ref: str
) -> list[str]:
    async with transaction(sessions, EXCHANGE) as session:
        paths = [await real_path(session, settings, route, ref=ref) for route in routes]
    this_month = [path.replace("2026-01", f"{world.today():%Y-%m}") for path in paths]
    by_kind = [f"{path}?by={by}" for path in paths if path in FIGURES for by in BY]
    return list(dict.fromkeys([*paths, *this_month, *by_kind]))


def as_read(answer: httpx.Response) -> str:
    kind = answer.headers.get("content-type", "")
    text = ""
    if kind.startswith("text") or "json" in kind:
        text = answer.text
    elif "zip" in kind:
        with zipfile.ZipFile(io.BytesIO(answer.content)) as files:
            text = "".join(f"{name}\n{files.read(name).decode()}" for name in files.namelist())
    return f"{answer.status_code} " + OWN.sub("", text)


async def read_tables(sessions: Sessions, seen: Seen) -> None:
    """What the next plan is reckoned from, part by part, but which pairs are refused."""
    async with transaction(sessions, EXCHANGE) as session:
        last = await world.plan_of(session, world.AMINA)
        plan = Plan(commissioner_id=last.commissioner_id, number=99, seed=1, options={})
        plan.policy, plan.kind = last.policy, "everyone"
        rows = await read_rows(session, plan)
        seen.tables = translate(rows)
        parts: dict[str, Any] = vars(seen.tables) | {
            "held back": sorted(rows.held_back.items()),
            "evidence": sorted(rows.evidence.items()),
            "may help": sorted(rows.may_help),
        }
        seen.engine = {name: repr(pickle.dumps(part)) for name, part in parts.items()}


@dataclass(frozen=True)
class Stated:
    """What the engine is given: pairs and supports by their names, and all else."""

    pairs: dict[tuple[str, str], tuple[int, ...]]
    supports: dict[str, tuple[int, ...]]
    rest: Pages


def stated(tables: Tables) -> Stated:
    problem = state_problem(tables, suitable_pairs(tables)).problem
    needs, supports = list(problem.need_ids), list(problem.support_ids)
    places = (problem.support_places, problem.support_at_least, problem.opening_cost)
    figures = (problem.pair_cost, problem.pair_places, problem.pair_price)
    names = zip(problem.pair_need, problem.pair_support, strict=True)
    # A support that nobody can have is no part of the problem, so what points to one moves; and
    # the surcharge for reaching nobody is reckoned from the dearest pair that is left.
    fixed = {
        name: part
        for name, part in vars(problem).items()
        if not name.startswith(("pair_", "support_", "opening_", "provider_", "none_met_"))
    }
    return Stated(
        pairs={
            (needs[need], supports[support]): tuple(map(int, row))
            for (need, support), row in zip(names, zip(*figures, strict=True), strict=True)
        },
        supports={
            name: tuple(map(int, row))
            for name, row in zip(supports, zip(*places, strict=True), strict=True)
        },
        rest={name: repr(pickle.dumps(part)) for name, part in fixed.items()},
    )
