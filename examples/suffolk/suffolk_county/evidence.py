from collections.abc import Iterable

from .drawing import County, Row


def list_evidence(county: County, services: Iterable[Row]) -> list[Row]:
    evidence = county.words["evidence"]
    rows: list[Row] = []
    for need, kind, level in sorted(helped(services)):
        low, year, study = evidence["low"][need]
        low = low * evidence["kinds"][kind] * evidence["levels"][level - 1]
        guess = "a guess, cautious"
        source = f"{guess}; that it works at all: {study}" if study else guess
        rows.append(
            {"need": need, "kind": kind, "level": level, "source": source, "year": year}
            | {"effect_low": f"{low:.3f}", "effect_central": f"{1.6 * low:.3f}"}
            | {"effect_high": f"{2.2 * low:.3f}"}
        )
    return rows


def helped(services: Iterable[Row]) -> set[tuple[str, str, int]]:
    return {
        (need, str(service["kind"]), level)
        for service in services
        for need in str(service["needs"]).split(";")
        for level in range(1, int(str(service.get("takes_level", 1))) + 1)
    }
