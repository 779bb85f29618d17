"""The switch that stops all messages, the same for the commissioner and the practitioner."""

from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.access import Actor
from marketplace.services.sending import controls
from marketplace.web.rendering import WebRequest, page


async def messages_switch(session: AsyncSession, actor: Actor) -> dict[str, Any]:
    commissioner = await controls.get_commissioner(session, actor=actor)
    stopped_at = commissioner.messages_stopped_at
    by = await controls.who_stopped(session, commissioner) if stopped_at else ""
    return {"stopped": stopped_at is not None, "by": by, "at": stopped_at}


@get("/messages/start")
async def ask_to_start(request: WebRequest, session: NamedDependency[AsyncSession]) -> Template:
    actor: Actor = request.user
    return page(
        request,
        f"{actor.kind}/start_messages.html",
        messages=await messages_switch(session, actor),
        waiting=await controls.count_stopped(session, actor=actor),
    )


@post("/messages/start")
async def start_messages(request: WebRequest, session: NamedDependency[AsyncSession]) -> Redirect:
    await controls.start_messages(session, actor=request.user)
    return Redirect(f"/{request.user.kind}", status_code=303)


@post("/messages/stop")
async def stop_messages(request: WebRequest, session: NamedDependency[AsyncSession]) -> Redirect:
    await controls.stop_messages(session, actor=request.user)
    return Redirect(f"/{request.user.kind}", status_code=303)


HANDLERS = [ask_to_start, start_messages, stop_messages]
