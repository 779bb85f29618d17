"""What a person asks for, and which listings answer it.

Statements are made once for each shape of a wish, and given its values: to write one anew for every
search would take longer than to run it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Double,
    Integer,
    Text,
    and_,
    bindparam,
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
class Shape:
    """Which conditions a statement has, whatever their values."""

    is_asked: bool
    is_understood: bool
    has_words: bool
    by_spelling: bool
    hides_volunteers: bool
    need: bool
    age: bool
    day: bool
    language: bool
    access: bool
    free: bool


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

    @property
    def is_sensitive(self) -> bool:
        chosen = load_taxonomy()[self.need].sensitive if self.need else False
        return chosen or self.question.is_sensitive

    @property
    def shape(self) -> Shape:
        return Shape(
            is_asked=bool(self.question.text),
            is_understood=bool(self.question.meant),
            has_words=bool(self.question.words),
            by_spelling=self.by_spelling,
            hides_volunteers=self.is_sensitive,
            need=self.need is not None,
            age=self.age is not None,
            day=self.day is not None,
            language=self.language is not None,
            access=self.access is not None,
            free=self.free,
        )

    @property
    def values(self) -> dict[str, Any]:
        return {
            "near_east": float(self.near.easting),
            "near_north": float(self.near.northing),
            "near_outward": self.near.outward,
            "within": float(self.within_metres),
            "asked": self.question.text,
            "called": " | ".join(f"{word}:AB" for word in self.question.words),
            "meant": sorted(self.question.meant),
            "hinted": sorted(self.question.hinted),
            "need": [self.need],
            "age": self.age,
            "parts_of_day": [f"{self.day}-{part}" for part in PARTS_OF_DAY],
            "language": [self.language],
            "access": [self.access],
        }


def answers(shape: Shape) -> Iterator[Condition]:
    """Yield the conditions that a listing must meet."""
    yield _covers()
    yield _is_open_to_volunteers(shape)
    if shape.need:
        yield Listing.needs.contains(_texts("need"))
    if shape.is_asked:
        yield _is_about(shape)
    if shape.age:
        age = bindparam("age", type_=BigInteger)
        yield func.coalesce(Listing.min_age <= age, True)
        yield func.coalesce(Listing.max_age >= age, True)
    if shape.day:
        yield Listing.days.overlap(_texts("parts_of_day"))
    if shape.language:
        yield Listing.languages.contains(_texts("language"))
    if shape.access:
        yield Listing.access.contains(_texts("access"))


def score(shape: Shape) -> ColumnElement[int]:
    """Count how well the words fit; 0 where none were typed."""
    if not shape.is_asked:
        return literal(0)
    if shape.by_spelling:
        return cast(func.round(_likeness() * 10), Integer)
    worth = [
        (_has_need("meant"), NAMES_THE_NEED),
        (_has_need("hinted"), HINTS_AT_IT),
        (_says_all(), SAYS_IT_ALL),
        (_is_called(shape), IS_CALLED_SO),
    ]
    total: ColumnElement[int] = literal(0)
    for condition, points in worth:
        total += case((condition, points), else_=0)
    return total


def squared_distance() -> ColumnElement[float | None]:
    east, north = Listing.easting - _number("near_east"), Listing.northing - _number("near_north")
    return east * east + north * north


def _covers() -> Condition:
    """Let people go further than most come to a place, but a volunteer no further than usual."""
    east, north, within = _number("near_east"), _number("near_north"), _number("within")
    here = func.point(east, north)
    around = func.box(
        func.point(east - within, north - within), func.point(east + within, north + within)
    )
    away = squared_distance()
    return or_(
        and_(PLACE.bool_op("<@")(around), ~Listing.is_volunteer, away <= within * within),
        and_(
            REACHED.bool_op("&&")(func.box(here, here)),
            away <= Listing.reach_metres * Listing.reach_metres,
        ),
        and_(
            Listing.is_approximate,
            Listing.outward == bindparam("near_outward", type_=Text),
            Listing.easting.is_not(None),
        ),
        and_(Listing.easting.is_(None), ~Listing.is_volunteer),
    )


def _is_open_to_volunteers(shape: Shape) -> Condition:
    """Never show a volunteer for a hard subject, nor for nothing else."""
    if shape.hides_volunteers:
        return ~Listing.is_volunteer
    harmless = [code for code, term in load_taxonomy().items() if not term.sensitive]
    return or_(~Listing.is_volunteer, Listing.needs.overlap(literal(harmless, ARRAY(Text))))


def _is_about(shape: Shape) -> Condition:
    if shape.by_spelling:
        return _likeness() >= SAME_SPELLING
    found = or_(_has_need("meant"), _has_need("hinted"), _says_all())
    # A name that shares one word says little, unless nothing better is known.
    return found if shape.is_understood else or_(found, _is_called(shape))


def _has_need(name: str) -> Condition:
    has_it: Condition = Listing.needs.overlap(_texts(name))
    return has_it


def _says_all() -> Condition:
    asked = func.unaccent(bindparam("asked", type_=Text))
    return _finds(func.websearch_to_tsquery("english", asked))


def _is_called(shape: Shape) -> Condition:
    if not shape.has_words:
        return false()
    return _finds(func.to_tsquery("english", bindparam("called", type_=Text)))


def _finds(asked: ColumnElement[str]) -> Condition:
    # A query of its own is worked out once; written in place it would be for every row.
    return Listing.words.bool_op("@@")(select(asked).scalar_subquery())


def _likeness() -> ColumnElement[float]:
    asked = func.lower(func.unaccent(bindparam("asked", type_=Text)))
    return func.word_similarity(select(asked).scalar_subquery(), Listing.spelling)


def _number(name: str) -> BindParameter[float]:
    return bindparam(name, type_=Double)


def _texts(name: str) -> BindParameter[Any]:
    return bindparam(name, type_=ARRAY(Text))
