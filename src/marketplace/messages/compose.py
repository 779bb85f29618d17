"""What we write, one function an event. A message to a family holds nothing personal."""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from jinja2 import Environment

from marketplace.db.people import Commissioner
from marketplace.messages.spelling import GSM, spell


@dataclass(frozen=True, kw_only=True)
class Mail:
    to: str
    subject: str
    text: str
    html: str
    channel: ClassVar[str] = "email"


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text message to a telephone."""

    to: str
    words: str
    channel: ClassVar[str] = "sms"


def council_of(commissioner: Commissioner) -> dict[str, str]:
    """Who writes, and where to check that it is really them; families' pages show it too."""
    return {
        "name": commissioner.hub_name,
        "contact_name": commissioner.hub_person,
        "phone": commissioner.hub_phone,
        "hours": commissioner.hub_hours,
        "check_page": commissioner.website,
    }


def compose_sign_in(environment: Environment, *, to: str, link: str) -> Mail:
    return _render(environment, "sign_in", to=to, link=link)


def compose_provider_waiting(
    environment: Environment,
    *,
    to: str,
    name: str,
    waiting: int,
    link: str,
    sign_in: str,
    answer_by: date,
) -> Mail:
    """`link` opens without a password what waits, and is `sign_in` where nothing may be opened."""
    return _render(
        environment,
        "provider_waiting",
        to=to,
        provider_name=name,
        waiting=waiting,
        link=link,
        sign_in=sign_in,
        answer_by=answer_by,
    )


def compose_confirm_listing(
    environment: Environment,
    *,
    to: str,
    name: str,
    confirmed_on: date,
    is_hidden: bool,
    link: str,
) -> Mail:
    return _render(
        environment,
        "confirm_listing",
        to=to,
        provider_name=name,
        confirmed_on=confirmed_on,
        is_hidden=is_hidden,
        link=link,
    )


def compose_listings_hidden(environment: Environment, *, to: str, hidden: int, link: str) -> Mail:
    return _render(environment, "listings_hidden", to=to, hidden=hidden, link=link)


def compose_join_proof(environment: Environment, *, to: str, person: str, link: str) -> Mail:
    return _render(environment, "join_proof", to=to, person=person, link=link)


def compose_join_answer(
    environment: Environment,
    *,
    to: str,
    person: str,
    organisation: str,
    reason: str | None,
    link: str,
) -> Mail:
    """`reason` is the commissioner's own words, and only where the answer is no."""
    return _render(
        environment,
        "join_answer",
        to=to,
        person=person,
        organisation=organisation,
        reason=reason,
        link=link,
    )


def compose_invitation(
    environment: Environment, *, to: str, person: str, organisation: str, link: str
) -> Mail:
    return _render(
        environment, "invitation", to=to, person=person, organisation=organisation, link=link
    )


def _render(environment: Environment, event: str, *, to: str, **context: Any) -> Mail:
    def part(name: str) -> str:
        return environment.get_template(f"messages/{event}/{name}").render(context).strip()

    return Mail(
        to=to, subject=part("subject.txt"), text=part("body.txt") + "\n", html=part("body.html")
    )


def compose_mail(environment: Environment, event: str, *, to: str, **context: Any) -> Mail:
    return _render(environment, event, to=to, **context)


def compose_text(environment: Environment, event: str, *, to: str, **context: Any) -> Text:
    """One line: a line break costs a character, and a text costs by its length."""
    words = environment.get_template(f"texts/{event}.txt").render(context)
    return Text(to=to, words=spell(" ".join(words.split()), GSM))
