"""A little world put straight into the tables, for tests of one rule at a time."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Provider, Service
from marketplace.access import Actor
from marketplace.db.families import Contact, Family, Need
from marketplace.db.people import Commissioner
from marketplace.db.plans import Match, Plan
from marketplace.db.providers import AGREEMENT_VERSION, Agreement
from marketplace.services.needs import legal_basis
from marketplace.services.needs.legal_basis import Law
from marketplace.states import MatchState, NeedState, PlanState

TODAY = dt.datetime.now(dt.UTC).date()
LAW = Law(
    power="The Invented Act",
    lawful_basis="Public task",
    special_category_basis="None is used",
    impact_assessed_on=TODAY,
    privacy_notice_address="https://example.org/privacy",
    complaint_route="Write to complaints@example.org",
)


async def add_commissioner(session: AsyncSession, name: str = "Invented Council") -> Commissioner:
    commissioner = Commissioner(
        name=name,
        hub_name="Invented Hub",
        hub_person="Priya Example",
        hub_phone="01632 960 000",
        hub_hours="9 to 5",
        website="example.org/hub",
        stop_list_at=dt.datetime.now(dt.UTC),
    )
    session.add(commissioner)
    await session.flush()
    await legal_basis.write_law(session, LAW, actor=council_actor(commissioner))
    return commissioner


async def add_intake(
    session: AsyncSession,
    *,
    places: int | None = 2,
    standing_yes: bool = False,
    host: Provider | None = None,
) -> Intake:
    ref = uuid.uuid4().hex[:8]
    provider = Provider(
        ref=ref,
        name=f"Helpers {ref}",
        kind="volunteer" if host else "charity",
        hosted_by_id=host.id if host else None,
        contact_email=f"{ref}@example.org",
        approved_at=dt.datetime.now(dt.UTC),
    )
    session.add(provider)
    await session.flush()
    await agree(session, provider.id)
    service = Service(
        provider_id=provider.id,
        ref="S1",
        name="Warm meals",
        needs=["meals"],
        takes_level=3,
        languages=["en"],
        days=["mon-am"],
        access=[],
        standing_yes=standing_yes,
        postcode="IP1 2DE",
    )
    session.add(service)
    await session.flush()
    intake = Intake(
        service_id=service.id,
        places=places,
        held=0,
        used=0,
        price_pence=0,
        family_pays_pence=0,
        opening_cost_pence=0,
    )
    session.add(intake)
    await session.flush()
    return intake


async def agree(session: AsyncSession, provider_id: uuid.UUID) -> None:
    """The provider's word on families' data, as its page takes it."""
    session.add(
        Agreement(
            provider_id=provider_id,
            version=AGREEMENT_VERSION,
            accepted_by_id=uuid.uuid4(),
            accepted_by="Tom Example",
        )
    )
    await session.flush()


async def add_plan(session: AsyncSession, commissioner: Commissioner, **given: Any) -> Plan:
    plan = Plan(
        **{
            "commissioner_id": commissioner.id,
            "number": 1,
            "state": PlanState.DRAFT,
            "seed": 1,
            "policy": {},
            "crashes": 0,
            **given,
        }
    )
    session.add(plan)
    await session.flush()
    return plan


async def add_family(
    session: AsyncSession, commissioner: Commissioner, *, contact: dict[str, Any] | None = None
) -> Family:
    """With a contact that may be written to, unless `contact` says otherwise."""
    ref = uuid.uuid4().hex[:8]
    family = Family(
        commissioner_id=commissioner.id,
        ref=ref,
        area="IP1 2DE",
        outward="IP1",
        children_born=["2019-05"],
        languages=["en"],
        availability=["mon-am"],
        transport=["bus"],
        visiting="no_known_concern",
    )
    session.add(family)
    await session.flush()
    given = {
        "name": f"Kelly {ref}",
        "safe_to_contact": "yes",
        "safe_channels": ["email", "phone"],
        "safe_checked_on": TODAY,
        "email": f"{ref}@example.org",
        "phone": "+447700900123",
        **(contact or {}),
    }
    session.add(Contact(family_id=family.id, **given))
    await session.flush()
    return family


async def add_match(
    session: AsyncSession,
    plan: Plan,
    family: Family,
    intake: Intake,
    *,
    state: MatchState = MatchState.PROPOSED,
    code: str = "meals",
    approved: bool = False,
    stake_pence: int = 10_000,
    places: int = 1,
) -> Match:
    need = Need(
        family_id=family.id,
        code=code,
        level=2,
        likelihood=Decimal("0.4"),
        statutory_cost_pence=500_000,
        source="model:early-help@1",
        reasons=["attendance"],
        valid_until=TODAY + dt.timedelta(days=90),
        access=[],
        places=places,
        cost_falls_on=["council"],
        cashable=Decimal("0.1"),
        state=NeedState.PLANNED,
    )
    session.add(need)
    await session.flush()
    match = Match(
        plan_id=plan.id,
        need_id=need.id,
        family_id=family.id,
        intake_id=intake.id,
        state=state,
        places=places,
        price_pence=0,
        cost_pence=100,
        stake_pence=stake_pence,
        effect=Decimal("0.2"),
        travel_metres=500,
        reason={"code": "cheapest", "choices": 3},
        choices={"next_best": []},
        approved_at=dt.datetime.now(dt.UTC) if approved else None,
    )
    session.add(match)
    await session.flush()
    return match


def provider_actor(intake_provider: uuid.UUID) -> Actor:
    return Actor(
        kind="provider",
        id=uuid.uuid4(),
        name="Tom Example",
        provider_id=intake_provider,
        provider_role="editor",
    )


def council_actor(commissioner: Commissioner, kind: str = "commissioner") -> Actor:
    return Actor(kind=kind, id=uuid.uuid4(), commissioner_id=commissioner.id)
