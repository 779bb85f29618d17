"""A council that takes asks, and families that ask it."""

import datetime as dt
import uuid
from typing import Any

from families_at_hand import add_commissioner
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Postcode
from marketplace.db.acting import EXCHANGE
from marketplace.db.asks import Ask
from marketplace.db.families import Family
from marketplace.db.people import Commissioner, LegalBasis
from marketplace.db.session import Sessions, transaction
from marketplace.services.asks import asks
from marketplace.services.asks.asks import Asked, Worker
from marketplace.tokens import derive_token

KIT = Worker(name="Kit Example", email="kit@school.sch.uk")


async def open_asking(session: AsyncSession, commissioner: Commissioner) -> None:
    """Its area is chosen, and the law is written."""
    commissioner.covers = ["E07"]
    if await session.get(LegalBasis, commissioner.id) is None:
        session.add(
            LegalBasis(
                commissioner_id=commissioner.id,
                power="Children Act 2004, section 10",
                lawful_basis="Public task",
                special_category_basis="Substantial public interest",
                impact_assessed_on=dt.date(2026, 9, 1),
                privacy_notice_address="https://council.example.org/privacy",
                complaint_route="the council’s complaints team",
                written_by="Amina Example",
            )
        )
    await session.flush()


async def add_asking_council(sessions: Sessions, name: str = "Invented Council") -> uuid.UUID:
    async with transaction(sessions, EXCHANGE) as session:
        commissioner = await add_commissioner(session, name)
        await open_asking(session, commissioner)
        if await session.get(Postcode, "IP1 2DE") is None:
            session.add_all(
                Postcode(code=code, outward="IP1", easting=615599, northing=244130, district="E07")
                for code in ("IP1 2DE", "IP1 3AW")
            )
            await session.flush()
        return commissioner.id


def asked(**given: Any) -> Asked:
    """Kelly asks for meals by e-mail, unless `given` says otherwise."""
    return Asked(
        **{
            "code": "meals",
            "service_id": None,
            "area": "IP1 2DE",
            "children_born": ["2019-05"],
            "languages": ["en"],
            "availability": ["mon-am"],
            "transport": ["bus"],
            "name": "Kelly",
            "safe_channels": ["email"],
            "email": "kelly@example.org",
            "phone": None,
            "address": None,
            **given,
        }
    )


async def send(sessions: Sessions, council: uuid.UUID, asked: Asked) -> uuid.UUID | None:
    """Fill the form in; the ask that waits now, or None where it was not taken."""
    async with transaction(sessions, EXCHANGE) as session:
        before = set(await session.scalars(select(Ask.id)))
        commissioner = await session.get_one(Commissioner, council)
        await asks.ask_for_help(session, asked, commissioner=commissioner)
    async with transaction(sessions, EXCHANGE) as session:
        after = set(await session.scalars(select(Ask.id)))
    return next(iter(after - before), None)


async def token_of(sessions: Sessions, ask_id: uuid.UUID, link: str) -> str:
    async with transaction(sessions, EXCHANGE) as session:
        ask = await session.get_one(Ask, ask_id)
        keys = session.info["settings"].secret_keys
        return derive_token(keys, link, ask.id, made_with=ask.key_id)


async def ask_and_prove(sessions: Sessions, council: uuid.UUID, asked: Asked) -> uuid.UUID:
    ask_id = await send(sessions, council, asked)
    assert ask_id
    token = await token_of(sessions, ask_id, asks.PROOF_LINK)
    async with transaction(sessions, EXCHANGE) as session:
        await asks.prove_ask(session, token)
    return ask_id


async def families(sessions: Sessions) -> list[Family]:
    async with transaction(sessions, EXCHANGE) as session:
        return list(await session.scalars(select(Family).order_by(Family.ref)))
