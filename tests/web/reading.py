"""Reads pages: their forms, their text, their links."""

import re
from collections.abc import Awaitable, Callable
from html import unescape

import httpx

from marketplace.demo.browser import Form, _Reader

SignIn = Callable[[str], Awaitable[httpx.AsyncClient]]


def forms_of(answer: httpx.Response) -> list[Form]:
    """Every form of a page, with its hidden fields and its choices."""
    reader = _Reader()
    reader.feed(answer.text)
    return reader.forms


def form_of(answer: httpx.Response, ending: str) -> Form:
    """The form of a page whose address ends so."""
    found = [form for form in forms_of(answer) if form.action.partition("?")[0].endswith(ending)]
    assert found, f"no form for {ending} on {answer.url}"
    return found[0]


def words_of(answer: httpx.Response) -> str:
    """What a person reads on the page."""
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)))


async def csrf_of(browser: httpx.AsyncClient) -> str:
    """The token of the signed-in browser's own pages."""
    answer = await browser.get("/sign-in", follow_redirects=True)
    found = re.search(r'name="_csrf" value="([0-9a-f]+)"', answer.text)
    assert found, f"no token on {answer.url}"
    return found[1]
