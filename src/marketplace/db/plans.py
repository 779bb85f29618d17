"""One run of the engine, and what it proposes for each need."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Base, Json, Pence
from directory.models import Intake
from marketplace.db.families import Family, Need
from marketplace.states import LIVE_MATCH, MatchState, PlanState

_LIVE = ", ".join(f"'{state}'" for state in sorted(LIVE_MATCH))


class Fund(Base):
    """A commissioner's budget, and what it may pay for; empty lists: anything."""

    __tablename__ = "fund"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    commissioner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commissioner.id"))
    name: Mapped[str]
    budget_pence: Mapped[Pence]
    needs: Mapped[list[str]]
    kinds: Mapped[list[str]]
    closed_at: Mapped[dt.datetime | None]

    __table_args__ = (
        UniqueConstraint("commissioner_id", "name"),
        CheckConstraint("budget_pence >= 0", "budget_not_negative"),
    )


class PairRule(Base):
    """Somebody decided that a need goes to this intake, or never does, and said why."""

    __tablename__ = "pair_rule"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("need.id"), index=True)
    intake_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("intake.id"))
    kind: Mapped[str]
    reason: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    lifted_at: Mapped[dt.datetime | None]

    __table_args__ = (CheckConstraint("kind IN ('pin', 'forbid')", "kind_known"),)


class Plan(Base):
    """A draft until approved. `result`: proof, totals and seconds, as the engine gave them.

    `kind`: `everyone`, `follow_up` (needs that came back) or `what_if`, which is only looked at.
    """

    __tablename__ = "plan"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    commissioner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commissioner.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(default=PlanState.QUEUED)
    seed: Mapped[int]
    kind: Mapped[str] = mapped_column(server_default="everyone", default="everyone")
    policy: Mapped[Json]
    options: Mapped[Json] = mapped_column(server_default=text("'{}'"), default=dict)
    progress: Mapped[Json | None]
    result: Mapped[Json | None]
    failure: Mapped[str | None]
    crashes: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        UniqueConstraint("commissioner_id", "number"),
        CheckConstraint("kind IN ('everyone', 'follow_up', 'what_if')", "kind_known"),
        # Two runs at once would plan the same needs twice; a what-if takes none.
        Index(
            "uq_plan_one_open",
            "commissioner_id",
            unique=True,
            postgresql_where=text("state IN ('queued', 'solving') AND kind <> 'what_if'"),
        ),
    )


class Match(Base):
    """One need and one intake."""

    __tablename__ = "match"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id"), index=True)
    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("need.id"), index=True)
    family_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("family.id"), index=True)
    intake_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("intake.id"), index=True)
    state: Mapped[str] = mapped_column(default=MatchState.PROPOSED, index=True)
    places: Mapped[int]
    price_pence: Mapped[Pence]
    cost_pence: Mapped[Pence]
    stake_pence: Mapped[Pence]
    effect: Mapped[Decimal]
    travel_metres: Mapped[int | None]
    reason: Mapped[Json]
    choices: Mapped[Json]
    fund_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("fund.id"), index=True)
    # The match that ended before this one took its place, approved with it.
    follows_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("match.id"))
    # The practitioner's look: by whom, when, how long, and whether the proposal was changed.
    looked_by: Mapped[uuid.UUID | None]
    looked_at: Mapped[dt.datetime | None]
    looked_seconds: Mapped[int | None]
    was_changed: Mapped[bool | None]
    approved_at: Mapped[dt.datetime | None]
    waits_since: Mapped[dt.datetime] = mapped_column(server_default=func.now())

    plan: Mapped[Plan] = relationship(lazy="raise")
    need: Mapped[Need] = relationship(lazy="raise")
    family: Mapped[Family] = relationship(lazy="raise")
    intake: Mapped[Intake] = relationship(lazy="raise")

    __table_args__ = (
        # A need is helped by one support at a time.
        Index(
            "uq_match_live_need",
            "need_id",
            unique=True,
            postgresql_where=text(f"state IN ({_LIVE})"),
        ),
        Index(None, "looked_by", "looked_at"),
    )


class UnmetNeed(Base):
    """A need that a plan could not meet, and why."""

    __tablename__ = "unmet_need"

    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("need.id"), primary_key=True)
    reason: Mapped[str]
    detail: Mapped[Json]

    need: Mapped[Need] = relationship(lazy="raise")


class WhatIfNeed(Base):
    """What a what-if would give a need; without an intake: nothing."""

    __tablename__ = "what_if_need"

    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    need_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("need.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    intake_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("intake.id"))
