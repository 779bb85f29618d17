"""Every sample in a real browser: reachable for everyone, narrow enough, quiet under our policy."""

import os
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from jinja2 import Environment
from playwright.sync_api import Browser, Page, Route, sync_playwright
from rendering import render
from samples import Sample

from marketplace.paths import static_dir

pytestmark = pytest.mark.browser

SITE = "http://pages.test"
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self' 'nonce-a-nonce'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'"
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        reason = "there is no chromium on PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def narrow(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 320, "height": 640})
    yield page
    page.close()


def show(page: Page, html: str) -> None:
    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE).partition("?")[0]
        if path.startswith("/static/"):
            route.fulfill(path=static_dir() / path.removeprefix("/static/"))
        else:
            headers = {"content-security-policy": POLICY}
            route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=headers)

    page.route("**/*", answer)
    page.goto(SITE)


def test_a_page_is_right(narrow: Page, environment: Environment, sample: Sample) -> None:
    complaints: list[str] = []
    narrow.on("console", lambda message: complaints.append(message.text))
    narrow.on("pageerror", lambda error: complaints.append(str(error)))
    show(narrow, render(environment, sample))
    assert "govuk-frontend-supported" in (narrow.locator("body").get_attribute("class") or "")
    assert not complaints
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 320
    assert not violations(narrow)


def violations(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    told = [(one["id"], node["html"]) for one in found for node in one["nodes"]]
    return [(rule, html) for rule, html in told if not is_known_of_govuk(rule, html)]


def is_known_of_govuk(rule: str, html: str) -> bool:
    # GOV.UK's radios say aria-expanded where a choice opens a field: kept by them on purpose.
    return rule == "aria-allowed-attr" and "govuk-radios__input" in html
