"""Behind the link in a digest: who waited then, yes or no. No password, no name, no more."""

from litestar import Router, get, head, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider
from marketplace.db.plans import Match
from marketplace.errors import BadFormError, NotFoundError
from marketplace.reasons import reasons_of
from marketplace.services.sending import digests
from marketplace.web import forms
from marketplace.web.forms import parse_id
from marketplace.web.pages import provider_views
from marketplace.web.rendering import Paging, WebRequest, as_errors, page


@get("/{token:str}")
async def show_waiting(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    return await _show(request, session, token)


@head("/{token:str}", media_type="text/html", sync_to_thread=False)
def head_waiting(token: FromPath[str]) -> None:
    """A scanner's look changes nothing."""


@post("/{token:str}")
async def answer_waiting(
    request: WebRequest, session: NamedDependency[AsyncSession], token: FromPath[str]
) -> Template:
    digest = await digests.find_digest(session, token)
    form = await request.form()
    match_id = parse_id(forms.text(form, "match"))
    says_yes = forms.text(form, "answer") == "yes"
    code = None if says_yes else forms.text(form, "code")
    try:
        await digests.answer_by_link(session, digest, match_id, code=code)
    except BadFormError as error:
        faults = {f"code-{match_id}": str(error)}
        return await _show(request, session, token, faults=faults)
    except NotFoundError:
        return await _show(request, session, token, done="gone")
    return await _show(request, session, token, done="yes" if says_yes else "no")


async def _show(
    request: WebRequest,
    session: AsyncSession,
    token: str,
    *,
    faults: dict[str, str] | None = None,
    done: str = "",
) -> Template:
    digest = await digests.find_digest(session, token)
    provider = await session.get_one(Provider, digest.provider_id)
    waiting = await provider_views.read_matches(
        session,
        digests.waiting_behind(digest).order_by(Match.waits_since, Match.id),
        paging=Paging(wanted=1, rows=0, path="", query={}),
    )
    return page(
        request,
        "public/claim_link.html",
        status=422 if faults else 200,
        errors=as_errors(faults or {}),
        token=token,
        provider_name=provider.name,
        groups=await provider_views.waiting_groups(session, waiting),
        reasons=[{"code": one.code, "text": one.label} for one in reasons_of("provider")],
        done=done,
    )


ROUTER = Router(
    "/p",
    route_handlers=[show_waiting, head_waiting, answer_waiting],
    opt={"audience": "public"},
    # A stranger may post here: a small body is enough.
    request_max_body_size=4096,
)
