"""The history of an organisation in words."""

from collections.abc import Iterable
from typing import Any

from marketplace.db.history import Event
from marketplace.templating import plural

DEEDS = {
    "approved": "Let in",
    "joined": "A request was joined to this organisation",
    "asked_to_join": "Asked to be let in",
    "person_joined": "{person} joined",
    "paused": "Paused",
    "resumed": "Let in again",
    "families_handed_on": "Families were passed on to others",
    "provider_changed": "Details changed",
    "agreement_accepted": "Agreement of {code} accepted",
    "agreement_withdrawn": "Agreement taken back",
    "person_invited": "{person} invited as {code}",
    "role_changed": "{person} is now {code}",
    "person_removed": "{person} removed",
    "handed_over": "Work handed over to {person}",
    "service_added": "A service added",
    "service_changed": "A service changed",
    "service_stopped": "A service stopped",
    "service_restarted": "A service started again",
    "intake_added": "An intake added",
    "intake_changed": "An intake changed",
    "places_set": "Places changed",
    "links_closed": "Links in mails closed",
    "left": "Left",
}


def history_view(history: Iterable[tuple[Event, str | None]]) -> list[dict[str, Any]]:
    return [
        {"at": event.at, "what": say_deed(event), "who": name or "Early help"}
        for event, name in history
    ]


def say_deed(event: Event) -> str:
    """A deed that has no words yet is shown as it is named, not hidden."""
    text = DEEDS.get(event.target, event.target.replace("_", " ").capitalize())
    told = text.format(person=event.detail.get("person", "Somebody"), code=event.code or "")
    reason, places = event.detail.get("reason"), event.detail.get("places")
    if reason:
        told += f": {reason}"
    return f"{told}: {plural(places, 'place')} in all" if isinstance(places, int) else told
