"""A person's word over the engine's: this need goes there, or never does, and why."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake
from marketplace.access import Actor, readable_needs, readable_pair_rules
from marketplace.db.families import Need
from marketplace.db.plans import PairRule, Plan
from marketplace.errors import BadFormError, NotFoundError, NotReadyError
from marketplace.services.matches.transitions import note_deed
from marketplace.services.plans.plans import request_plan


@dataclass(frozen=True, kw_only=True)
class RuleCost:
    """What a rule would change. `is_kept`: the pin could be obeyed at all."""

    extra_pence: int
    families_fewer: int
    is_exact: bool
    is_kept: bool


async def pin_pair(
    session: AsyncSession,
    need_id: uuid.UUID,
    intake_id: uuid.UUID,
    *,
    reason: str,
    actor: Actor,
) -> PairRule:
    """From the next plan on this need goes to this intake, wherever that can be."""
    return await _make_rule(session, need_id, intake_id, "pin", reason=reason, actor=actor)


async def forbid_pair(
    session: AsyncSession,
    need_id: uuid.UUID,
    intake_id: uuid.UUID,
    *,
    reason: str,
    actor: Actor,
) -> PairRule:
    """From the next plan on this need never goes to this intake."""
    return await _make_rule(session, need_id, intake_id, "forbid", reason=reason, actor=actor)


async def lift_rule(
    session: AsyncSession, rule_id: uuid.UUID, *, reason: str, actor: Actor
) -> None:
    wanted = readable_pair_rules(actor).where(PairRule.id == rule_id)
    rule = await session.scalar(wanted.with_for_update(of=PairRule))
    if rule is None:
        raise NotFoundError
    _require(reason)
    if rule.lifted_at is None:
        rule.lifted_at = (await session.execute(select(func.now()))).scalar_one()
        await session.flush()
        await _note(session, rule, "pair_rule_lifted", reason=reason, actor=actor)


async def list_rules(
    session: AsyncSession,
    *,
    actor: Actor,
    need_id: uuid.UUID | None = None,
    offset: int = 0,
    limit: int | None = None,
) -> Sequence[PairRule]:
    """The rules that stand, the newest first."""
    wanted = _standing(actor).order_by(PairRule.made_at.desc(), PairRule.id)
    if need_id:
        wanted = wanted.where(PairRule.need_id == need_id)
    return (await session.scalars(wanted.offset(offset).limit(limit))).all()


async def count_rules(session: AsyncSession, *, actor: Actor) -> int:
    wanted = _standing(actor).with_only_columns(func.count(PairRule.id))
    return await session.scalar(wanted) or 0


def _standing(actor: Actor) -> Select[PairRule]:
    return readable_pair_rules(actor).where(PairRule.lifted_at.is_(None))


async def ask_what_it_costs(
    session: AsyncSession,
    plan_id: uuid.UUID,
    need_id: uuid.UUID,
    intake_id: uuid.UUID,
    *,
    kind: str,
    actor: Actor,
) -> Plan:
    """Queue a what-if of the same plan with this pair pinned or forbidden, and without."""
    change = {"kind": kind, "need_id": str(need_id), "intake_id": str(intake_id)}
    options = {"base_plan_id": str(plan_id), "changes": [change]}
    return await request_plan(session, actor=actor, kind="what_if", options=options)


def cost_of_rule(what_if: Plan) -> RuleCost | None:
    """What the rule of a solved what-if changes; None until it is solved."""
    result: dict[str, Any] = what_if.result or {}
    without = result.get("without")
    if without is None:
        return None
    return RuleCost(
        extra_pence=result["cost_pence"] - without["cost_pence"],
        families_fewer=without["families_reached"] - result["families_reached"],
        is_exact=result["objective"] == result["bound"] and without["is_proved"],
        is_kept=not result["pins_not_kept"],
    )


async def _make_rule(
    session: AsyncSession,
    need_id: uuid.UUID,
    intake_id: uuid.UUID,
    kind: str,
    *,
    reason: str,
    actor: Actor,
) -> PairRule:
    _require(reason)
    # Locked, so that two people cannot make rules that contradict each other at once.
    wanted = readable_needs(actor).where(Need.id == need_id).with_for_update(of=Need)
    if await session.scalar(wanted) is None or await session.get(Intake, intake_id) is None:
        raise NotFoundError
    for standing in await list_rules(session, actor=actor, need_id=need_id):
        if standing.intake_id == intake_id and standing.kind == kind:
            return standing
        if standing.intake_id == intake_id or standing.kind == kind == "pin":
            raise NotReadyError("Another rule stands against this one. Lift that one first.")
    rule = PairRule(
        need_id=need_id,
        intake_id=intake_id,
        kind=kind,
        reason=reason.strip(),
        made_by=actor.name or actor.kind,
    )
    session.add(rule)
    await session.flush()
    deed = "pair_pinned" if kind == "pin" else "pair_forbidden"
    await _note(session, rule, deed, reason=reason, actor=actor)
    return rule


def _require(reason: str) -> None:
    if not reason.strip():
        raise BadFormError({"reason": "Say why"})


async def _note(
    session: AsyncSession, rule: PairRule, deed: str, *, reason: str, actor: Actor
) -> None:
    detail = {"intake_id": str(rule.intake_id), "reason": reason.strip()}
    await note_deed(session, ("need", rule.need_id), deed, actor=actor, detail=detail)
