"""One run of the engine, and what it proposes for each need."""

import datetime as dt
import uuid
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.base import Base, Json, Pence
from directory.models import Intake
from marketplace.db.families import Family, Need
from marketplace.states import LIVE_MATCH, MatchState, PlanState

_LIVE = ", ".join(f"'{state}'" for state in sorted(LIVE_MATCH))


class Plan(Base):
    """A draft until approved. `result`: proof, totals and seconds, as the engine gave them."""

    __tablename__ = "plan"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    commissioner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("commissioner.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(default=PlanState.QUEUED)
    seed: Mapped[int]
    policy: Mapped[Json]
    result: Mapped[Json | None]
    failure: Mapped[str | None]
    crashes: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())

    __table_args__ = (
        UniqueConstraint("commissioner_id", "number"),
        # Two runs at once would plan the same needs twice.
        Index(
            "uq_plan_one_open",
            "commissioner_id",
            unique=True,
            postgresql_where=text("state IN ('queued', 'solving')"),
        ),
    )


class Match(Base):
    """One need and one intake."""

    __tablename__ = "match"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id"), index=True)
    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("need.id"))
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
    )


class UnmetNeed(Base):
    """A need that a plan could not meet, and why."""

    __tablename__ = "unmet_need"

    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    need_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("need.id"), primary_key=True)
    reason: Mapped[str]
    detail: Mapped[Json]

    need: Mapped[Need] = relationship(lazy="raise")
