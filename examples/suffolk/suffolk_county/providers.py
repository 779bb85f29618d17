from datetime import timedelta
from typing import Any

from .drawing import HALF_DAYS, WEEKDAYS, County, Row
from .ground import Spot


def draw_providers(county: County) -> list[Row]:
    rows: list[Row] = []
    hosts: list[tuple[str, Spot]] = []
    for sort in county.words["sorts"]:
        for number in range(1, sort["count"] + 1):
            provider, spot = draw_provider(county, sort=sort, number=number, hosts=hosts)
            if sort.get("hosts"):
                hosts.append((str(provider["provider_ref"]), spot))
            rows += draw_services(county, sort=sort, provider=provider)
    return rows


def draw_provider(
    county: County, *, sort: dict[str, Any], number: int, hosts: list[tuple[str, Spot]]
) -> tuple[Row, Spot]:
    ref = f"{sort['letter']}{number:03d}"
    town = county.place("providers", share=(number - 1 + county.dice.random()) / sort["count"])
    spot = county.dice.choice(county.near[town])
    volunteer = sort["kind"] == "volunteer"
    if volunteer:
        spot = county.home()
        town = ""
    by_phone = county.dice.random() < (0.6 if volunteer else 0.15)
    provider: Row = {
        "provider_ref": ref,
        "provider_name": name_provider(county, sort=sort, town=town),
        "kind": sort["kind"],
        "hosted_by": min(hosts, key=lambda host: host[1].metres_to(spot))[0] if volunteer else "",
        "postcode": "" if sort["kind"] == "digital" else spot.postcode,
        "contact_phone": f"01632 960{county.dice.randrange(1000):03d}" if by_phone else "",
        "contact_email": "" if by_phone else f"{ref.lower()}@example.org",
    }
    return provider, spot


def name_provider(county: County, *, sort: dict[str, Any], town: str) -> str:
    names, dice = county.words["names"], county.dice
    while True:
        if sort["kind"] == "volunteer":
            name = f"{dice.choice(names['volunteers'])} {dice.choice('ABCDEFGHJKLMNPRSTW')}."
        else:
            name = f"{dice.choice(names['first'])} {dice.choice(sort['nouns'])}"
            name = f"{town} {name}" if sort.get("named_after_place") else f"{name}, {town}"
            if sort["kind"] in {"digital", "statutory"}:
                name = name.split(",")[0]
        if name not in county.used_names:
            county.used_names.add(name)
            return name


def draw_services(county: County, *, sort: dict[str, Any], provider: Row) -> list[Row]:
    rows = []
    for position, key in enumerate(county.dice.sample(sort["services"], sort["offers"]), start=1):
        service = county.words["services"][key]
        shared = (
            provider
            | draw_service(county, service=service, sort=sort)
            | {"service_ref": f"{provider['provider_ref']}-{position}"}
        )
        first = days_to_first(county, str(shared["days"]))
        for start in range(county.dice.randint(*sort["starts"])):
            starts_on = county.day(first + 7 * start * max(4, service["weeks"] // 2))
            intake = draw_intake(county, service=service) | {"starts_on": starts_on}
            if start and sort.get("travels"):
                intake |= draw_branch(county, service_ref=str(shared["service_ref"]), number=start)
            rows.append(shared | intake)
    return rows


def days_to_first(county: County, half_days: str) -> int:
    """Eight days or more from now, and on a day of the service."""
    soon = county.dice.randrange(8, 30)
    weekday = WEEKDAYS.index(half_days[:3]) if half_days else 0
    return soon + (weekday - (county.today + timedelta(days=soon)).weekday()) % 7


def draw_branch(county: County, *, service_ref: str, number: int) -> Row:
    # The same help in another town is a service of its own, since a service has one place.
    spot = county.dice.choice(county.near[county.place("providers")])
    return {"service_ref": f"{service_ref}.{number}", "postcode": spot.postcode}


def draw_service(county: County, *, service: dict[str, Any], sort: dict[str, Any]) -> Row:
    dice = county.dice
    digital, volunteer = sort["kind"] == "digital", sort["kind"] == "volunteer"
    languages = service.get("languages", county.words["names"]["languages"])
    access = [service["access"]] if "access" in service else []
    if "home" in service:
        access.append("at-home")
    if "step-free" not in service.get("access", "") and dice.random() < 0.75:
        access.append("step-free")
    half_days = dice.sample(HALF_DAYS[:15], dice.randint(1, 3)) if dice.random() < 0.8 else []
    return {
        "service_name": service["name"],
        "needs": ";".join(service["needs"]),
        "takes_level": service["level"],
        "languages": "en;pl;pt;ro" if digital else dice.choice(languages),
        "days": "" if digital else ";".join(sorted(half_days, key=HALF_DAYS.index)),
        "access": "step-free;quiet;online-only" if digital else ";".join(access),
        "reach_km": dice.choice(sort.get("reach", [""])),
        "min_age": service.get("min_age", ""),
        "max_age": service.get("max_age", ""),
        "weeks": service["weeks"],
        # One-to-one help looks at each family first; whoever runs a group takes who comes.
        "standing_yes": "no" if is_one_to_one(service, sort=sort) else "",
        "price": round(dice.uniform(*service.get("price", [0, 0])) / 5) * 5 or "",
    } | ({} if digital else draw_check(county, basic=volunteer and dice.random() < 0.2))


def is_one_to_one(service: dict[str, Any], *, sort: dict[str, Any]) -> bool:
    looks_first = sort["kind"] in {"charity", "statutory", "trusted-adult"}
    return looks_first and not service.get("group", False)


def draw_check(county: County, *, basic: bool) -> Row:
    seen_days_ago = county.dice.randrange(20, 700)
    return {
        "check_kind": "basic" if basic else "enhanced",
        "check_seen_on": county.day(-seen_days_ago),
        "check_seen_by": "the coordinator",
        "recheck_by": county.day(3 * 365 - seen_days_ago),
    }


def draw_intake(county: County, *, service: dict[str, Any]) -> Row:
    if "places" not in service:
        return {"places": "unlimited"}
    dice = county.dice
    places = dice.randint(*service["places"])
    group = service.get("group", False) and dice.random() < 0.2
    return {
        "places": places,
        "at_least": min(3, places) if group else "",
        "opening_cost": dice.choice(["", 60, 120, 180]) if group else "",
    }
