"""Who is counted as one client, and that nobody chooses to be another."""

from types import SimpleNamespace
from typing import Any

import pytest

from marketplace.web.clients import browser_of, client_of


def request(host: str | None, *, proxies: int = 0, **headers: str) -> Any:
    settings = SimpleNamespace(proxies=proxies)
    return SimpleNamespace(
        app=SimpleNamespace(state=SimpleNamespace(settings=settings)),
        client=SimpleNamespace(host=host) if host else None,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


@pytest.mark.parametrize(
    ("proxies", "told", "client"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        # What the client wrote itself stands before what our proxy added.
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
    ],
)
def test_only_our_own_proxies_are_believed(proxies: int, told: str, client: str) -> None:
    headers = {"x_forwarded_for": told} if told else {}
    assert client_of(request("192.0.2.1", proxies=proxies, **headers)) == client


def test_a_network_of_the_new_kind_is_one_client() -> None:
    one, other, next_door = (
        client_of(request(host))
        for host in ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1")
    )
    assert one == other != next_door


def test_whoever_has_no_address_is_a_client_too() -> None:
    assert client_of(request(None)) == ""
    assert client_of(request("a socket")) == "a socket"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Safari/605.1", "Safari on a Mac"),
        ("<script>alert(1)</script>", "A browser on an unknown device"),
        ("", "A browser on an unknown device"),
    ],
)
def test_a_browser_is_told_in_plain_words_of_ours(agent: str, words: str) -> None:
    assert browser_of(request("192.0.2.1", user_agent=agent)) == words
