"""The whole journey in a real browser, as the five people take it."""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import small_world as world
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from served import serve, sign_in_path
from world_databases import Worlds

from marketplace.db.embedded import Cluster
from marketplace.demo.servers import wait_until
from marketplace.paths import static_dir
from marketplace.settings import Settings, mail_folder

pytestmark = pytest.mark.browser

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TELEPHONE = {"width": 320, "height": 640}
DESK = {"width": 1200, "height": 800}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    built = (static_dir() / "built" / "main.css").exists()
    reason = "" if path else "there is no chromium on PATH"
    reason = reason or ("" if built else "the stylesheet is not built: make setup builds it")
    if reason:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def worlds(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    return Worlds(cluster, tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def site(worlds: Worlds, tmp_path: Path) -> Iterator[Settings]:
    with serve(worlds, tmp_path, stage="ground") as settings:
        yield settings


@dataclass
class Person:
    """Somebody at a browser of their own; every page they see is looked over."""

    page: Page
    site: Settings
    has_scripts: bool = True
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.site.base_url + path)
        self.look_over()

    def press(self, name: str) -> None:
        """Press the first button of this name, and see the page that follows."""
        button = self.page.get_by_role("button", name=re.compile(name)).first
        with self.page.expect_navigation():
            button.click()
        self.look_over()

    def look_over(self) -> None:
        page = self.page
        assert page.locator("h1").count() == 1
        where = f"{page.url}: {page.title()}"
        assert self.complaints == [], where
        if self.has_scripts:
            width = page.viewport_size["width"]
            assert page.evaluate("document.documentElement.scrollWidth") <= width, where
            assert violations(page) == [], where

    @property
    def words(self) -> str:
        return self.page.locator("main").inner_text()


def violations(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    told = [(one["id"], node["html"]) for one in found for node in one["nodes"]]
    # GOV.UK's radios say aria-expanded where a choice opens a field: kept by them on purpose.
    return [
        (rule, html)
        for rule, html in told
        if not (rule == "aria-allowed-attr" and "govuk-radios__input" in html)
    ]


@pytest.fixture
def meet(browser: Browser, site: Settings) -> Iterator[object]:
    contexts = []

    def meet(email: str = "", *, size: dict[str, int] = DESK, scripts: bool = True) -> Person:
        context = browser.new_context(viewport=size, java_script_enabled=scripts)
        contexts.append(context)
        person = Person(context.new_page(), site, has_scripts=scripts)
        watch(person)
        if email:
            person.open(sign_in_path(site, email))
            person.press("Sign in|Continue")
        return person

    yield meet
    for context in contexts:
        context.close()


def watch(person: Person) -> None:
    """Note what no page may do: speak on the console, fail, or ask anybody else."""
    page, home = person.page, person.site.base_url

    def note_request(url: str) -> None:
        if not url.startswith((home, "data:")):
            person.complaints.append(f"asked {url}")

    page.on("console", lambda message: person.complaints.append(message.text))
    page.on("pageerror", lambda error: person.complaints.append(str(error)))
    page.on("request", lambda request: note_request(request.url))


def test_from_the_needs_to_the_yes(site: Settings, meet: object, tmp_path: Path) -> None:
    amina = meet(world.AMINA)
    plan = send_needs_and_plan(amina, tmp_path)
    look_at_each_family(meet(world.PRIYA), plan)
    approve_and_send_contacts(amina, plan, tmp_path)

    tom = meet(world.TOM, size=TELEPHONE)
    claim_all(tom)
    claim_all(meet(world.HANA, size=TELEPHONE))

    say_yes(meet(size=TELEPHONE), wait_for_link(site, "kelly.nocturne"), "5", "2019")
    # Once without JavaScript: the family that Grace cooks for.
    say_yes(meet(size=TELEPHONE, scripts=False), wait_for_link(site, "mara"), "4", "2021")

    tom.open("/provider/accepted")
    assert "Kelly Nocturne" in tom.words
    tom.press("We have spoken")
    tom.press("Help has started")
    tom.press("Yes, help has started")
    assert "They have come 0 times" in tom.words
    hana = meet(world.HANA, size=TELEPHONE)
    hana.open("/provider/accepted")
    assert "Mara Sandstone" in hana.words


def send_needs_and_plan(amina: Person, folder: Path) -> str:
    """The plan's id."""
    file = folder / "needs.csv"
    file.write_bytes(world.needs_csv())
    amina.open("/commissioner/needs/upload")
    amina.page.locator("input[type=file]").set_input_files(file)
    amina.press("Check and send")
    amina.open("/commissioner")
    amina.press("Make a plan")
    found = re.search(r"/plans/([0-9a-f-]{36})", amina.page.url)
    assert found
    path = f"/commissioner/plans/{found[1]}"

    def is_planned() -> bool:
        amina.page.goto(amina.site.base_url + path)
        return amina.page.locator(f"a[href='{path}/matches']").count() > 0

    wait_until(is_planned, seconds=120, what="Planning")
    for page in (path, f"{path}/matches", f"{path}/unmet"):
        amina.open(page)
    return found[1]


def look_at_each_family(priya: Person, plan: str) -> None:
    priya.open(f"/practitioner/plans/{plan}/review")
    agrees = priya.page.get_by_role("radio", name="Agree")
    assert agrees.count() == 9
    for number in range(agrees.count()):
        assert not agrees.nth(number).is_checked()
        agrees.nth(number).check()
    priya.press("Save this page")
    priya.open("/practitioner")
    priya.open("/practitioner/calls")


def approve_and_send_contacts(amina: Person, plan: str, folder: Path) -> None:
    amina.open(f"/commissioner/plans/{plan}")
    amina.press("Approve 8 families")
    file = folder / "contacts.csv"
    file.write_bytes(world.contacts_csv())
    amina.open("/commissioner/contacts/upload")
    amina.page.locator("input[type=file]").set_input_files(file)
    amina.press("Check and send")


def claim_all(tom: Person) -> None:
    tom.open("/provider")
    assert not [canary for canary in world.CANARIES if canary in tom.page.content()]
    waiting = tom.page.get_by_role("button", name=re.compile("Yes, we have a place"))
    assert waiting.count() > 0
    while waiting.count():
        tom.press("Yes, we have a place")
    tom.open("/provider/places")


def wait_for_link(site: Settings, address: str) -> str:
    """The path in the message to this address, once it has been sent."""
    found: list[str] = []

    def look() -> bool:
        for file in mail_folder(site).glob("*.eml"):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            if address in str(mail["To"]):
                text = mail.get_body(("plain",)).get_content()
                found.extend(re.findall(r"/o/[a-z0-9]+", text))
        return bool(found)

    wait_until(look, seconds=60, what=f"A message to {address}")
    return found[0]


def say_yes(kelly: Person, link: str, month: str, year: str) -> None:
    kelly.open(link)
    assert not [canary for canary in world.CANARIES if canary in kelly.page.content()]
    kelly.page.get_by_label("Month").fill(month)
    kelly.page.get_by_label("Year").fill(year)
    kelly.press("Show the message")
    ways = kelly.page.get_by_role("radio")
    if ways.count():
        ways.first.check()
    kelly.press("Yes please")
    assert "We have your yes" in kelly.page.locator("h1").inner_text()
    assert kelly.page.context.cookies() == []


def test_anyone_finds_help_near_a_postcode(meet: object) -> None:
    anyone = meet(size=TELEPHONE)
    anyone.open("/")
    anyone.open("/find?what=family+worker&where=IP1+2DE")
    assert "Family worker" in anyone.words
    assert "mile" in anyone.words or "km" in anyone.words
    assert anyone.page.context.cookies() == []
