"""What a plan was asked to keep to: checked when asked, kept with it, obeyed by the worker."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from directory.taxonomy import load_taxonomy
from marketplace.defaults import defaults_for
from marketplace.errors import BadFormError

Options = dict[str, Any]

# What a plan is reckoned with; kept on it, so that "why?" can still be answered after a change.
POLICY_TABLES = (
    "travel",
    "transport_limit_metres",
    "value_pence",
    "price_ceiling_pence",
    "effect",
    "tie_break_pence",
    "reach_km",
    "planning",
)
# What no plan that people act on may assume.
ONLY_WHAT_IF = {"changes", "base_plan_id"}
_CHANGES = {
    "places": {"intake_id": "id", "more": "count"},
    "budget": {"fund_id": "id", "more_pence": "count"},
    "opening": {"intake_id": "id"},
    "pin": {"need_id": "id", "intake_id": "id"},
    "forbid": {"need_id": "id", "intake_id": "id"},
}


def clean_options(options: Mapping[str, Any], *, kind: str) -> Options:
    """Take only what is known, in one form each; whatever is wrong is told by its key."""
    faults: dict[str, str] = {}
    clean: Options = {}
    for key, given in options.items():
        if given in (None, "", [], {}):
            continue
        try:
            clean[key] = _READ[key](given)
        except KeyError:
            faults[key] = f"A plan has no option “{key}”"
        except (TypeError, ValueError) as error:
            faults[key] = str(error) or "This cannot be read"
    if kind != "what_if":
        only = ONLY_WHAT_IF & clean.keys() | ({"mode"} if _is_worth_it(clean) else set())
        faults |= dict.fromkeys(sorted(only), "Only a what-if can be asked for with this")
    if faults:
        raise BadFormError(faults)
    return clean


def policy_with(published: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the plan: the defaults, over them the council's own, over them the plan's."""
    values = defaults_for(published)
    return overlay({name: values[name] for name in POLICY_TABLES}, options)


def overlay(policy: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    own = ("value_pence", "price_ceiling_pence")
    return dict(policy) | {name: {**policy[name], **options.get(name, {})} for name in own}


def _is_worth_it(options: Options) -> bool:
    return options.get("mode") == "worth_it"


def _list_of(read: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    return lambda given: sorted({read(one) for one in given})


def _code(given: Any) -> str:
    if given not in load_taxonomy():
        raise ValueError(f"Nobody knows the need “{given}”")
    return str(given)


def _level(given: Any) -> int:
    if int(given) not in (1, 2, 3):
        raise ValueError("A level is 1, 2 or 3")
    return int(given)


def _count(given: Any) -> int:
    if isinstance(given, float) or int(given) < 0:
        raise ValueError("Give a whole number")
    return int(given)


def _identity(given: Any) -> str:
    return str(uuid.UUID(str(given)))


def _by_level(given: Mapping[str, Any]) -> dict[str, int]:
    if unknown := set(given) - {"level_1", "level_2", "level_3"}:
        raise ValueError(f"There is no {min(unknown)}")
    return {level: _count(pence) for level, pence in given.items()}


def _mode(given: Any) -> str:
    if given not in ("everyone", "worth_it"):
        raise ValueError("A plan is for everyone, or for what is worth it")
    return str(given)


def _change(given: Mapping[str, Any]) -> dict[str, Any]:
    wanted = _CHANGES.get(given.get("kind", ""))
    if wanted is None or set(given) != {"kind", *wanted}:
        raise ValueError("Nobody knows this change")
    read = {"id": _identity, "count": _count}
    return {"kind": given["kind"]} | {key: read[what](given[key]) for key, what in wanted.items()}


_READ: dict[str, Callable[[Any], Any]] = {
    "codes": _list_of(_code),
    "levels": _list_of(_level),
    "areas": _list_of(lambda given: str(given).strip().upper()),
    "sources": _list_of(lambda given: str(given).strip()),
    "fund_ids": _list_of(_identity),
    "most_families": _count,
    "most_cash_pence": _count,
    "value_pence": _by_level,
    "price_ceiling_pence": _by_level,
    "mode": _mode,
    "base_plan_id": _identity,
    "changes": lambda given: [_change(one) for one in given],
}
