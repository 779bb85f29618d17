import re

import pytest
from jinja2 import Environment
from samples import COUNCIL, MESSAGES

PARTS = ("subject.txt", "body.txt", "body.html")


def render(environment: Environment, event: str, part: str, **changed: object) -> str:
    template = environment.get_template(f"messages/{event}/{part}")
    return template.render(MESSAGES[event] | changed)


@pytest.mark.parametrize("event", MESSAGES)
def test_the_link_stands_in_both_bodies(environment: Environment, event: str) -> None:
    for part in ("body.txt", "body.html"):
        assert MESSAGES[event]["link"] in render(environment, event, part)


@pytest.mark.parametrize("event", MESSAGES)
def test_a_subject_is_one_line(environment: Environment, event: str) -> None:
    assert len(render(environment, event, "subject.txt").strip().splitlines()) == 1


@pytest.mark.parametrize("part", PARTS)
def test_an_offer_does_not_even_say_that_there_is_a_need(
    environment: Environment, part: str
) -> None:
    text = re.sub(r"<[^>]+>", " ", render(environment, "offer", part, link=""))
    assert not re.search(r"child|famil|help|need|support|place|Harbour", text, re.IGNORECASE)


def test_an_offer_names_a_person_their_hours_and_a_number_to_check(
    environment: Environment,
) -> None:
    text = render(environment, "offer", "body.txt")
    told = ("name", "contact_name", "phone", "hours", "check_page")
    assert [part for part in told if COUNCIL[part] not in text] == []


@pytest.mark.parametrize("part", ["body.txt", "body.html"])
def test_only_a_reminder_says_so(environment: Environment, part: str) -> None:
    assert "remind" not in render(environment, "offer", part)
    assert "remind" in render(environment, "offer", part, is_reminder=True)


def test_text_is_left_alone_and_html_is_escaped(environment: Environment) -> None:
    changed = {"provider_name": "Bread & Roses"}
    assert "Bread & Roses" in render(environment, "provider_waiting", "body.txt", **changed)
    assert "Bread &amp; Roses" in render(environment, "provider_waiting", "body.html", **changed)
