"""The second step of a sign-in, where somebody is signed in, and Amina's colleagues."""

from collections.abc import Iterator
from typing import Any

import segno
from markupsafe import Markup
from sample_parts import AMINA, NOW, PRIYA, STAFF, TOM, Sample, wrong

KEY = "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"
ADDRESS = "otpauth://totp/Early%20help:Amina?secret=JBSWY3DPEHPK3PXP&issuer=Early%20help"
SQUARE: Any = segno.make(ADDRESS, error="m", micro=False)
DRAWN = SQUARE.svg_inline(scale=5, border=4, light="#fff", title="A square")
HERE = {"browser": "Firefox on Windows", "since": NOW, "seen_at": NOW, "is_here": True}
PHONE = {"browser": "Safari on an iPhone", "since": NOW, "seen_at": NOW, "is_here": False}
OFF = {"is_on": False, "codes_left": 0, "may_turn_off": False}


def sign_in() -> Iterator[Sample]:
    step = "pages/staff/second_step.html"
    yield Sample(step, "first", STAFF)
    yield Sample(step, "wrong", STAFF | wrong("code", "This code is not right"))
    new = {
        "square": Markup(DRAWN),  # noqa: S704 - drawn by this file
        "key": KEY,
    }
    set_up = "pages/staff/second_step_set_up.html"
    yield Sample(set_up, "has to", STAFF | new | {"may_leave": False})
    yield Sample(set_up, "wrong", TOM | new | {"may_leave": True} | wrong("code", "Not right"))
    codes = [f"CDFG{sign} HJKM{sign}" for sign in "3467CDFGHJ"]
    yield Sample(
        "pages/staff/recovery_codes.html",
        "ten",
        STAFF | {"codes": codes, "home_href": "/commissioner"},
    )
    yield from account()
    yield from colleagues()


def account() -> Iterator[Sample]:
    page = "pages/staff/account.html"
    usual = {"is_demo": False, "done_text": ""}
    alone = {"sessions": [HERE], "second_step": OFF, "kind": "provider"}
    done = {"done_text": "The second step is off."}
    yield Sample(page, "provider", TOM | usual | alone | done)
    demo = alone | {"kind": "commissioner", "is_demo": True}
    yield Sample(page, "demo", AMINA | usual | demo)
    two = {
        "sessions": [HERE, PHONE],
        "second_step": {"is_on": True, "codes_left": 9, "may_turn_off": True},
        "kind": "practitioner",
    }
    yield Sample(page, "two", PRIYA | usual | two)


def colleagues() -> Iterator[Sample]:
    def person(id_: str, name: str, role: str, **more: Any) -> dict[str, Any]:
        email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        given = {"id": id_, "name": name, "role": role, "email": email}
        return given | {"set_up_at": NOW, "is_me": False} | more

    people = [
        person("1", "Amina Yusuf", "commissioner", is_me=True),
        person("2", "Priya Nair", "practitioner"),
        person("3", "Petra Oak", "practitioner", set_up_at=None),
        person("4", "Tom Achebe", "provider"),
    ]
    page = "pages/commissioner/colleagues.html"
    yield Sample(page, "all", AMINA | {"people": people, "is_done": False})
    yield Sample(page, "reset", AMINA | {"people": people, "is_done": True})
