"""The whole journey over HTTP, each step as the person who takes it."""

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path

import httpx

from marketplace.db.session import Sessions
from marketplace.demo.browser import Page, PageError, Person
from marketplace.demo.household import County
from marketplace.demo.loading import make_sign_in_path
from marketplace.settings import Settings, mail_folder

AT_ONCE = 6
TIMEOUT_SECONDS = 120
PLAN_SECONDS = 180


@dataclass(frozen=True)
class Journey:
    """What every step needs: the address, the database for sign-in links, the county's files."""

    settings: Settings
    sessions: Sessions
    county: County
    answered: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def person(self, email: str | None = None) -> AsyncIterator[Person]:
        async with httpx.AsyncClient(
            base_url=self.settings.base_url, timeout=TIMEOUT_SECONDS
        ) as client:
            person = Person(client)
            if email:
                await person.sign_in(await make_sign_in_path(self.sessions, email))
            yield person


async def publish_needs(amina: Person, county: County) -> None:
    form = await amina.get("/commissioner/needs/upload")
    page = await _upload(amina, form, ("needs.csv", county.needs))
    if page.form("/store") is not None:
        await amina.press(page, "/store")


async def make_plan(amina: Person) -> Page:
    """Ask for a plan unless one stands, and wait for its draft."""
    home = await amina.get("/commissioner")
    page = await _open_plan(amina, home)
    if page is None:
        page = await amina.press(home, "/commissioner/plans")
    async with asyncio.timeout(PLAN_SECONDS):
        while not any(link.endswith("/matches") for link in page.links):
            if "Nothing was changed by it" in page.html:
                raise PageError("The plan failed: its page says why.")
            await asyncio.sleep(0.5)
            page = await amina.get(page.path)
    return page


async def _open_plan(amina: Person, home: Page) -> Page | None:
    """The newest plan, if there is one: an earlier run made it."""
    plans = [
        link for link in home.links if re.fullmatch(r"/commissioner/plans/[0-9a-f-]{36}", link)
    ]
    return await amina.get(plans[0]) if plans else None


async def agree_to_all(
    priya: Person, plan_path: str, *, most_pages: int, on_page: Callable[[int, int], None]
) -> None:
    """Look at every family, 25 a page, and agree to what is proposed."""
    path = plan_path.replace("/commissioner/", "/practitioner/") + "/review"
    number, last = 1, 1
    while number <= min(last, most_pages):
        page = await priya.get(f"{path}?page={number}")
        form = page.form("/review")
        last = _last_page(page)
        if form is not None:
            decisions = {
                name: "agree"
                for name in form.choices
                if name.startswith("decision-") and name not in form.fields
            }
            if decisions:
                await priya.post(form.action, {**form.fields, **decisions})
        on_page(number, last)
        number += 1


def _last_page(page: Page) -> int:
    found = re.search(r"Page \d+ of (\d+)", page.html)
    return int(found[1]) if found else 1


async def approve(amina: Person, plan_path: str) -> None:
    page = await amina.get(plan_path)
    if page.form("/approve") is not None:
        await amina.press(page, "/approve")


async def bring_contacts(amina: Person, county: County) -> int:
    """Send the contacts of approved families, and of nobody else."""
    listed = (await amina.client.get("/commissioner/contacts/missing.csv")).text
    missing = {row["family_ref"] for row in csv.DictReader(io.StringIO(listed))}
    if not missing:
        return 0
    rows = list(csv.reader(io.StringIO(county.contacts.decode("utf-8-sig"))))
    at = rows[0].index("family_ref")
    kept = io.StringIO()
    csv.writer(kept).writerows([rows[0], *(row for row in rows[1:] if row[at] in missing)])
    form = await amina.get("/commissioner/contacts/upload")
    await _upload(amina, form, ("contacts.csv", kept.getvalue().encode()))
    return len(missing)


async def claim_all(tom: Person) -> int:
    """Say yes to each family that waits for this provider."""
    claimed = 0
    page = await accept_agreement(tom, await tom.get("/provider"))
    while form := page.form("/claim-all") or page.form("/claim"):
        page = await tom.post(form.action, form.fields)
        claimed += len(form.fields.get("match", [""]))
    return claimed


async def accept_agreement(tom: Person, inbox: Page) -> Page:
    """Read the agreement on families' data and accept it, where the inbox asks for it."""
    if "/provider/agreement" not in inbox.links:
        return inbox
    return await tom.press(await tom.get("/provider/agreement"), "/agreement", accept="yes")


def offers_in_mail(settings: Settings) -> dict[str, str]:
    """Link → address of each offer that was mailed."""
    offers = {}
    for file in sorted(mail_folder(settings).glob("*.eml")):
        address, text = _read_mail(file)
        for link in re.findall(re.escape(settings.base_url) + r"(/o/[a-z0-9]+)", text):
            offers[link] = address
    return offers


def _read_mail(file: Path) -> tuple[str, str]:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    return str(message["To"]), str(body.get_content()) if body else ""


def births_by_email(county: County) -> dict[str, str]:
    """E-mail address → a child's month of birth: what a family knows of itself."""
    born = {
        row["family_ref"]: row["child_born"].partition(";")[0].strip()
        for row in _rows(county.needs)
        if row["child_born"]
    }
    return {
        row["email"]: born[row["family_ref"]]
        for row in _rows(county.contacts)
        if row["email"] and row["family_ref"] in born
    }


def _rows(data: bytes) -> Iterable[dict[str, str]]:
    return csv.DictReader(io.StringIO(data.decode("utf-8-sig")))


async def open_link(kelly: Person, link: str, born: str) -> Page:
    """Open a link from an e-mail and answer its question."""
    year, month = born.split("-")
    return await kelly.press(await kelly.get(link), link, month=str(int(month)), year=year)


async def say_yes(kelly: Person, link: str, born: str) -> Page:
    page = await open_link(kelly, link, born)
    form = page.form("/answer")
    if form is None:
        return page
    way = str(form.fields.get("contact_way") or form.choices["contact_way"][0])
    return await kelly.press(page, "/answer", answer="yes", contact_way=way)


async def for_each(
    items: Iterable[str], work: Callable[[str], Awaitable[int]], *, on_done: Callable[[], None]
) -> int:
    """Do the same for many people, a few at once; the sum of what came of it."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(item: str) -> int:
        async with gate:
            count = await work(item)
        on_done()
        return count

    return sum(await asyncio.gather(*(one(item) for item in items)))


async def _upload(person: Person, page: Page, file: tuple[str, bytes]) -> Page:
    form = page.form("/upload")
    if form is None:
        raise PageError(f"{page.path} takes no file")
    return await person.post(form.action, form.fields, file=file)
