"""Mail scanners open a link in a whole browser: no page behind one may send a form by itself."""

import html5lib
import small_world as world
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncSession

from marketplace.settings import Settings

BORN = {"month": "5", "year": "2019"}


def moves_by_itself(answer: Response) -> list[str]:
    """Scripts within the page, handlers of events, and pages that go on by themselves."""
    page = html5lib.parse(answer.text, namespaceHTMLElements=False)
    within = [one.text for one in page.iter("script") if one.text and not one.get("src")]
    handlers = [name for one in page.iter() for name in one.attrib if name.startswith("on")]
    refreshes = [one.get("content") for one in page.iter("meta") if one.get("http-equiv")]
    own = [one.get("src") for one in page.iter("script") if one.get("src")]
    foreign = [address for address in own if not address.startswith("/static/")]
    # The library's one line that says that scripts run; it sends nothing.
    sends = [text for text in within if "submit" in text or "fetch" in text or "click" in text]
    return [*sends, *handlers, *refreshes, *foreign]


async def test_no_page_behind_a_link_sends_anything_by_itself(
    nobody: AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    link = await world.offer_link(session, settings, "KELLY")
    bare = await nobody.get(link)
    opened = await nobody.post(link, data=BORN)
    assert "Would you like this?" in opened.text
    for answer in (bare, opened, await nobody.post(f"{link}/call-me")):
        assert answer.status_code == 200
        assert moves_by_itself(answer) == []
