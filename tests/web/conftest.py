"""The small world, the application over it, and people at their browsers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import httpx
import pytest
from litestar import Litestar
from reading import SignIn
from world_databases import Database, Worlds

from marketplace.app import create_app
from marketplace.db.embedded import Cluster
from marketplace.db.session import Sessions
from marketplace.demo.loading import make_sign_in_path
from marketplace.settings import Settings


@pytest.fixture(scope="session")
def worlds(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    return Worlds(cluster, tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def database(worlds: Worlds, request: pytest.FixtureRequest) -> Iterator[Database]:
    """The world at the stage that a test's module names, or with offers made."""
    database = worlds.make(getattr(request.module, "STAGE", "claimed"))
    yield database
    worlds.drop(database)


@pytest.fixture
async def application(settings: Settings) -> AsyncIterator[Litestar]:
    application = create_app(settings)
    started, done = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # Begun and ended in one task, as its task group asks; a fixture's two halves are two.
        async with application.lifespan():
            started.set()
            await done.wait()

    life = asyncio.create_task(live())
    await started.wait()
    yield application
    done.set()
    await life


@pytest.fixture
async def open_browser(
    application: Litestar, settings: Settings
) -> AsyncIterator[Callable[[], Awaitable[httpx.AsyncClient]]]:
    async with AsyncExitStack() as stack:

        async def open_one() -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app=application)
            return await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url=settings.base_url)
            )

        yield open_one


@pytest.fixture
async def nobody(open_browser: Callable[[], Awaitable[httpx.AsyncClient]]) -> httpx.AsyncClient:
    """A browser in which nobody is signed in."""
    return await open_browser()


@pytest.fixture
async def sign_in(
    open_browser: Callable[[], Awaitable[httpx.AsyncClient]], sessions: Sessions
) -> SignIn:
    """Opens a browser and signs somebody in by a fresh link."""

    async def sign_in(email: str) -> httpx.AsyncClient:
        browser = await open_browser()
        answer = await browser.post(await make_sign_in_path(sessions, email))
        assert answer.status_code == 303, answer.text
        return browser

    return sign_in
