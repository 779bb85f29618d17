"""A small invented world at real Suffolk postcodes, built by the application's own services."""

import datetime as dt
import hashlib
import uuid
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import rights_at_web
import volunteers_at_hand
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Intake, Postcode
from directory.postcodes import renew_outward_areas
from directory.taxonomy import load_taxonomy
from marketplace.access import SYSTEM, Actor
from marketplace.db.acting import EXCHANGE
from marketplace.db.asks import Ask
from marketplace.db.families import Family
from marketplace.db.offers import Offer
from marketplace.db.people import Commissioner, User
from marketplace.db.plans import Match, Plan
from marketplace.db.providers import JoinRequest
from marketplace.db.queue import RELEASE_FAMILY, SEND_MESSAGE, SOLVE_PLAN
from marketplace.db.session import Sessions, transaction
from marketplace.demo.household import example_law
from marketplace.messages.carriers import Sender
from marketplace.messages.senders import make_sender
from marketplace.services import (
    agreements,
    claims,
    contacts,
    funds,
    imports,
    legal_basis,
    needs,
    people,
    plans,
    reviews,
    stops,
)
from marketplace.services.offers import LINK
from marketplace.services.releases import release_next
from marketplace.settings import Settings
from marketplace.spreadsheets.contacts import read_contacts
from marketplace.spreadsheets.needs import read_needs
from marketplace.spreadsheets.stops import StopRow
from marketplace.states import MatchState
from marketplace.tokens import derive_token
from marketplace.worker.mailing import send_message
from marketplace.worker.runs import solve_plan

AMINA, PRIYA = "amina@example.org", "priya@example.org"
OLGA, PETRA = "olga@example.org", "petra@example.org"
TOM, WENDY, HANA = "tom@example.org", "wendy@example.org", "hana@example.org"

POSTCODES = (
    ("IP1 2DE", 615599, 244130),
    ("IP1 3AW", 616427, 244595),
    ("IP1 9WT", 615838, 244034),
    ("IP2 8NQ", 616076, 241650),
    ("IP3 9SQ", 619823, 242252),
    ("IP4 1NE", 616864, 244338),
    ("IP11 7QA", 629724, 234231),
    ("IP14 1AA", 605013, 258470),
    ("IP30 9HW", 600659, 264825),
    ("IP32 7JL", 587041, 264741),
    ("IP33 9SW", 584197, 264904),
    ("NR33 0NL", 653203, 292104),
)

SERVICES = """\
provider_ref,provider_name,kind,hosted_by,service_ref,service_name,needs,takes_level,places,price,\
effect,postcode,reach_km,days,access,standing_yes,contact_email,check_kind,check_seen_on,\
check_seen_by,recheck_by
C1,Marigold Trust,charity,,C1-1,Family worker,parenting;school-attendance;debt-advice,3,12,100,\
0.5,IP1 9WT,20,mon-am;tue-pm,step-free,,tom@example.org,,,,
C1,Marigold Trust,charity,,C1-2,Quiet talks,mental-health,3,4,90,\
0.5,IP1 9WT,20,wed-am,,,tom@example.org,,,,
G1,Harbour Group,group,,G1-1,Toddlers by the water,baby-group,2,5,20,\
0.4,IP3 9SQ,20,fri-am,,no,wendy@example.org,,,,
G1,Harbour Group,group,,G1-2,Parents together,parenting,2,8,140,\
0.4,IP3 9SQ,20,thu-am,,no,wendy@example.org,,,,
H1,Lantern Hosts,charity,,H1-1,Good neighbours,essentials,2,6,10,\
0.3,IP1 3AW,20,mon-am,,,hana@example.org,,,,
V1,Grace Example,volunteer,H1,V1-1,Two portions on a Tuesday,meals,2,2,0,\
0.3,IP4 1NE,5,tue-eve,,no,grace@example.org,enhanced,{seen},the host,{recheck}
"""

NEEDS_HEADER = (
    "family_ref,need,level,likelihood,statutory_cost,source,reasons,valid_until,area,child_born,"
    "transport,named_worker"
)
# Ref, need, level, likelihood, postcode, children. "Nocturne" and the like stand nowhere else.
NEEDS = (
    ("KELLY", "parenting", 2, "0.50", "IP1 2DE", "2019-05;2023-11"),
    ("PHONEONLY", "parenting", 2, "0.40", "IP1 3AW", "2018-02"),
    ("UNSAFE", "parenting", 2, "0.45", "IP4 1NE", "2017-07"),
    ("CHILDLESS", "parenting", 1, "0.30", "IP2 8NQ", ""),
    ("SENSITIVE", "mental-health", 2, "0.40", "IP1 2DE", "2016-03"),
    ("MEALS", "meals", 1, "0.40", "IP1 3AW", "2021-04"),
    ("TODDLER", "baby-group", 1, "0.35", "IP3 9SQ", "2024-08"),
    ("TWONEEDS", "school-attendance", 2, "0.50", "IP1 2DE", "2013-09"),
    ("TWONEEDS", "debt-advice", 1, "0.30", "IP1 2DE", "2013-09"),
    ("UNMET", "english-classes", 2, "0.50", "IP14 1AA", "2015-01"),
)
OTHER_NEEDS = (("OTHERCOUNCIL", "parenting", 2, "0.50", "IP1 2DE", "2014-06"),)

NEVER_HEARD_OF = StopRow(family_ref="NEVERHEARD", reason="moved")

CONTACTS_HEADER = (
    "family_ref,name,safe_to_contact,safe_channels,safe_checked_on,email,phone,address,postcode"
)
CONTACTS = (
    "KELLY,Kelly Nocturne,yes,email;phone,{day},kelly.nocturne@example.org,01632 960101,,",
    "PHONEONLY,Paula Obsidian,yes,phone,{day},,01632 960102,,",
    "UNSAFE,Una Peregrine,no,,{day},una.peregrine@example.org,01632 960103,,",
    "CHILDLESS,Cora Quicksand,yes,email,{day},cora@example.org,,,",
    "SENSITIVE,Sadie Rosewood,yes,email;phone,{day},sadie@example.org,01632 960105,,",
    "MEALS,Mara Sandstone,yes,email,{day},mara@example.org,,,",
    "TODDLER,Tilda Turquoise,yes,email,{day},tilda@example.org,,,",
    "TWONEEDS,Tess Umberland,yes,email;sms,{day},tess@example.org,07700 900108,,",
)
# Nobody without a right to them may ever see one of these.
CANARIES = (
    "Nocturne",
    "Obsidian",
    "Peregrine",
    "Quicksand",
    "Rosewood",
    "Sandstone",
    "Turquoise",
    "Umberland",
    "kelly.nocturne@example.org",
    "una.peregrine@example.org",
    "01632 960101",
    "+441632960101",
    "960103",
)


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def services_csv() -> bytes:
    seen, recheck = today() - dt.timedelta(days=90), today() + dt.timedelta(days=300)
    return SERVICES.format(seen=seen, recheck=recheck).encode()


def needs_csv(rows: tuple[tuple[object, ...], ...] = NEEDS) -> bytes:
    until = today() + dt.timedelta(days=120)
    lines = [
        f"{ref},{need},{level},{likelihood},2000,model:early-help@2.1,rent-arrears,{until},"
        f"{area},{born},car,Sam Example"
        for ref, need, level, likelihood, area, born in rows
    ]
    return "\n".join([NEEDS_HEADER, *lines]).encode()


def contacts_csv(rows: tuple[str, ...] = CONTACTS) -> bytes:
    day = today() - dt.timedelta(days=3)
    return "\n".join([CONTACTS_HEADER, *(row.format(day=day) for row in rows)]).encode()


def council(name: str) -> Commissioner:
    return Commissioner(
        name=name,
        hub_name="Gipping Family Hub",
        hub_person="Priya Example",
        hub_phone="01632 960 411",
        hub_hours="Monday to Friday, 9am to 5pm",
        website="example.org/family-hubs",
    )


async def build_ground(session: AsyncSession) -> None:
    """The map, two councils with their staff, and who helps."""
    session.add_all(
        Postcode(code=code, outward=code.split()[0], easting=east, northing=north, district="E07")
        for code, east, north in POSTCODES
    )
    await session.flush()
    await renew_outward_areas(session)
    for name, staff in (
        ("Example County Council", ((AMINA, "commissioner"), (PRIYA, "practitioner"))),
        ("Other Example Council", ((OLGA, "commissioner"), (PETRA, "practitioner"))),
    ):
        commissioner = await people.add_commissioner(session, council(name))
        for email, role in staff:
            await people.add_staff(
                session,
                commissioner_id=commissioner.id,
                role=role,
                name=f"{email.partition('@')[0].title()} Example",
                email=email,
            )
        ruled = Actor(kind="commissioner", name="Amina Example", commissioner_id=commissioner.id)
        await legal_basis.write_law(session, example_law(today()), actor=ruled)
        await stops.store_stops(session, [NEVER_HEARD_OF], actor=ruled)
    taken = await imports.take_services(session, services_csv(), today=today())
    taken.report.raise_faults()
    for email in (TOM, WENDY, HANA):
        await agreements.accept_agreement(session, actor=await actor_of(session, email))
    # Above what all of them cost together: no plan of the tests lacks money.
    amina = await actor_of(session, AMINA)
    await funds.add_fund(session, name="Early help", budget_pence=10_000_000, actor=amina)
    await volunteers_at_hand.sign_up(session, volunteers_at_hand.NELL, await actor_of(session, TOM))
    await ask_to_join(session)
    await ask_for_a_call(session)
    await rights_at_web.ask_what_is_held(session, actor=await actor_of(session, PRIYA))


async def ask_to_join(session: AsyncSession) -> None:
    """An organisation that waits to be let in; its address has been proved."""
    now = dt.datetime.now(dt.UTC)
    session.add(
        JoinRequest(
            organisation="Sunrise Families",
            kind="charity",
            charity_number="1123456",
            postcode="IP1 2DE",
            person="Sunny Example",
            email="sunny@sunrise.example.org",
            phone="+441632960771",
            key_id="none",
            token_hash=b"none",
            expires_at=now,
            proved_at=now,
        )
    )
    await session.flush()


async def ask_for_a_call(session: AsyncSession) -> None:
    """A family that asked the first council, and left a number only."""
    amina = await actor_of(session, AMINA)
    session.add(
        Ask(
            commissioner_id=amina.commissioner_id,
            source="self",
            code="meals",
            given={"name": "Vera", "phone": "+441632960104", "email": None}
            | {"safe_channels": ["phone"]},
            key_id="none",
            proof_hash=b"none",
            status_hash=b"none",
            expires_at=dt.datetime.now(dt.UTC) + dt.timedelta(days=7),
            ring_reason="prove",
        )
    )
    await session.flush()


async def publish(session: AsyncSession, email: str, data: bytes) -> None:
    report = read_needs(data, taxonomy=load_taxonomy(), today=today())
    report = await needs.check_areas(session, report)
    report.raise_faults()
    await needs.publish_needs(session, report.rows, actor=await actor_of(session, email))


async def build_draft(sessions: Sessions) -> None:
    """Needs of two councils, and a draft by the real engine for each."""
    for email, rows in ((AMINA, NEEDS), (OLGA, OTHER_NEEDS)):
        async with transaction(sessions, EXCHANGE) as session:
            await publish(session, email, needs_csv(rows))
            await plans.request_plan(session, actor=await actor_of(session, email))
    await do_jobs(sessions)


async def build_approved(sessions: Sessions) -> None:
    """Agreed by the practitioner, approved by the commissioner, contacts brought."""
    async with transaction(sessions, EXCHANGE) as session:
        plan = await plan_of(session, AMINA)
        priya, amina = await actor_of(session, PRIYA), await actor_of(session, AMINA)
        for match_id in await match_ids(session):
            match = await session.get_one(Match, match_id)
            if match.plan_id == plan.id:
                agree = reviews.Decision(verdict="agree")
                await reviews.decide_match(session, match_id, agree, actor=priya)
        await reviews.finish_review(session, plan.id, actor=priya)
        await plans.approve_plan(session, plan.id, actor=amina)
        report = read_contacts(contacts_csv(), today=today())
        report.raise_faults()
        await contacts.store_contacts(session, report.rows, actor=amina)


async def build_claimed(sessions: Sessions) -> None:
    """Every provider has said yes; offers are made, their messages queued."""
    for email in (TOM, WENDY, HANA):
        async with transaction(sessions, EXCHANGE) as session:
            actor = await actor_of(session, email)
            for match_id in await match_ids(session, state=MatchState.AWAITING_PROVIDER):
                if await is_answered_by(session, match_id, actor):
                    await claims.claim_match(session, match_id, actor=actor)


async def is_answered_by(session: AsyncSession, match_id: uuid.UUID, actor: Actor) -> bool:
    found = await session.scalar(claims.readable_matches(actor).where(Match.id == match_id))
    return found is not None


async def actor_of(session: AsyncSession, email: str) -> Actor:
    user = (await session.scalars(select(User).where(User.email == email))).one()
    return Actor(
        kind=user.role,
        id=user.id,
        name=user.name,
        commissioner_id=user.commissioner_id,
        provider_id=user.provider_id,
        provider_role=user.provider_role,
    )


async def plan_of(session: AsyncSession, email: str) -> Plan:
    """The newest plan of somebody's council."""
    actor = await actor_of(session, email)
    mine = select(Plan).where(Plan.commissioner_id == actor.commissioner_id)
    return (await session.scalars(mine.order_by(Plan.number.desc()))).first()


async def match_ids(session: AsyncSession, *, state: str | None = None) -> list[uuid.UUID]:
    wanted = select(Match.id).order_by(Match.id)
    return list(await session.scalars(wanted.where(Match.state == state) if state else wanted))


async def family_of(session: AsyncSession, ref: str) -> Family:
    return (await session.scalars(select(Family).where(Family.ref == ref))).one()


async def match_of(session: AsyncSession, ref: str, *, state: str | None = None) -> Match:
    """A family's match: the one that waits, where it has several."""
    wanted = select(Match).join(Match.family).where(Family.ref == ref).order_by(Match.state.desc())
    found = await session.scalars(wanted.where(Match.state == state) if state else wanted)
    return found.first()


async def intake_of(session: AsyncSession, ref: str) -> Intake:
    return await session.get_one(Intake, (await match_of(session, ref)).intake_id)


async def offer_link(session: AsyncSession, settings: Settings, ref: str) -> str:
    """The path in a family's message."""
    offer = await offer_of(session, ref)
    token = derive_token(settings.secret_keys, LINK, offer.id, made_with=offer.key_id)
    return f"/o/{token}"


async def offer_of(session: AsyncSession, ref: str) -> Offer:
    return (await session.scalars(select(Offer).join(Offer.family).where(Family.ref == ref))).one()


async def do_jobs(sessions: Sessions, sender: Sender | None = None) -> list[str]:
    """Do what is queued as the worker does, until nothing is left; which kinds were done."""
    sender = sender or make_sender(sessions.kw["info"]["settings"].mail_url)
    done = []
    with ThreadPoolExecutor(1) as solver:
        while job := await _take_job(sessions):
            kind, subject = job
            if kind == SEND_MESSAGE:
                await send_message(sessions, sender, subject)
            elif kind == SOLVE_PLAN:
                await solve_plan(sessions, solver, subject)
            elif kind == RELEASE_FAMILY:
                async with transaction(sessions, EXCHANGE) as session:
                    await release_next(session, [subject], actor=SYSTEM)
            done.append(kind)
    return done


async def _take_job(sessions: Sessions) -> tuple[str, uuid.UUID] | None:
    take = """
        DELETE FROM jobs.pgqueuer WHERE id = (SELECT min(id) FROM jobs.pgqueuer)
        RETURNING entrypoint, payload
    """
    async with transaction(sessions, EXCHANGE) as session:
        job = (await session.execute(text(take))).first()
    return (job.entrypoint, uuid.UUID(job.payload.decode())) if job else None


async def take_picture(sessions: Sessions) -> dict[str, tuple[int, str]]:
    """Count and checksum of every table, read by their owner: what a look may not change."""
    settings = sessions.kw["info"]["settings"]
    listed = """
        SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
        WHERE schemaname IN ('public', 'jobs')
    """
    picture = {}
    connection = await asyncpg.connect(settings.migration_database_url)
    try:
        await connection.execute("SET acting.kind = 'exchange'")
        for (table,) in await connection.fetch(listed):
            found = await connection.fetch(f"SELECT t::text FROM {table} t")  # noqa: S608 - names from the catalogue
            rows = sorted(row[0] for row in found)
            digest = hashlib.sha256("\n".join(rows).encode()).hexdigest()
            picture[table] = len(rows), digest
    finally:
        await connection.close()
    return picture
