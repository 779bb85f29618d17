"""A family's link is a key: a log that held it would be a bunch of keys."""

from unittest.mock import patch

import pytest
import small_world as world
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession
from test_error_pages import logged_text

from marketplace.settings import Settings


@pytest.mark.parametrize("path", ["", "/answer", "/call-me"])
async def test_a_failed_request_logs_no_link(
    path: str, nobody: AsyncClient, session: AsyncSession, settings: Settings
) -> None:
    link = await world.offer_link(session, settings, "KELLY")
    broken = patch("marketplace.services.offers.opening.open_offer", side_effect=ValueError(link))
    with logged_text() as logged, broken:
        answer = await nobody.post(f"{link}{path}", data={"month": "5", "year": "2019"})
    assert answer.status_code == 500
    assert "request failed" in logged.getvalue()
    assert link.removeprefix("/o/") not in answer.text + logged.getvalue()
