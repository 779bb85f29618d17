"""Measure engine and directory: `python benchmarks/run.py [NAME …] [--quick]`. See README.md."""

from __future__ import annotations

import argparse
import queue
import sys
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.context import SpawnProcess
from pathlib import Path
from time import perf_counter
from typing import Any

from parts import (
    all_pairs,
    assignment,
    command,
    directory,
    events,
    facilities,
    find,
    flow,
    pages,
    plan,
    sides,
    suitability,
    wave,
)
from plot import draw_growth, fit_exponent
from report import Part, Point, Report, Row, Wrong, describe_machine

from matching import NotYet

PARTS: list[Part] = [
    *flow.PARTS,
    *command.PARTS,
    *suitability.PARTS,
    *all_pairs.PARTS,
    *events.PARTS,
    *sides.PARTS,
    *assignment.PARTS,
    *facilities.PARTS,
    *find.PARTS,
    *directory.PARTS,
    *plan.PARTS,
    *wave.PARTS,
    *pages.PARTS,
]
PLOT = Path(__file__).parent.parent / "docs" / "growth.svg"
ASKED_EXPONENT = 1.25
SMALLEST_OF_GROWTH = 20_000
LARGEST_OF_GROWTH = 1_000_000
#: A part that does not stop by itself is ended after twice its seconds and this.
PATIENCE_SECONDS = 30


def main(words: Sequence[str] | None = None) -> int:
    """Run the parts asked for; 1 where two exact methods disagreed or a part failed."""
    arguments = _read(words)
    begin = perf_counter()
    print(f"# {describe_machine()}")
    rows: list[Row] = []
    points: list[Point] = []
    wrong: list[str] = []
    for part in _choose(arguments.names, quick=arguments.quick):
        print(f"\n{part.name}: {part.title}", flush=True)
        for told in _run_apart(part):
            if isinstance(told, Point):
                points.append(told)
                continue
            if isinstance(told, Wrong):
                wrong.append(f"{part.name}, {part.title}: {told.text}")
                print(f"  WRONG  {told.text}", flush=True)
                continue
            rows.append(told)
            print(told, flush=True)
    rows += _tell_growth(points)
    _sum_up(rows, wrong, perf_counter() - begin)
    return 1 if wrong else 0


def _read(words: Sequence[str] | None) -> argparse.Namespace:
    names = list(dict.fromkeys(part.name for part in PARTS))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    parser.add_argument("--quick", action="store_true", help="small sizes only, within 2 minutes")
    arguments = parser.parse_args(words)
    unknown = [word for word in arguments.names if not any(n.startswith(word) for n in names)]
    if unknown:
        parser.error(f"{unknown[0]} is not known; there are {', '.join(names)}")
    return arguments


def _choose(names: Sequence[str], *, quick: bool) -> list[Part]:
    """Leave out what must be asked for by name, and what is slow."""
    return [
        part
        for part in PARTS
        if (part.name in names or not (names or part.only_by_name)) and (part.in_quick or not quick)
    ]


def _run_apart(part: Part) -> Any:
    """Run a part in a child process, so that memory is its own and nothing outlives its time."""
    context = get_context("spawn")
    told = context.Queue()
    child = context.Process(target=_measure, args=(part, told))
    child.start()
    deadline = perf_counter() + 2 * part.seconds + PATIENCE_SECONDS
    yield from _listen(child, told, deadline)
    if child.is_alive():
        child.kill()
        yield Row("stopped", "its time was up", "to end", reached=False)
    elif child.exitcode not in {0, None}:
        yield Wrong(f"its process ended with {child.exitcode}")


def _listen(child: SpawnProcess, told: Any, deadline: float) -> Any:
    while perf_counter() < deadline:
        try:
            said = told.get(timeout=0.2)
        except queue.Empty:
            if not child.is_alive():
                return
            continue
        if said is None:
            child.join(PATIENCE_SECONDS)
            return
        yield said


def _measure(part: Part, told: Any) -> None:
    try:
        part.measure(Report(told), part.seconds)
    except NotYet as missing:
        told.put(Row("not yet", str(missing)))
    except Exception as error:  # noqa: BLE001  # one part's failure must not end the others
        told.put(Wrong(f"failed with {type(error).__name__}: {error}"))
    told.put(None)


def _tell_growth(points: Sequence[Point]) -> list[Row]:
    """Fit the exponent where enough sizes were measured, and draw the plot where all were."""
    points = sorted(points, key=lambda point: point.needs)
    if len(points) < 2:
        return []
    grown = [point for point in points if point.needs >= SMALLEST_OF_GROWTH]
    print("\ngrowth: time against size, ours and the bare flow")
    if len(grown) < 2:
        row = Row("exponent, too few sizes to judge", f"{_fit(points, 'ours'):.2f}")
        print(row)
        return [row]
    seen = _fit(grown, "ours")
    title = f"{SMALLEST_OF_GROWTH:,} to {grown[-1].needs:,} needs"
    is_whole = grown[-1].needs == LARGEST_OF_GROWTH
    is_so = seen <= ASKED_EXPONENT if is_whole else None
    rows = [
        Row(f"exponent, {title}", f"{seen:.2f}", f"≤ {ASKED_EXPONENT}", is_so),
        Row(f"exponent of the bare flow, {title}", f"{_fit(grown, 'bare'):.2f}"),
    ]
    print(*rows, sep="\n")
    if is_whole:
        PLOT.write_text(draw_growth(points, f"Seconds against needs: exponent {seen:.2f}"))
        print(Row("plot", f"{PLOT.parent.name}/{PLOT.name}"))
    return rows


def _fit(points: Sequence[Point], of: str) -> float:
    return fit_exponent([p.needs for p in points], [getattr(p, of) for p in points])


def _sum_up(rows: Sequence[Row], wrong: Sequence[str], seconds: float) -> None:
    asked = [row for row in rows if row.reached is not None]
    reached = sum(row.reached is True for row in asked)
    missing = sum(row.label == "not yet" for row in rows)
    print(
        f"\n{reached} of {len(asked)} figures asked for are reached; {missing} parts not yet; "
        f"{len(wrong)} wrong; {seconds:.0f} s"
    )
    for row in asked:
        if not row.reached:
            print(row)
    for text in wrong:
        print(f"  WRONG  {text}")


if __name__ == "__main__":
    sys.exit(main())
