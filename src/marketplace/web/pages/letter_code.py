"""Where the code of a letter is typed; it leads to the page that the link would have opened."""

from litestar import Router, get, head, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.services.offers import letter_codes
from marketplace.services.offers.offer_messages import CODE_PAGE
from marketplace.web import forms
from marketplace.web.rendering import WebRequest, as_errors, page

# The same for a code that never was, was of another letter, or is misread.
WRONG = "We have no letter with this code. Check it and type it again"


@get("/", sync_to_thread=False)
def ask_for_code(request: WebRequest) -> Template:
    return _show(request)


@head("/", media_type="text/html", sync_to_thread=False)
def head_code() -> None:
    """A scanner's look changes nothing."""


@post("/")
async def take_code(
    request: WebRequest, session: NamedDependency[AsyncSession]
) -> Template | Redirect:
    typed = forms.text(await request.form(), "code", longest=60)
    if not typed:
        return _show(request, fault="Type the code from your letter", status=422)
    token = await letter_codes.find_token(session, typed)
    if token is None:
        return _show(request, fault=WRONG, status=422, typed=typed)
    return Redirect(f"/o/{token}", status_code=303)


def _show(request: WebRequest, *, fault: str = "", status: int = 200, typed: str = "") -> Template:
    errors = as_errors({"code": fault} if fault else {})
    return page(request, "family/letter_code.html", status=status, errors=errors, code=typed)


ROUTER = Router(
    f"/{CODE_PAGE}",
    route_handlers=[ask_for_code, head_code, take_code],
    opt={"audience": "family"},
    # A stranger may post here: a small body is enough.
    request_max_body_size=4096,
)
