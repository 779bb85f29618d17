from collections.abc import Sequence
from random import Random
from typing import Any

from .drawing import HALF_DAYS, County, Row
from .ground import Spot


def draw_families(county: County) -> tuple[list[Row], list[Row]]:
    needs: list[Row] = []
    contacts: list[Row] = []
    for number in range(1, county.words["sizes"]["families"] + 1):
        ref = f"F{number:04d}"
        origin = county.dice.choices(
            county.words["origins"], [origin["weight"] for origin in county.words["origins"]]
        )[0]
        spot = county.home()
        family = draw_household(county, ref=ref, origin=origin, spot=spot)
        needs += draw_needs(county, family=family, english=origin["language"] == "en")
        contacts.append(draw_contact(county, ref=ref, origin=origin, spot=spot))
    return needs, contacts


def draw_household(county: County, *, ref: str, origin: dict[str, Any], spot: Spot) -> Row:
    dice = county.dice
    language = "" if origin["language"] == "en" else origin["language"]
    if language and dice.random() < 0.72:
        language += ";en"
    area = dice.choices([spot.postcode, spot.postcode.split()[0], spot.grid_square()], [94, 4, 2])[
        0
    ]
    half_days = dice.sample(HALF_DAYS, dice.randint(6, 14)) if dice.random() < 0.24 else []
    return {
        "family_ref": ref,
        "area": area,
        "language": language,
        "availability": ";".join(sorted(half_days, key=HALF_DAYS.index)),
        "transport": county.one_of(county.words["draws"]["transport"]),
    }


def name_workers(county: County, needs: list[Row]) -> None:
    """The same worker in all sensitive rows of a family."""
    workers = county.words["workers"]
    named: dict[object, str] = {}
    for row in needs:
        if row["need"] in workers["needs"]:
            worker = county.dice.choice(workers["names"])
            is_named = county.dice.random() < workers["named_share"]
            row["named_worker"] = named.setdefault(row["family_ref"], worker if is_named else "")


def draw_needs(county: County, *, family: Row, english: bool) -> list[Row]:
    dice = county.dice
    weights = {code: need[0] for code, need in county.words["needs"].items() if code != "columns"}
    weights["english-classes"] *= 0 if english else 12
    codes: list[str] = []
    for _ in range(dice.choices([1, 2, 3], county.words["sizes"]["needs_each"])[0]):
        codes.append(county.one_of({c: w for c, w in weights.items() if c not in codes}))
    ages = draw_ages(county, codes)
    shared = family | {"child_born": ";".join(county.month(age) for age in ages)}
    return [shared | draw_need(county, code=code, children=len(ages)) for code in codes]


def draw_ages(county: County, codes: list[str]) -> list[int]:
    """Months since birth, oldest first: a child for each need, and sometimes another."""
    ages: set[int] = set()
    for code in codes:
        youngest, oldest = county.words["needs"][code][3]
        if not any(12 * youngest <= age < 12 * oldest for age in ages):
            ages.add(county.dice.randrange(12 * youngest, 12 * oldest))
    for _ in range(county.dice.choices([0, 1, 2, 3], [38, 40, 17, 5])[0]):
        ages.add(county.dice.randrange(0, 204))
    return sorted(ages, reverse=True)


def draw_need(county: County, *, code: str, children: int) -> Row:
    dice, draws = county.dice, county.words["draws"]
    _, levels, costs, _, falls_on, cashable, reasons = county.words["needs"][code]
    level = dice.choices([1, 2, 3], levels)[0]
    low, high, likely = draws["likelihood"][level - 1]
    source = county.one_of(draws["sources"])
    portions = 2 if code == "meals" and children > 2 else 1
    told = dice.random() < 0.7
    return {
        "need": code,
        "level": level,
        "likelihood": f"{dice.triangular(low, high, likely):.2f}",
        "statutory_cost": round(costs[level - 1] * dice.uniform(0.7, 1.3) / 10) * 10,
        "source": source,
        "reasons": pick_some(dice, reasons, most=3) if source.startswith("model:") else "",
        "valid_until": county.day(dice.randrange(60, 240)),
        "access": county.one_of(draws["access"]),
        "places": portions if portions > 1 else "",
        "asked_on": county.day(-dice.randrange(3, 60)) if source == "self" else "",
        "cost_falls_on": falls_on if told else "",
        "cashable": cashable if told and cashable else "",
    }


def pick_some(dice: Random, words: Sequence[str], *, most: int) -> str:
    return ";".join(dice.sample(words, dice.randint(1, min(most, len(words)))))


def draw_contact(county: County, *, ref: str, origin: dict[str, Any], spot: Spot) -> Row:
    dice, draws = county.dice, county.words["draws"]
    given, surname = dice.choice(origin["given"]), dice.choice(origin["family"])
    channels = county.one_of(draws["channels"])
    street = f"{dice.randrange(1, 90)} {dice.choice(county.words['names']['streets'])}"
    email = f"{given}.{surname}.{ref}@example.org".lower()
    phone = f"07700 900{dice.randrange(1000):03d}"
    return {
        "family_ref": ref,
        "name": f"{given} {surname}",
        "safe_to_contact": county.one_of(draws["safe"]),
        "safe_channels": channels,
        "safe_checked_on": county.day(-dice.randrange(1, 22)),
        "email": email if "email" in channels else "",
        "phone": phone if "phone" in channels or "sms" in channels or dice.random() < 0.5 else "",
        "address": f"{street}, {county.town_of(spot)}",
        "postcode": spot.postcode,
    }
