"""Everything that is held about a family, put together for a person to look at and release."""

import hashlib
import json
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from directory.plain_words import say_languages
from directory.taxonomy import load_taxonomy
from marketplace.access import Actor
from marketplace.db.acting import by_exchange
from marketplace.db.asks import Ask
from marketplace.db.families import Contact, Family, StopEntry
from marketplace.db.history import Event
from marketplace.db.offers import Call, Message, WaitingPlace, WrongAnswer
from marketplace.db.outcomes import Concern, Outcome
from marketplace.db.plans import Match, PairRule
from marketplace.db.rights import LegalHold, RightsRequest
from marketplace.db.volunteering import Introduction
from marketplace.services.offers.opening import name_told_to_families
from marketplace.services.plans.family_story import FamilyStory, tell_story
from marketplace.services.staff.reading import DETAILS_READ
from marketplace.templating import uk_date, uk_month, uk_time

# Names of staff stay out: a person is answered for by the council, and may be in danger too.
ACTORS = {
    "commissioner": "somebody at the council",
    "practitioner": "a practitioner of the council",
    "provider": "somebody at the charity or group",
    "family": "the family, or whoever had its link",
    "public": "whoever proved the address",
    "system": "the computer",
}


@dataclass(frozen=True)
class Fact:
    """One thing that is held. `others`: somebody else is in it, so a person decides on it.

    `is_look`: somebody read it, which every look at it adds once more.
    """

    what: str
    says: str
    others: bool = False
    is_look: bool = False


@dataclass(frozen=True)
class Section:
    title: str
    facts: list[Fact] = field(default_factory=list)


@by_exchange
async def put_together(
    session: AsyncSession, family_id: uuid.UUID, *, actor: Actor
) -> list[Section]:
    """All of it, in words; who may not read the family finds nothing (`tell_story` asks)."""
    story = await tell_story(session, family_id, actor=actor)
    sections = [
        Section("Your family", list(_family(story.family))),
        Section("How we would reach you", list(await _contact(session, family_id))),
        Section("What was guessed or asked for", list(_needs(story))),
        Section("What was planned, and why", list(_plans(story))),
        Section("What was offered, and what you answered", list(_offers(story))),
        Section("Messages and calls", list(await _messages(session, story))),
        Section("What came of it", list(await _outcomes(session, story))),
        Section("What people wrote or decided", list(await _decisions(session, story))),
        Section("Who did what, and when", list(await _history(session, story))),
    ]
    return [one for one in sections if one.facts]


def as_answer(sections: Sequence[Section], *, left_out: Iterable[str]) -> dict[str, Any]:
    """What is released: without what a person took out, and saying how much that was."""
    gone = set(left_out)
    told = [
        {
            "title": section.title,
            "facts": [
                {"what": fact.what, "says": fact.says}
                for place, fact in enumerate(section.facts)
                if key_of(number, place) not in gone
            ],
        }
        for number, section in enumerate(sections)
    ]
    kept = sum(len(section["facts"]) for section in told)
    everything = sum(len(section.facts) for section in sections)
    return {"sections": [one for one in told if one["facts"]], "left_out": everything - kept}


def fingerprint_of(sections: Sequence[Section]) -> str:
    """Tells whether what is released is what somebody looked at."""
    facts = [asdict(fact) for one in sections for fact in one.facts if not fact.is_look]
    said = json.dumps(facts, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def key_of(section: int, fact: int) -> str:
    return f"{section}-{fact}"


def _facts(*pairs: tuple[str, object]) -> Iterator[Fact]:
    """Only what there is."""
    for what, value in pairs:
        if value not in (None, "", [], ()):
            yield Fact(what, _say(value))


def _say(value: object) -> str:
    """A day as people write it; a code stays as it is held, and is told as that."""
    if isinstance(value, datetime):
        return uk_time(value)
    if isinstance(value, date):
        return uk_date(value)
    if isinstance(value, list):
        return ", ".join(map(_say, value))
    return str(value)


def _family(family: Family) -> Iterator[Fact]:
    yield from _facts(
        ("The name we use instead of yours", family.ref),
        ("Area", family.area),
        ("Children born", [_say_month(one) for one in family.children_born]),
        ("Languages", say_languages(family.languages)),
        ("Days that suit", family.availability),
        ("How you get about", family.transport),
        ("Before a visit", family.visiting.replace("_", " ")),
        ("You told us to stop", family.stopped_at),
        ("You objected", family.objected_at),
        ("Not asked again before", family.parked_until),
        ("Somebody said the address was wrong", family.contact_wrong_at),
    )
    if family.named_worker:
        yield Fact("The worker who knows you", family.named_worker, others=True)


def _say_month(written: str) -> str:
    return uk_month(date.fromisoformat(f"{written}-01"))


async def _contact(session: AsyncSession, family_id: uuid.UUID) -> Iterator[Fact]:
    contact = await session.get(Contact, family_id)
    if contact is None:
        return iter(())
    return _facts(
        ("Name", contact.name),
        ("E-mail", contact.email),
        ("Telephone", contact.phone),
        ("Address", contact.address),
        ("Postcode", contact.postcode),
        ("Safe to write or ring", contact.safe_to_contact),
        ("Safe ways", contact.safe_channels),
        ("Checked on", contact.safe_checked_on),
    )


def _needs(story: FamilyStory) -> Iterator[Fact]:
    for need in story.needs:
        name = load_taxonomy()[need.code].label
        yield from _facts(
            (f"{name}: where from", need.source),
            (f"{name}: level", need.level),
            (f"{name}: how likely", need.likelihood),
            (f"{name}: reasons", need.reasons),
            (f"{name}: cost if unmet", _say_pounds(need.statutory_cost_pence)),
            (f"{name}: what access you need", need.access),
            (f"{name}: kept until", need.valid_until),
            (f"{name}: how it stands", need.state),
        )


def _say_pounds(pence: int | None) -> str | None:
    return None if pence is None else f"£{pence / 100:,.2f}"


def _plans(story: FamilyStory) -> Iterator[Fact]:
    for matches in story.matches.values():
        for match in matches:
            support = _support(story, match)
            look = story.looks.get(match.id)
            yield from _facts(
                (f"Plan {match.plan.number}", f"{support}: {match.state.replace('_', ' ')}"),
                (f"Why {support}", match.reason.get("code")),
                (f"Others weighed beside {support}", len(match.choices.get("next_best", []))),
                (f"A person looked at {support}", look.at if look else None),
                ("The look changed it", "yes" if look and look.was_changed else None),
            )
    for plan, unmet in story.unmet.values():
        yield Fact(f"Plan {plan.number}", f"nothing found: {unmet.reason.replace('_', ' ')}")


def _support(story: FamilyStory, match: Match) -> str:
    intake = story.supports[match.intake_id]
    return f"{intake.service.name}, {name_told_to_families(intake)}"


def _offers(story: FamilyStory) -> Iterator[Fact]:
    by_id = {match.id: match for matches in story.matches.values() for match in matches}
    for match_id, offer in story.offers.items():
        support = _support(story, by_id[match_id])
        yield from _facts(
            (f"Offered {support}", offer.created_at),
            ("By", offer.channel),
            ("Your answer", offer.answer),
            ("Answered", offer.answered_at),
            ("How they may reach you", offer.contact_way),
            ("What would make it easier", offer.easier),
            ("What you thought of it", offer.feedback),
        )


async def _messages(session: AsyncSession, story: FamilyStory) -> Iterator[Fact]:
    offers = [offer.id for offer in story.offers.values()]
    asks = select(Ask.id).where(Ask.need_id.in_([need.id for need in story.needs]))
    requests = select(RightsRequest.id).where(RightsRequest.family_id == story.family.id)
    messages = await session.scalars(
        select(Message)
        .where(
            or_(
                Message.subject_id.in_(offers),
                Message.subject_id.in_(asks),
                Message.subject_id.in_(requests),
            )
        )
        .order_by(Message.created_at)
    )
    calls = await session.scalars(
        select(Call).where(Call.offer_id.in_(offers)).order_by(Call.asked_at)
    )
    wrong = await session.scalar(
        select(func.count()).select_from(WrongAnswer).where(WrongAnswer.offer_id.in_(offers))
    )
    told = [
        Fact(
            f"Message “{one.event.replace('_', ' ')}”",
            f"{_say(one.sent_at or one.created_at)}: {one.delivery or one.state}"
            + (f" by {one.channel}" if one.channel else ""),
        )
        for one in messages
    ]
    told += [
        Fact(
            "A call", f"{_say(one.asked_at)} ({one.reason}): {_say(one.done_at or 'not made yet')}"
        )
        for one in calls
    ]
    if wrong:
        told.append(Fact("Wrong answers behind your link", str(wrong)))
    return iter(told)


async def _outcomes(session: AsyncSession, story: FamilyStory) -> Iterator[Fact]:
    matches = _match_ids(story)
    told: list[Fact] = []
    for one in await session.scalars(select(Outcome).where(Outcome.match_id.in_(matches))):
        told += _facts(
            ("First in touch", one.first_contact_on),
            ("Started", one.started_on),
            ("Times there", one.times_attended),
            ("Ended", one.ended_on),
            ("Whether it helped, as they saw it", one.helped),
            ("Diet asked about", one.diet_confirmed_at),
        )
    introductions = select(Introduction).where(Introduction.match_id.in_(matches))
    for meeting in await session.scalars(introductions):
        told += _facts(
            ("Introduced on", meeting.introduced_on), ("Diet, for the meals", meeting.diet)
        )
    return iter(told)


async def _decisions(session: AsyncSession, story: FamilyStory) -> Iterator[Fact]:
    """Where people wrote, or somebody else may be in it: each is decided on before release."""
    needs, family = [need.id for need in story.needs], story.family
    told: list[Fact] = []
    for ask in await session.scalars(select(Ask).where(Ask.need_id.in_(needs))):
        told += _facts(("Asked for", f"{_say(ask.created_at)} ({ask.source})"))
        if ask.worker_name:
            worker = f"{ask.worker_name}, {ask.worker_email}"
            told.append(Fact("Who filled it in with you", worker, others=True))
    same_ref = func.upper(StopEntry.family_ref) == family.ref.upper()
    own = StopEntry.commissioner_id == family.commissioner_id
    rules = await session.scalars(select(PairRule).where(PairRule.need_id.in_(needs)))
    places = await session.scalars(select(WaitingPlace).where(WaitingPlace.need_id.in_(needs)))
    entries = await session.scalars(select(StopEntry).where(own, same_ref))
    holds = await session.scalars(select(LegalHold).where(LegalHold.family_id == family.id))
    # Who was worried may be found out by it: taken in only if a person does so.
    worries = await session.scalars(select(Concern).where(Concern.match_id.in_(_match_ids(story))))
    told += [Fact(f"A rule ({one.kind})", one.reason, others=True) for one in rules]
    told += [Fact("Waiting for a place since", _say(one.asked_at)) for one in places]
    told += [
        Fact("On the stop list", f"{_say(one.added_at)}: {one.reason}", others=True)
        for one in entries
    ]
    told += [Fact("Must not be deleted", one.reason, others=True) for one in holds]
    told += [
        Fact("A worry about a child", f"raised {_say(one.raised_at)}", others=True)
        for one in worries
    ]
    return iter(told)


async def _history(session: AsyncSession, story: FamilyStory) -> Iterator[Fact]:
    subjects = {
        "family": [story.family.id],
        "need": [need.id for need in story.needs],
        "match": _match_ids(story),
        "offer": [offer.id for offer in story.offers.values()],
    }
    wanted = [
        and_(Event.subject_kind == kind, Event.subject_id.in_(ids))
        for kind, ids in subjects.items()
    ]
    events = await session.scalars(select(Event).where(or_(*wanted)).order_by(Event.id))
    return iter(
        [
            Fact(
                _say(one.at),
                f"{one.subject_kind}: {one.target.replace('_', ' ')}, by "
                f"{ACTORS.get(one.actor_kind, one.actor_kind)}",
                # That there was a worry shows in the history too.
                others=one.code == "safeguarding" or one.target == "on_hold",
                is_look=one.target == DETAILS_READ,
            )
            for one in events
        ]
    )


def _match_ids(story: FamilyStory) -> list[uuid.UUID]:
    return [match.id for matches in story.matches.values() for match in matches]
