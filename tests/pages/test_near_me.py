"""“Use where I am now”: asked only when pressed, and never finer than a square of 1 km."""

from collections.abc import Iterator

import pytest
from jinja2 import Environment
from playwright.sync_api import Browser, Page
from rendering import render
from samples_open import search
from test_pages_in_a_browser import SITE, browser, show

pytestmark = pytest.mark.browser
__all__ = ["browser"]

FIRST = next(search())


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    # Only https and loopback may ask for a place; the browser's answer is ours.
    page.add_init_script(
        """
        window.asked = 0
        window.place = null
        Object.defineProperty(navigator, "geolocation", { value: {
          getCurrentPosition(told, refused) {
            window.asked += 1
            window.place ? told({ coords: window.place }) : refused({ code: 1 })
          },
        } })
        """
    )
    yield page
    context.close()


@pytest.mark.parametrize(
    ("latitude", "longitude", "square"),
    [
        # Found with the transformation that the directory itself uses.
        (52.0567, 1.1482, "TM1544"),
        (51.5007, -0.1246, "TQ3079"),
        (55.9486, -3.1999, "NT2573"),
        (50.0660, -5.7148, "SW3425"),
        (52.4812, 1.7534, "TM5493"),
    ],
)
def test_a_place_becomes_its_square(
    page: Page, environment: Environment, latitude: float, longitude: float, square: str
) -> None:
    show(page, render(environment, FIRST))
    assert page.evaluate("window.asked") == 0
    page.evaluate("place => window.place = place", {"latitude": latitude, "longitude": longitude})
    page.get_by_role("button", name="Use where I am now").click()
    assert page.get_by_label("Where are you?").input_value() == square
    assert page.evaluate("window.asked") == 1


def test_a_refusal_and_a_place_abroad_leave_the_field_to_the_person(
    page: Page, environment: Environment
) -> None:
    show(page, render(environment, FIRST))
    button = page.get_by_role("button", name="Use where I am now")
    button.click()
    assert "Type a postcode or a town" in page.get_by_role("status").inner_text()
    page.evaluate("window.place = { latitude: 40.7, longitude: -74.0 }")
    button.click()
    assert "outside Britain" in page.get_by_role("status").inner_text()
    assert page.get_by_label("Where are you?").input_value() == ""


def test_without_a_script_the_button_is_not_there(
    browser: Browser,
    environment: Environment,
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    show(page, render(environment, FIRST))
    assert page.url.startswith(SITE)
    assert page.get_by_label("Where are you?").is_visible()
    assert not page.get_by_role("button", name="Use where I am now").is_visible()
    context.close()
