"""A mail scanner that runs scripts, follows every link and presses every button decides nothing."""

from collections.abc import Iterator

import pytest
import small_world as world
from playwright.sync_api import Browser, Page, Route
from served import Site
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

pytestmark = pytest.mark.browser
STAGE = "claimed"
PRESSED = "a[href], button, summary, [type=submit]"
CHOSEN = "[type=radio], [type=checkbox]"
# Of choices that exclude each other the last that was pressed stands, so backwards it is the first.
ORDERS = {"nothing": slice(0), "to the last": slice(None), "to the first": slice(None, None, -1)}
# As a script does it: what lies below something else, or outside the window, is pressed too.
CLICK = "node => node.click()"
# A call decides nothing: it is made to the number that the council has.
MAY_GROW = {"public.call", "public.event"}


@pytest.fixture
def machine(browser: Browser, site: Site) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()

    def stay_at_home(route: Route) -> None:
        is_ours = route.request.url.startswith(site.settings.base_url)
        _ = route.continue_() if is_ours else route.fulfill(body="outside")

    page.route("**/*", stay_at_home)
    yield page
    context.close()


@pytest.mark.parametrize("order", ORDERS)
def test_pressing_everything_decides_nothing(site: Site, machine: Page, order: str) -> None:
    async def find_link(session: AsyncSession) -> str:
        return await world.offer_link(session, site.settings, "KELLY")

    async def deeds(session: AsyncSession) -> set[str]:
        told = text("SELECT target FROM event WHERE actor_kind = 'family'")
        return set(await session.scalars(told))

    link = site.settings.base_url + site.change(find_link)
    before = site.do(world.take_picture(site.sessions))
    seen = press_everything(machine, link, ORDERS[order])
    after = site.do(world.take_picture(site.sessions))
    changed = {table for table in before if before[table] != after[table]}
    assert changed <= MAY_GROW
    assert site.change(deeds) == {"call_asked"}
    for page in ("A message from", "Is this not for you?", "We will ring you"):
        assert [one for one in seen if page in one], seen


def press_everything(page: Page, link: str, order: slice) -> list[str]:
    """The titles of all pages that were come to, from each of which all was pressed in turn."""
    ways: list[tuple[int, ...]] = [()]
    seen: dict[tuple[str, str], str] = {}
    while ways:
        way = ways.pop(0)
        page.goto(link)
        for number in way:
            press(page, number, order)
        here = page.url, page.locator("body").inner_text()
        if here not in seen:
            seen[here] = page.title()
            ways += [(*way, number) for number in range(page.locator(PRESSED).count())]
    return list(seen.values())


def press(page: Page, number: int, order: slice) -> None:
    for box in page.locator(CHOSEN).all()[order]:
        box.evaluate(CLICK)
    one = page.locator(PRESSED).nth(number)
    href = one.get_attribute("href") or ""
    if not href.startswith(("#", "tel:")):
        with page.expect_navigation():
            one.evaluate(CLICK)
    else:
        one.evaluate(CLICK)
