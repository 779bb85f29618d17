"""Every need by pseudonym: found, filtered, taken back and published again."""

from typing import Annotated, Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Template
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from directory.taxonomy import load_taxonomy
from marketplace.access import Actor, readable_families, readable_needs
from marketplace.db.families import Family, Need, NeedFile
from marketplace.errors import NotFoundError
from marketplace.services.needs import withdrawals
from marketplace.services.needs.withdrawals import Choice, readable_files
from marketplace.states import NeedState
from marketplace.web import words
from marketplace.web.forms import parse_id
from marketplace.web.rendering import PageNumber, Paging, WebRequest, page

PATH = "/commissioner/needs"
KINDS = ("need", "family", "file")
MAY_WITHDRAW = (NeedState.DRAFT, NeedState.PUBLISHED, NeedState.PLANNED)


@get("/needs")
async def list_needs(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    family: FromQuery[str] = "",
    need: FromQuery[str] = "",
    standing: Annotated[str, QueryParameter(name="state")] = "",
    page_number: PageNumber = 1,
) -> Template:
    actor: Actor = request.user
    given = {"family": family.strip(), "need": need, "state": standing}
    chosen = _filtered(actor, given)
    count = await session.scalar(select(func.count()).select_from(chosen.subquery()))
    paging = Paging(page_number, count or 0, PATH, given)
    found = await session.scalars(
        chosen.options(contains_eager(Need.family))
        .order_by(Family.ref, Need.code)
        .offset(paging.offset)
        .limit(paging.size)
    )
    one_family = await session.scalar(_family(actor, given["family"])) if family.strip() else None
    return page(
        request,
        "commissioner/needs.html",
        needs=[_line(one) for one in found],
        page=paging.as_context(),
        given=given,
        is_filtered=any(given.values()),
        family_id=one_family.id if one_family else None,
        need_choices=[{"code": code, "text": term.label} for code, term in load_taxonomy().items()],
        state_choices=[{"code": code, "text": text} for code, text in words.NEED_STATES.items()],
    )


def _filtered(actor: Actor, given: dict[str, str]) -> Select[Need]:
    chosen = readable_needs(actor)
    if given["family"]:
        chosen = chosen.where(func.upper(Family.ref) == given["family"].upper())
    if given["need"]:
        chosen = chosen.where(Need.code == given["need"])
    if given["state"]:
        chosen = chosen.where(Need.state == given["state"])
    return chosen


def _family(actor: Actor, ref: str) -> Select[Family]:
    return readable_families(actor).where(func.upper(Family.ref) == ref.upper()).limit(1)


def _line(need: Need) -> dict[str, Any]:
    return {
        "id": need.id,
        "family_id": need.family_id,
        "pseudonym": need.family.ref,
        "need_text": words.need_text(need.code),
        "level": need.level,
        "area": need.family.outward or "No fixed abode",
        "source_text": words.source_text(need.source),
        "state_text": words.NEED_STATES[need.state],
        "valid_until": need.valid_until,
        "may_withdraw": need.state in MAY_WITHDRAW,
        "is_withdrawn": need.state == NeedState.WITHDRAWN,
    }


@get("/needs/files")
async def list_files(
    request: WebRequest, session: NamedDependency[AsyncSession], page_number: PageNumber = 1
) -> Template:
    readable = readable_files(request.user)
    count = await session.scalar(select(func.count()).select_from(readable.subquery()))
    paging = Paging(page_number, count or 0, f"{PATH}/files", {})
    files = await session.scalars(
        readable.order_by(NeedFile.sent_at.desc(), NeedFile.id)
        .offset(paging.offset)
        .limit(paging.size)
    )
    shown = files.all()
    counts = await _count_by_file(session, [one.id for one in shown])
    return page(
        request,
        "commissioner/need_files.html",
        files=[
            {
                "id": one.id,
                "name": one.name or "Without a file",
                "sent_by": one.sent_by,
                "sent_at": one.sent_at,
                "needs": sum(counts.get(one.id, {}).values()),
                "withdrawn": counts.get(one.id, {}).get(NeedState.WITHDRAWN, 0),
            }
            for one in shown
        ],
        page=paging.as_context(),
    )


async def _count_by_file(session: AsyncSession, ids: list[Any]) -> dict[Any, dict[str, int]]:
    rows = await session.execute(
        select(Need.file_id, Need.state, func.count())
        .where(Need.file_id.in_(ids))
        .group_by(Need.file_id, Need.state)
    )
    counts: dict[Any, dict[str, int]] = {}
    for file_id, state, number in rows:
        counts.setdefault(file_id, {})[state] = number
    return counts


@get("/needs/{what:str}/{one:str}/withdraw")
async def withdraw_form(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    what: FromPath[str],
    one: FromPath[str],
    done: FromQuery[str] = "",
) -> Template:
    """What taking it back would do, before it is done; and afterwards the way back."""
    actor: Actor = request.user
    choice = _choice(what, one)
    outlook = await withdrawals.look_ahead(session, choice, actor=actor)
    return page(
        request,
        "commissioner/withdraw.html",
        choice={"what": choice.what, "one": str(choice.id)},
        name=await _name(session, choice, actor),
        outlook=outlook,
        done=done,
    )


@post("/needs/{what:str}/{one:str}/withdraw")
async def withdraw(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    what: FromPath[str],
    one: FromPath[str],
) -> Redirect:
    choice = _choice(what, one)
    await withdrawals.look_ahead(session, choice, actor=request.user)
    await withdrawals.withdraw_needs(session, choice, actor=request.user)
    return _back_to(choice, "withdrawn")


@post("/needs/{what:str}/{one:str}/publish-again")
async def publish_again(
    request: WebRequest,
    session: NamedDependency[AsyncSession],
    what: FromPath[str],
    one: FromPath[str],
) -> Redirect:
    choice = _choice(what, one)
    await withdrawals.look_ahead(session, choice, actor=request.user)
    await withdrawals.publish_again(session, choice, actor=request.user)
    return _back_to(choice, "published")


def _back_to(choice: Choice, done: str) -> Redirect:
    address = f"{PATH}/{choice.what}/{choice.id}/withdraw?done={done}"
    return Redirect(address, status_code=303)


def _choice(what: str, one: str) -> Choice:
    if what not in KINDS:
        raise NotFoundError
    return Choice(what, parse_id(one))


async def _name(session: AsyncSession, choice: Choice, actor: Actor) -> str:
    """As Amina knows it; that it is hers has been seen to."""
    if choice.what == "file":
        file = await session.scalar(readable_files(actor).where(NeedFile.id == choice.id))
        return f"everything that {file.name or 'this sending'} brought" if file else ""
    chosen = readable_needs(actor).where(choice.condition).options(contains_eager(Need.family))
    need = (await session.scalars(chosen.limit(1))).one()
    if choice.what == "family":
        return f"all needs of {need.family.ref}"
    return f"{words.need_text(need.code)}, {need.family.ref}"


HANDLERS = [list_needs, list_files, withdraw_form, withdraw, publish_again]
