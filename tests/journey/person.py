"""Somebody at a browser of their own; every page they see is looked over."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from pictures import save_picture
from playwright.sync_api import Page

from marketplace.settings import Settings

TELEPHONE = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 800}


@dataclass
class Person:
    """`page` runs no scripts; `mirror`, which does, shows the same page to the examiner."""

    page: Page
    mirror: Page
    site: Settings
    name: str = ""
    pictures: Path | None = None
    taken: int = 0
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.site.base_url + path)
        self.look_over()

    def press(self, name: str, *, within: str = "main") -> None:
        """Press the first button of this name, and see the page that follows."""
        button = self.page.locator(within).get_by_role("button", name=re.compile(name)).first
        with self.page.expect_navigation():
            button.click()
        self.look_over()

    def follow(self, name: str) -> None:
        link = self.page.locator("main, .govuk-back-link").get_by_role(
            "link", name=re.compile(name)
        )
        with self.page.expect_navigation():
            link.first.click()
        self.look_over()

    def choose(self, name: str, *, within: str = "main") -> None:
        """Tick the first box or radio of this name."""
        words = re.compile(name)
        place = self.page.locator(within)
        box = place.get_by_role("radio", name=words).or_(place.get_by_role("checkbox", name=words))
        box.first.check()

    def fill(self, **values: str) -> None:
        """By the names of the fields."""
        for name, value in values.items():
            self.page.locator(f"main [name='{name}']").first.fill(value)

    def reads(self, *expected: str) -> None:
        words = self.words
        for one in expected:
            assert one in words, f"{one!r} is not on {self.page.url}:\n{words}"

    def does_not_read(self, *forbidden: str) -> None:
        words = self.words
        assert [one for one in forbidden if one in words] == [], self.page.url

    def look_over(self) -> None:
        where = f"{self.page.url}: {self.page.title()}"
        assert self.page.locator("h1").count() == 1, where
        assert self.complaints == [], where

    def show(self, what: str, *, number: int = 0, above: str = "") -> None:
        """A page that matters: narrow enough, within everyone's reach, and a picture if asked.

        `number` where two people share a story; the picture begins at what stands `above`.
        """
        wide, where = self.page.viewport_size, f"{self.page.url}: {self.page.title()}"
        reflect(self.page, self.mirror)
        assert self.mirror.evaluate("document.documentElement.scrollWidth") <= 320, where
        assert violations(self.mirror) == [], where
        self.taken = number or self.taken + 1
        if self.pictures:
            for size in (TELEPHONE, DESK):
                self.page.set_viewport_size(size)
                name = f"{self.taken:02}-{what}-{size['width']}.png"
                save_picture(self.page, self.pictures / self.name / name, above)
        self.page.set_viewport_size(wide)

    @property
    def words(self) -> str:
        return " ".join(self.page.locator("main").inner_text().split())


def reflect(page: Page, mirror: Page) -> None:
    """The same page once more, without asking the application again."""
    url, html = page.url, page.content()
    mirror.route(url, lambda route: route.fulfill(body=html, content_type="text/html"))
    mirror.goto(url)
    mirror.unroute(url)


def violations(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    told = [(one["id"], node["html"]) for one in found for node in one["nodes"]]
    # GOV.UK's radios say aria-expanded where a choice opens a field: kept by them on purpose.
    return [
        (rule, html)
        for rule, html in told
        if not (rule == "aria-allowed-attr" and "govuk-radios__input" in html)
    ]


def watch(person: Person) -> None:
    """Note what no page may do: speak on the console, fail, or ask anybody else."""
    page, home = person.page, person.site.base_url

    def note_request(url: str) -> None:
        if not url.startswith((home, "data:")):
            person.complaints.append(f"asked {url}")

    def note_words(words: str) -> None:
        # What a form lacks is told on the page; the browser mentions the status as well.
        if "status of 422" not in words:
            person.complaints.append(words)

    page.on("console", lambda message: note_words(message.text))
    page.on("pageerror", lambda error: person.complaints.append(str(error)))
    page.on("request", lambda request: note_request(request.url))
