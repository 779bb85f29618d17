"""Amina's colleagues: who has a second step, and the way back in for whoever lost a telephone."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.services.staff import second_step_reset
from marketplace.web.forms import parse_id
from marketplace.web.rendering import WebRequest, page


@get("/colleagues")
async def show_colleagues(
    request: WebRequest, session: NamedDependency[AsyncSession], done: FromQuery[str] = ""
) -> Template:
    found = await second_step_reset.list_colleagues(session, actor=request.user)
    return page(
        request,
        "commissioner/colleagues.html",
        people=[
            {
                "id": user.id,
                "name": user.name,
                "email": user.email,
                "role": user.role,
                "set_up_at": step.set_up_at if step else None,
                "is_me": user.id == request.user.id,
            }
            for user, step in found
        ],
        is_done=done == "reset",
    )


@post("/colleagues/{user_id:str}/reset")
async def reset(
    request: WebRequest, session: NamedDependency[AsyncSession], user_id: FromPath[str]
) -> Redirect:
    await second_step_reset.reset_second_step(session, parse_id(user_id), actor=request.user)
    return Redirect("/commissioner/colleagues?done=reset", status_code=303)


HANDLERS = [show_colleagues, reset]
