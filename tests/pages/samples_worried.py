"""What a provider sees who is worried about a child; and the commissioner's second question."""

from collections.abc import Iterator

from sample_parts import AMINA, STOPPED, TOM, VIEWER, Sample, wrong


def worried() -> Iterator[Sample]:
    council = {
        "name": "Millshire Council",
        "phone": "01632 960 123",
        "phone_href": "tel:01632960123",
        "hours": "Monday to Friday, 9am to 5pm",
        "person": "Priya Nair",
    }
    family = {"match_id": 11, "name": "Kelly Marsh", "help_text": "Tuesday hot meals (meals)"}
    held = {"id": 12, "support": "Tuesday hot meals"}
    page = "pages/provider/worried.html"
    shown = TOM | {"councils": [council], "families": [family], "held": [], "is_sent": False}
    yield Sample(page, "first", shown)
    yield Sample(page, "sent", shown | VIEWER | {"held": [held, held], "is_sent": True})
    yield Sample(page, "nobody known", shown | {"families": []})
    form = "pages/provider/worried_about.html"
    asked = TOM | {"match_id": 11, "support": "Hot meals", "council": council, "typed": ""}
    yield Sample(form, "first", asked)
    yield Sample(form, "error", asked | {"typed": "12"} | wrong("ring_back", "Type a UK number"))
    start = "pages/commissioner/start_messages.html"
    yield Sample(start, "stopped", AMINA | {"messages": STOPPED, "waiting": 0})
