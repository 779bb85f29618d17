"""What a host sees of its volunteers: how they stand, what is missing, whom they help."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.models import Provider, Service
from directory.spreadsheets.words import PARTS_OF_DAY, WEEKDAYS
from directory.volunteers.asks import asked_of, highest_check, is_enough, load_rules, lowest_check
from directory.volunteers.models import Absence, QuizTry, Volunteer
from directory.volunteers.quiz import load_bank
from directory.volunteers.readiness import Held, valid_until, what_is_missing
from marketplace.access import Actor, readable_volunteers
from marketplace.db.plans import Match
from marketplace.db.volunteering import Introduction, WeeklyQuestion
from marketplace.services.volunteers import volunteers
from marketplace.services.volunteers.pairs import PROMISED, live_matches
from marketplace.services.volunteers.volunteer_quiz import ASK as QUIZ
from marketplace.services.volunteers.volunteer_quiz import is_passed
from marketplace.services.volunteers.volunteer_words import first_name, say_places, say_week
from marketplace.states import MatchState
from marketplace.templating import plural, uk_date
from marketplace.web import words
from marketplace.web.pages import provider_views
from marketplace.web.volunteer_forms import METRES_IN_A_MILE

COVER_AHEAD = dt.timedelta(days=14)
ANSWERS = {"ok": "They can help", "skip": "They cannot help", "stop": "They asked to stop"}


def role_items() -> list[dict[str, str]]:
    return [{"code": code, "text": role.label} for code, role in load_rules().roles.items()]


async def list_views(session: AsyncSession, actor: Actor) -> list[dict[str, Any]]:
    providers = (
        await session.scalars(readable_volunteers(actor).order_by(Provider.name, Provider.id))
    ).all()
    ids = [provider.id for provider in providers]
    kept = {
        one.provider_id: one
        for one in await session.scalars(select(Volunteer).where(Volunteer.provider_id.in_(ids)))
    }
    counts = await _families_each(session, ids)
    services = await _services_each(session, ids)
    today = await volunteers.today_of(session)
    away = {one.volunteer_id: one for one in await session.scalars(_absences(ids, today))}
    views = []
    for provider in providers:
        volunteer = kept.get(provider.id)
        missing = await _missing(session, volunteer, today)
        views.append(
            {
                "id": provider.id,
                "name": provider.name,
                "does": services.get(provider.id, ""),
                "families": counts.get(provider.id, 0),
                "missing": [load_rules().asks[one.ask].label for one in missing],
                "left": volunteer is not None and volunteer.left_at is not None,
                "tag": _tag(volunteer, away.get(provider.id), is_missing=bool(missing)),
            }
        )
    return views


async def _missing(session: AsyncSession, volunteer: Volunteer | None, today: dt.date) -> list[Any]:
    if volunteer is None or volunteer.left_at is not None:
        return []
    return what_is_missing(await volunteers.read_held(session, volunteer), today)


def _tag(
    volunteer: Volunteer | None, absence: Absence | None, *, is_missing: bool
) -> dict[str, str]:
    """The one thing that a host has to know first."""
    if volunteer is None:
        return {"text": "From the council’s list", "colour": "blue"}
    if volunteer.left_at is not None:
        return {"text": "Has left", "colour": "grey"}
    if volunteer.stopped_at is not None:
        return {"text": "Sent STOP: please ring", "colour": "red"}
    if is_missing:
        return {"text": "Something is missing", "colour": "yellow"}
    if absence is not None:
        kind = "On a break" if absence.kind == "break" else "Cannot come this week"
        return {"text": kind, "colour": "grey"}
    return {"text": "Ready", "colour": "green"}


def _absences(ids: Sequence[uuid.UUID], today: dt.date) -> Any:
    return select(Absence).where(
        Absence.volunteer_id.in_(ids), Absence.starts_on <= today, Absence.ends_on >= today
    )


async def _families_each(session: AsyncSession, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    found = await session.execute(
        live_matches()
        .where(Service.provider_id.in_(ids), Match.state.in_(PROMISED))
        .with_only_columns(Service.provider_id, func.count())
        .group_by(Service.provider_id)
    )
    return dict(found.all())


async def _services_each(session: AsyncSession, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    found = await session.execute(
        select(Service.provider_id, func.string_agg(Service.name.distinct(), "; "))
        .where(Service.provider_id.in_(ids))
        .group_by(Service.provider_id)
    )
    return dict(found.all())


async def details_typed(session: AsyncSession, provider: Provider) -> dict[str, Any]:
    """What is known, as the form shows it; of somebody from a file, as far as it goes."""
    volunteer = await session.get(Volunteer, provider.id)
    service = await _first_service(session, provider.id)
    places = await volunteers.total_places(session, provider.id)
    parts = {time.partition("-")[2] for time in service.days}
    return {
        "name": provider.name,
        "roles": list(volunteer.roles) if volunteer else [],
        "places": str(places),
        "days": [day for day in WEEKDAYS if any(time.startswith(day) for time in service.days)],
        "parts": [] if len(parts) == len(PARTS_OF_DAY) else sorted(parts),
        "travels": volunteer.travels if volunteer else "",
        "miles": _miles(service.reach_metres or 0),
        "phone": words.local_phone((volunteer and volunteer.phone) or provider.contact_phone or ""),
        "email": (volunteer and volunteer.email) or provider.contact_email or "",
        "postcode": service.postcode or "",
    }


async def one_view(session: AsyncSession, actor: Actor, provider: Provider) -> dict[str, Any]:
    """Everything on the page of one volunteer but what was typed wrongly."""
    volunteer = await session.get(Volunteer, provider.id)
    service = await _first_service(session, provider.id)
    today = await volunteers.today_of(session)
    view: dict[str, Any] = {
        "id": provider.id,
        "name": provider.name,
        "first_name": first_name(provider.name),
        "does": service.name,
        "places_text": _places_text(volunteer, await volunteers.total_places(session, provider.id)),
        "days_text": words.days_text(sorted(service.days, key=words.in_week_order)),
        "travel_text": _travel_text(volunteer, service),
        "phone": words.local_phone(volunteer.phone) if volunteer and volunteer.phone else None,
        "email": volunteer.email if volunteer else None,
        "postcode": service.postcode,
        "is_kept": volunteer is not None,
        "stopped_at": volunteer.stopped_at if volunteer else None,
        "left_at": volunteer.left_at if volunteer else None,
        "families": await _family_views(session, actor, provider.id),
        "today": today.isoformat(),
        "to_cover": [],
        "words": [],
        "week": None,
    }
    if volunteer is None or volunteer.left_at is not None:
        return view
    held = await volunteers.read_held(session, volunteer)
    absences = await session.scalars(
        select(Absence)
        .where(Absence.volunteer_id == provider.id, Absence.ends_on >= today)
        .order_by(Absence.starts_on)
    )
    coming = absences.all()
    return view | {
        "missing": [_missing_text(held, one) for one in what_is_missing(held, today)],
        "papers": [_paper_view(held, ask, until, today) for ask, until in valid_until(held)],
        "check": check_view(held, actor, today),
        "quiz": await _quiz_view(session, volunteer),
        "absences": [_absence_view(one) for one in coming],
        "to_cover": [_absence_view(one) for one in coming if one.starts_on <= today + COVER_AHEAD],
        "words": [
            {"text": text.words, "at": text.received_at}
            for text in await session.scalars(volunteers.unseen_words(provider.id))
        ],
        "week": await _week_text(session, provider.id, today),
    }


def _places_text(volunteer: Volunteer | None, places: int) -> str:
    units = {load_rules().roles[role].unit for role in volunteer.roles} if volunteer else set()
    return f"{say_places(units.pop() if len(units) == 1 else 'place', places)} a week"


def _travel_text(volunteer: Volunteer | None, service: Service) -> str:
    how = {"foot": ", on foot", "car": ", by car"}[volunteer.travels] if volunteer else ""
    return f"Up to {_miles(service.reach_metres or 0)} miles{how}"


def _miles(metres: int) -> str:
    return f"{metres / METRES_IN_A_MILE:.2f}".rstrip("0").rstrip(".")


def _missing_text(held: Held, missing: Any) -> str:
    label = load_rules().asks[missing.ask].label
    if missing.since is not None:
        return f"{label}: no longer valid since {uk_date(missing.since)}"
    if missing.ask == "check" and held.check_kind is not None:
        return f"{label}: not the one that this work needs"
    return f"{label}: not there yet"


def _paper_view(held: Held, ask: str, until: dt.date | None, today: dt.date) -> dict[str, Any]:
    rule, paper = load_rules().asks[ask], held.papers.get(ask)
    is_valid = until is not None and until >= today
    return {
        "ask": ask,
        "label": rule.label,
        "version": rule.version,
        "done_on": paper.done_on if paper else None,
        "until": until,
        "is_valid": is_valid,
        "ends_soon": is_valid
        and until is not None
        and until <= today + dt.timedelta(days=rule.reminder_days),
    }


def check_view(held: Held, actor: Actor, today: dt.date) -> dict[str, Any]:
    names, lowest = load_rules().check_kinds, lowest_check(held.roles)
    highest = highest_check(held.roles)
    return {
        "asked": "check" in asked_of(held.roles),
        "needed": names[lowest],
        "kinds": [
            {"code": code, "text": text}
            for code, text in names.items()
            if is_enough(code, asked=lowest) and is_enough(highest, asked=code)
        ],
        "why": [load_rules().roles[role].why for role in held.roles],
        "kind": held.check_kind or "",
        "kind_text": names.get(held.check_kind or "", ""),
        "seen_on": held.check_seen_on.isoformat() if held.check_seen_on else today.isoformat(),
        "seen_by": held.check_seen_by or actor.name,
        "recheck_by": held.recheck_by.isoformat() if held.recheck_by else "",
    }


async def _quiz_view(session: AsyncSession, volunteer: Volunteer) -> dict[str, Any]:
    tries = await session.scalars(
        select(QuizTry)
        .where(QuizTry.volunteer_id == volunteer.provider_id, QuizTry.answers.is_not(None))
        .order_by(QuizTry.taken_at.desc())
    )
    return {
        "asked": QUIZ in asked_of(volunteer.roles),
        "tries": [
            {"taken_at": one.taken_at, "score": one.score, "passed": is_passed(one)}
            for one in tries
        ],
        "of": load_bank().draw,
        "pass_mark": load_bank().pass_mark,
    }


def _absence_view(absence: Absence) -> dict[str, Any]:
    days = f"{uk_date(absence.starts_on)} to {uk_date(absence.ends_on)}"
    kind = "Break" if absence.kind == "break" else "Cannot come"
    return {"id": absence.id, "text": f"{kind}: {days}", "is_break": absence.kind == "break"}


async def _week_text(session: AsyncSession, volunteer_id: uuid.UUID, today: dt.date) -> str:
    question = await session.scalar(
        select(WeeklyQuestion)
        .where(WeeklyQuestion.volunteer_id == volunteer_id, WeeklyQuestion.ends_on >= today)
        .order_by(WeeklyQuestion.day)
        .limit(1)
    )
    if question is None:
        return "Not asked yet. We text the day before."
    when = say_week(question.day, question.ends_on)
    if question.answer is None:
        return f"Asked about helping {when}. No answer yet."
    return f"{ANSWERS[question.answer]} {when}."


async def _family_views(
    session: AsyncSession, actor: Actor, volunteer_id: uuid.UUID
) -> list[dict[str, Any]]:
    matches = [
        match
        for state in (MatchState.ACCEPTED, MatchState.UNDER_WAY)
        for match in await provider_views.matches_in(session, actor, state)
        if match.intake.service.provider_id == volunteer_id
    ]
    offers = await provider_views.offers_of(session, matches)
    introduced = {
        one.match_id: one
        for one in await session.scalars(
            select(Introduction).where(Introduction.match_id.in_([match.id for match in matches]))
        )
    }
    return [
        provider_views.accepted_view(match, offers[match.id])
        | {
            "introduced_on": one.introduced_on if (one := introduced.get(match.id)) else None,
            "diet": (one and one.diet) or "",
        }
        for match in matches
    ]


async def _first_service(session: AsyncSession, volunteer_id: uuid.UUID) -> Service:
    return (
        await session.scalars(
            select(Service)
            .where(Service.provider_id == volunteer_id)
            .order_by(Service.ref)
            .limit(1)
        )
    ).one()


def try_view(one: QuizTry) -> list[dict[str, Any]]:
    """The questions of a try, and once answered what was said and what is right."""
    questions = load_bank().questions
    answers = one.answers or [""] * len(one.questions)
    return [
        {
            "id": id_,
            "number": number,
            "text": questions[id_].question,
            "choices": [
                {"value": str(n), "text": text}
                for n, text in enumerate(questions[id_].choices, start=1)
            ],
            "is_right": questions[id_].is_right(answer),
            "said": questions[id_].choices[int(answer) - 1] if answer else "",
            "right_text": questions[id_].choices[questions[id_].right - 1],
            "why": questions[id_].why,
            "source": questions[id_].source,
        }
        for number, (id_, answer) in enumerate(zip(one.questions, answers, strict=True), start=1)
    ]


def score_text(one: QuizTry) -> str:
    return f"{one.score} of {plural(len(one.questions), 'question')} right"
