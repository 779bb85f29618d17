"""What a person asks for, and which listings answer it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
)

from directory.geocoding import Place
from directory.listing import PLACE, REACHED, Listing
from directory.questions import Question
from directory.spreadsheets.words import PARTS_OF_DAY
from directory.taxonomy import load_taxonomy

# Of 1 for the same word: enough for a slip of the finger, too little for another name.
SAME_SPELLING = 0.45
# What one kind of finding is worth beside another; equal sums are ranked by distance.
NAMES_THE_NEED, SAYS_IT_ALL, HINTS_AT_IT, IS_CALLED_SO = 4, 3, 1, 1

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    near: Place
    within_metres: int
    question: Question = field(default_factory=Question)
    need: str | None = None
    age: int | None = None
    day: str | None = None
    language: str | None = None
    access: str | None = None
    free: bool = False
    # The last resort where no word is found: names that are spelled much like it.
    by_spelling: bool = False


def answers(wish: Wish) -> Iterator[Condition]:
    """Yield the conditions that a listing must meet."""
    yield _covers(wish)
    yield _is_open_to_volunteers(wish)
    if wish.need:
        yield Listing.needs.contains([wish.need])
    if wish.question.text:
        yield _is_about(wish)
    if wish.age is not None:
        yield func.coalesce(Listing.min_age <= wish.age, True)
        yield func.coalesce(Listing.max_age >= wish.age, True)
    if wish.day:
        yield Listing.days.overlap([f"{wish.day}-{part}" for part in PARTS_OF_DAY])
    if wish.language:
        yield Listing.languages.contains([wish.language])
    if wish.access:
        yield Listing.access.contains([wish.access])


def score(wish: Wish) -> ColumnElement[int]:
    """Count how well the words fit; 0 where none were typed."""
    question = wish.question
    if not question.text:
        return literal(0)
    if wish.by_spelling:
        return cast(func.round(_likeness(question) * 10), Integer)
    worth = [
        (_has_need(question.meant), NAMES_THE_NEED),
        (_has_need(question.hinted), HINTS_AT_IT),
        (_says_all(question), SAYS_IT_ALL),
        (_is_called(question), IS_CALLED_SO),
    ]
    total: ColumnElement[int] = literal(0)
    for condition, points in worth:
        total += case((condition, points), else_=0)
    return total


def squared_distance(near: Place) -> ColumnElement[float | None]:
    east, north = Listing.easting - near.easting, Listing.northing - near.northing
    return east * east + north * north


def _covers(wish: Wish) -> Condition:
    """Let people go further than most come to a place, but a volunteer no further than usual."""
    near, within = wish.near, wish.within_metres
    here = func.point(near.easting, near.northing)
    around = func.box(
        func.point(near.easting - within, near.northing - within),
        func.point(near.easting + within, near.northing + within),
    )
    away = squared_distance(near)
    return or_(
        and_(PLACE.bool_op("<@")(around), ~Listing.is_volunteer, away <= within * within),
        and_(
            REACHED.bool_op("&&")(func.box(here, here)),
            away <= Listing.reach_metres * Listing.reach_metres,
        ),
        and_(Listing.is_approximate, Listing.outward == near.outward, Listing.easting.is_not(None)),
        and_(Listing.easting.is_(None), ~Listing.is_volunteer),
    )


def _is_open_to_volunteers(wish: Wish) -> Condition:
    """Never show a volunteer for a hard subject, nor for nothing else."""
    terms = load_taxonomy()
    if wish.question.is_sensitive or (wish.need and terms[wish.need].sensitive):
        return ~Listing.is_volunteer
    harmless = [code for code, term in terms.items() if not term.sensitive]
    return or_(~Listing.is_volunteer, _has_need(harmless))


def _is_about(wish: Wish) -> Condition:
    question = wish.question
    if wish.by_spelling:
        return _likeness(question) >= SAME_SPELLING
    found = or_(_has_need(question.meant | question.hinted), _says_all(question))
    # A name that shares one word says little, unless nothing better is known.
    return found if question.meant else or_(found, _is_called(question))


def _has_need(codes: Collection[str]) -> Condition:
    return Listing.needs.overlap(literal(sorted(codes), ARRAY(Text))) if codes else false()


def _says_all(question: Question) -> Condition:
    return _finds(func.websearch_to_tsquery("english", func.unaccent(question.text)))


def _is_called(question: Question) -> Condition:
    if not question.words:
        return false()
    asked = " | ".join(f"{word}:AB" for word in question.words)
    return _finds(func.to_tsquery("english", asked))


def _finds(asked: ColumnElement[str]) -> Condition:
    # A query of its own is worked out once; written in place it would be for every row.
    return Listing.words.bool_op("@@")(select(asked).scalar_subquery())


def _likeness(question: Question) -> ColumnElement[float]:
    asked = select(func.lower(func.unaccent(question.text))).scalar_subquery()
    return func.word_similarity(asked, Listing.spelling)
