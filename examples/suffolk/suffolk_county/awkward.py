from typing import Any

from .drawing import County, Row


def list_awkward_families(
    county: County, families: list[dict[str, Any]]
) -> tuple[list[Row], list[Row]]:
    needs: list[Row] = []
    contacts: list[Row] = []
    for family in families:
        shared = {"family_ref": family["ref"], "valid_until": county.day(150)} | family["family"]
        ages = family.get("child_months_ago", [])
        shared["child_born"] = ";".join(county.month(age) for age in ages)
        if "asked_days_ago" in family:
            shared["asked_on"] = county.day(-family["asked_days_ago"])
        needs += [shared | need for need in family["needs"]]
        contact = {"family_ref": family["ref"], "safe_checked_on": county.day(-10)}
        contacts.append(contact | family["contact"])
    return needs, contacts


def list_awkward_intakes(county: County, intakes: list[dict[str, Any]]) -> list[Row]:
    relative = {
        "starts_in_days": "starts_on",
        "check_seen_in_days": "check_seen_on",
        "recheck_in_days": "recheck_by",
    }
    return [
        {
            relative.get(key, key): county.day(value) if key in relative else value
            for key, value in intake.items()
            if key != "why"
        }
        for intake in intakes
    ]
