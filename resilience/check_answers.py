"""Holds what families were told against what the database holds; it knows nothing else.

    check_answers.py LOG DATABASE_URL

Ends with 1 and says why, if one acknowledged answer is missing or another stands in its place.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

import asyncpg

OFFERS = "SELECT id::text AS id, answer FROM offer"
# An answer is one step of the match: two would be two answers, or one that was done twice.
STEPS = """
SELECT offer.id::text AS id, count(*) AS steps FROM offer
JOIN event ON event.subject_kind = 'match' AND event.subject_id = offer.match_id
WHERE event.actor_kind = 'family' AND event.target IN ('accepted', 'family_declined')
GROUP BY offer.id
"""
PLACES = """
SELECT count(*) FROM intake
LEFT JOIN (
  SELECT intake_id,
    sum(places) FILTER (WHERE state IN ('awaiting_provider', 'awaiting_family', 'accepted',
      'on_hold')) AS held,
    sum(places) FILTER (WHERE state = 'under_way') AS used
  FROM match GROUP BY intake_id
) AS counted ON counted.intake_id = intake.id
WHERE intake.held <> coalesce(counted.held, 0) OR intake.used <> coalesce(counted.used, 0)
   OR intake.held + intake.used > intake.places
"""


async def ask(url: str) -> tuple[dict[str, str | None], dict[str, int], int]:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET acting.kind = 'exchange'")
        answers = {row["id"]: row["answer"] for row in await connection.fetch(OFFERS)}
        steps = {row["id"]: row["steps"] for row in await connection.fetch(STEPS)}
        return answers, steps, await connection.fetchval(PLACES)
    finally:
        await connection.close()


def compare(
    lines: list[dict[str, str]], answers: dict[str, str | None], steps: dict[str, int]
) -> tuple[Counter[str], list[str]]:
    counts: Counter[str] = Counter()
    faults = []
    for line in lines:
        deed, offer, said = line["deed"], line["offer"], line["said"]
        counts[deed] += 1
        if deed in ("told", "late", "again"):
            if answers.get(offer) != said:
                faults.append(f"{offer} was {deed} {said!r}, and {answers.get(offer)!r} stands")
            elif steps.get(offer) != 1:
                faults.append(f"{offer} answered once, in {steps.get(offer, 0)} steps")
    asked = {line["offer"] for line in lines if line["deed"] == "sent"}
    faults += [
        f"{offer} holds {answer!r}, which nobody said"
        for offer, answer in answers.items()
        if answer and offer not in asked
    ]
    counts["acknowledged"] = len({one["offer"] for one in lines if one["deed"] in ("told", "late")})
    return counts, faults


def check(log: Path, url: str) -> tuple[Counter[str], list[str]]:
    """What was counted, and every fault found."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]
    answers, steps, wrong_places = asyncio.run(ask(url))
    counts, faults = compare(lines, answers, steps)
    if wrong_places:
        faults.append(f"{wrong_places} intakes hold other numbers than their matches")
    return counts, faults


def main() -> None:
    counts, faults = check(Path(sys.argv[1]), sys.argv[2])
    print(", ".join(f"{counts[name]:,} {name}" for name in sorted(counts)))
    print("\n".join(faults[:20]))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
