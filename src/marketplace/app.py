"""The web application: routes, and what stands around every one of them."""

import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.db.acting import PUBLIC
from marketplace.db.session import make_engine, make_sessions, transaction
from marketplace.lifetimes import end_with_parent
from marketplace.logs import configure_logs
from marketplace.paths import static_dir
from marketplace.services.staff.reading import note_reads
from marketplace.settings import Settings, read_settings
from marketplace.templating import build_environment
from marketplace.web.api.door import guard_api
from marketplace.web.api.problems import show_error
from marketplace.web.auth import StaffAuthentication, refuse_foreign_posts, require_audience
from marketplace.web.checked_input import (
    MOST_BODY_BYTES,
    CheckedRequest,
    refuse_unfit_address,
)
from marketplace.web.headers import set_headers
from marketplace.web.rendering import WebRequest
from marketplace.web.routes import routes

POOL_SIZE = 10


async def provide_session(state: State, request: WebRequest) -> AsyncGenerator[AsyncSession]:
    """The only generator among the dependencies: two would turn a failed commit into a 500."""
    actor: Actor | None = request.user
    acting = actor.acting(deed=request.method not in {"GET", "HEAD"}) if actor else PUBLIC
    async with transaction(state.sessions, acting) as session:
        yield session
        if actor and request.method == "GET":
            await note_reads(session, actor=actor)


def create_app(settings: Settings) -> Litestar:
    engine = make_engine(settings.database_url, pool_size=POOL_SIZE, max_overflow=0)

    @asynccontextmanager
    async def close_engine(_: Litestar) -> AsyncGenerator[None]:
        yield
        await engine.dispose()

    sessions = make_sessions(engine, settings)
    application = Litestar(
        route_handlers=[
            *routes(settings),
            create_static_files_router(
                path="/static", directories=[static_dir()], opt={"audience": "public"}
            ),
        ],
        state=State({"settings": settings, "sessions": sessions, "transparency": {}}),
        dependencies={"session": Provide(provide_session)},
        request_class=CheckedRequest,
        request_max_body_size=MOST_BODY_BYTES,
        middleware=[StaffAuthentication],
        guards=[refuse_unfit_address, require_audience],
        before_send=[set_headers],
        before_request=refuse_foreign_posts,
        exception_handlers={Exception: show_error},
        template_config=TemplateConfig(
            instance=JinjaTemplateEngine.from_environment(build_environment())
        ),
        lifespan=[close_engine],
        openapi_config=None,
        debug=False,
    )
    # Around the routing too: without a token nobody learns which addresses there are.
    application.asgi_handler = guard_api(application.asgi_handler, sessions)
    return application


def app() -> Litestar:
    """For the server's worker processes, which read the settings that `serve` passed on."""
    configure_logs()
    end_with_parent()
    application = create_app(read_settings())
    # What is loaded now stays to the end: let the collector not walk through it ever again.
    gc.collect()
    gc.freeze()
    return application
