"""Whether the application can work: migrated, and in the demo loaded and planned."""

from litestar import Response, get
from litestar.di import NamedDependency
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.db.acting import by_exchange
from marketplace.db.migrate import newest_revision
from marketplace.db.plans import Plan
from marketplace.settings import Settings
from marketplace.web.rendering import WebRequest

NOT_YET = 503


@get("/readyz", opt={"audience": "public"})
async def is_ready(request: WebRequest, session: NamedDependency[AsyncSession]) -> Response[str]:
    settings: Settings = request.app.state.settings
    revision = await session.scalar(text("SELECT version_num FROM alembic_version"))
    if revision != newest_revision():
        return Response("not migrated yet\n", status_code=NOT_YET, media_type="text/plain")
    if settings.demo and not await _is_planned(session):
        return Response(
            "the county is still being planned\n", status_code=NOT_YET, media_type="text/plain"
        )
    return Response("ready\n", media_type="text/plain")


@by_exchange
async def _is_planned(session: AsyncSession) -> bool:
    plan = await session.scalar(select(Plan.id).where(Plan.result.is_not(None)).limit(1))
    return plan is not None
