"""Uses the pages as a person does: follows links, fills in forms, reads what comes back."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx


class PageError(Exception):
    """A page did not answer as it should have."""


# A name that stands several times in a form has all of its values.
Fields = dict[str, str | list[str]]


@dataclass
class Form:
    action: str
    fields: Fields = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class Page:
    path: str
    html: str
    forms: list[Form]
    links: list[str]
    title: str

    def form(self, ending: str) -> Form | None:
        """The first form whose action ends so."""
        found = (one for one in self.forms if one.action.partition("?")[0].endswith(ending))
        return next(found, None)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.title = ""
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._inside = tag
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag in {"input", "button"} and self.forms and given.get("name"):
            self._take_field(self.forms[-1], given)

    def handle_data(self, data: str) -> None:
        if self._inside == "h1":
            self.title += data
        self._inside = ""

    def _take_field(self, form: Form, given: dict[str, str]) -> None:
        if given.get("type") in {"radio", "checkbox"}:
            form.choices.setdefault(given["name"], []).append(given.get("value", ""))
            if "checked" in given:
                form.fields[given["name"]] = given.get("value", "")
        elif given.get("type") not in {"submit", "file"}:
            name, value = given["name"], given.get("value", "")
            before = form.fields.get(name, [])
            so_far = before if isinstance(before, list) else [before]
            form.fields[name] = [*so_far, value] if so_far else value


class Person:
    """Somebody at a browser, with their own cookies."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str) -> Page:
        return self._read(await self.client.get(path, follow_redirects=True))

    async def post(
        self,
        path: str,
        fields: Fields,
        *,
        file: tuple[str, bytes] | None = None,
        expect: int = 200,
    ) -> Page:
        files = {"file": (file[0], file[1], "text/csv")} if file else None
        answer = await self.client.post(path, data=fields, files=files, follow_redirects=True)
        return self._read(answer, expect=expect)

    async def press(self, page: Page, ending: str, **fields: str) -> Page:
        """Send the form whose address ends so, with its hidden fields and these answers."""
        form = page.form(ending)
        if form is None:
            raise PageError(f"{page.path} has no form for {ending}")
        return await self.post(form.action, {**form.fields, **fields})

    async def sign_in(self, path: str) -> Page:
        return await self.press(await self.get(path), path)

    def _read(self, answer: httpx.Response, *, expect: int = 200) -> Page:
        path = answer.url.raw_path.decode()
        if answer.status_code != expect:
            told = re.sub(r"<[^>]+>|\s+", " ", answer.text.partition("<main")[2])[:600]
            raise PageError(f"{answer.request.method} {path}: {answer.status_code} {told}")
        reader = _Reader()
        reader.feed(answer.text)
        return Page(path, answer.text, reader.forms, reader.links, reader.title.strip())
