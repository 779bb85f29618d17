"""What a practitioner's form says about each match; every fault is told beside its field."""

import uuid
from collections.abc import Sequence

from litestar.datastructures import FormMultiDict

from directory.taxonomy import load_taxonomy
from marketplace.db.plans import Match
from marketplace.reasons import reasons_of
from marketplace.services.review.reviews import MOST_ALSO, Decision, agreed_also
from marketplace.states import MatchState
from marketplace.web import forms
from marketplace.web.words import need_text

VERDICTS = ("agree", "set_aside", "choose")
Faults = list[dict[str, str]]


def read_decisions(
    form: FormMultiDict, matches: Sequence[Match], *, seconds: int | None = None
) -> tuple[dict[uuid.UUID, Decision], Faults]:
    """A match whose field was left blank has no decision, and is no fault."""
    decisions, faults, places = {}, [], _places_of(matches)
    for match in matches:
        decision = _read_decision(form, match, seconds)
        if decision is None or _stands_already(match, decision):
            continue
        fault = _fault_of(match, decision, places[match.id])
        if fault:
            faults.append(fault)
        else:
            decisions[match.id] = decision
    return decisions, faults


def find_undecided(form: FormMultiDict, matches: Sequence[Match]) -> Faults:
    """For a page on which every match is decided."""
    return [
        {
            "field": f"decision-{match_id}",
            "text": f"{where}: agree, set it aside, or choose another",
        }
        for match_id, where in _places_of(matches).items()
        if not forms.text(form, f"decision-{match_id}")
    ]


def _read_decision(form: FormMultiDict, match: Match, seconds: int | None) -> Decision | None:
    verdict = forms.text(form, f"decision-{match.id}")
    if verdict not in VERDICTS:
        return None
    chosen = _chosen(form, match) if verdict == "choose" else None
    return Decision(
        verdict=verdict,
        code=forms.text(form, f"code-{match.id}"),
        intake_id=chosen,
        also=None if verdict == "set_aside" else _ticked(form, match, chosen),
        seconds=seconds,
    )


def _chosen(form: FormMultiDict, match: Match) -> uuid.UUID | None:
    choice = forms.text(form, f"choice-{match.id}")
    offered = {one["intake_id"] for one in match.choices["next_best"]}
    return uuid.UUID(choice) if choice in offered else None


def _ticked(form: FormMultiDict, match: Match, chosen: uuid.UUID | None) -> tuple[str, ...] | None:
    """None where nothing was asked: what is sensitive is talked over, not picked from a list."""
    if load_taxonomy()[match.need.code].sensitive:
        return None
    first = str(chosen or match.intake_id)
    listed = [one["intake_id"] for one in match.choices["next_best"] if one["intake_id"] != first]
    return tuple(one for one in listed if forms.text(form, f"also-{match.id}-{one}"))


def _fault_of(match: Match, decision: Decision, where: str) -> dict[str, str] | None:
    codes = {reason.code for reason in reasons_of("practitioner")}
    if decision.verdict == "set_aside" and decision.code not in codes:
        return {"field": f"code-{match.id}", "text": f"{where}: say why you set it aside"}
    if decision.verdict == "choose" and decision.intake_id is None:
        return {"field": f"choice-{match.id}", "text": f"{where}: choose one of the list"}
    if decision.also and len(decision.also) > MOST_ALSO:
        text = f"{where}: leave {MOST_ALSO} ticked at most, a family chooses among three"
        return {"field": f"also-{match.id}", "text": text}
    return None


def _places_of(matches: Sequence[Match]) -> dict[uuid.UUID, str]:
    """Which of the page's needs a fault is about; the family too, where there are several."""
    needs = {match.id: need_text(match.need.code) for match in matches}
    if len({match.family_id for match in matches}) <= 1:
        return needs
    return {match.id: f"{match.family.ref}, {needs[match.id].lower()}" for match in matches}


def _stands_already(match: Match, decision: Decision) -> bool:
    """What the page filled in by itself is no decision, and must not stop the others."""
    if decision.verdict == "set_aside":
        return match.state == MatchState.SET_ASIDE
    if decision.verdict == "choose":
        return False
    same = decision.also is None or list(decision.also) == agreed_also(match)
    return match.approved_at is not None or (match.state == MatchState.AGREED and same)
