"""Whoever asks too often is told kindly when to come again, and others are not kept out by them."""

from dataclasses import replace
from unittest.mock import AsyncMock, patch

import pytest
import small_world as world
from httpx import AsyncClient, Response
from reading import words_of

from marketplace.services.staff.limits import Limit
from marketplace.settings import Settings

STAGE = "ground"
TWO = Limit("two an hour", 2, 3600)
APPLICANT = {
    "organisation": "Sunrise",
    "kind": "group",
    "postcode": "IP1 2DE",
    "person": "Sunny",
    "phone": "01632 960771",
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, nominatim="nominatim.example.org", proxies=1)


def coming_from(address: str) -> dict[str, str]:
    return {"x-forwarded-for": f"198.51.100.1, {address}"}


def check_refused(answer: Response) -> None:
    assert answer.status_code == 429
    assert "Please wait a little" in answer.text
    assert "Try again in 60 minutes" in words_of(answer)
    assert 0 < int(answer.headers["retry-after"]) <= 3600


async def test_links_for_one_client(nobody: AsyncClient) -> None:
    async def ask(number: int, address: str) -> Response:
        data = {"email": f"person{number}@example.org"}
        return await nobody.post("/sign-in", data=data, headers=coming_from(address))

    with patch("marketplace.services.staff.limits.LINKS_FOR_A_CLIENT", TWO):
        told = [await ask(number, "192.0.2.1") for number in range(3)]
        assert [one.status_code for one in told[:2]] == [200, 200]
        check_refused(told[2])
        assert (await ask(9, "192.0.2.2")).status_code == 200


async def test_links_to_one_address_whoever_asks_and_whether_it_is_known(
    nobody: AsyncClient,
) -> None:
    with patch("marketplace.services.staff.limits.LINKS_TO_AN_ADDRESS", TWO):
        for email in (world.AMINA, "nobody@example.org"):
            told = [
                await nobody.post("/sign-in", data={"email": typed}, headers=coming_from(client))
                for typed, client in (
                    (email, "192.0.2.1"),
                    (email.upper(), "192.0.2.2"),
                    (f" {email} ", "192.0.2.3"),
                )
            ]
            assert [one.status_code for one in told[:2]] == [200, 200]
            check_refused(told[2])


async def test_requests_to_join_for_one_client(nobody: AsyncClient) -> None:
    async def ask(number: int, address: str) -> Response:
        data = APPLICANT | {"email": f"person{number}@example.org"}
        return await nobody.post("/join", data=data, headers=coming_from(address))

    with patch("marketplace.services.staff.limits.JOINS_FOR_A_CLIENT", TWO):
        told = [await ask(number, "192.0.2.1") for number in range(3)]
        assert [one.status_code for one in told[:2]] == [200, 200]
        check_refused(told[2])
        assert (await ask(9, "192.0.2.2")).status_code == 200


async def test_places_looked_up_outside_and_only_those(nobody: AsyncClient) -> None:
    asked = AsyncMock(return_value=None)
    with (
        patch("marketplace.services.staff.limits.OUTSIDE_LOOK_UPS", TWO),
        patch("directory.geocoders._fetch", asked),
    ):
        for name in ("Nowherehampton", "Nowheretown"):
            answer = await nobody.get(f"/find?where={name}", headers=coming_from("192.0.2.1"))
            assert answer.status_code == 200
        again = await nobody.get("/find?where=Nowherefield", headers=coming_from("192.0.2.1"))
        check_refused(again)
        assert asked.await_count == 2
        # Our own map needs nobody's help, and is open to them as before.
        ours = await nobody.get("/find?where=IP1+2DE", headers=coming_from("192.0.2.1"))
        assert ours.status_code == 200
