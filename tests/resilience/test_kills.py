"""Two kills among some hundred answers, and a checker that is seen to find what is wrong."""

import uuid
from collections import Counter

from check_answers import compare
from kills import run


def test_what_was_acknowledged_is_there_after_two_kills() -> None:
    outcome = run(families=150, kills=2, seconds=900, seed=1)
    assert outcome.faults == []
    assert outcome.kills == Counter({"database": 1, "pages": 1})
    assert outcome.counts["acknowledged"] == 150
    assert outcome.counts["again"] > 0


def test_the_checker_sees_what_is_missing_changed_doubled_or_made_up() -> None:
    kept, lost, changed, doubled, invented = (str(uuid.uuid4()) for _ in range(5))
    lines = [
        {"deed": deed, "offer": offer, "said": "yes"}
        for offer in (kept, lost, changed, doubled)
        for deed in ("sent", "told")
    ]
    answers = {kept: "yes", lost: None, changed: "no", doubled: "yes", invented: "yes"}
    steps = {kept: 1, changed: 1, doubled: 2, invented: 1}
    counts, faults = compare(lines, answers, steps)
    assert counts["acknowledged"] == 4
    assert sorted(fault.split()[0] for fault in faults) == sorted(
        [lost, changed, doubled, invented]
    )
