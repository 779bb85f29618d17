"""What a question asks of each listed service."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, cast, func, literal, or_
from sqlalchemy.dialects.postgresql import JSONPATH

from directory.open_referral.question import DAYS, Question
from directory.open_referral.vocabulary import TAXONOMY_ID, codes_by_term
from directory.spreadsheets.words import ANY_TIME

# When a part of the day is, where nobody gave a time.
HOURS = {
    "am": (dt.time(9), dt.time(12)),
    "pm": (dt.time(12), dt.time(17)),
    "eve": (dt.time(17), dt.time(21)),
}


def conditions(question: Question, listed: Subquery) -> Iterator[ColumnElement[bool]]:
    column = listed.c
    if question.search:
        yield has_words(question.search, column.name, column.description, column.organization_name)
    if question.taxonomy_term_id is not None:
        yield _has_term(question, column)
    if question.taxonomy_id is not None:
        yield _has_taxonomy(question, column)
    if question.minimum_age is not None:
        yield column.min_age >= question.minimum_age
    if question.maximum_age is not None:
        yield column.max_age <= question.maximum_age
    if question.organization_id is not None:
        yield column.organization_id == question.organization_id
    if question.modified_after is not None:
        yield column.modified_at >= question.modified_after
    if question.day or question.start_time or question.end_time:
        yield _is_at(question, column)


def has_words(text: str, *columns: ColumnElement[str]) -> ColumnElement[bool]:
    """Ask for every word somewhere in the columns."""
    searched = func.concat_ws(" ", *columns)
    return and_(*[searched.icontains(word, autoescape=True) for word in text.split()])


def _has_term(question: Question, column: Any) -> ColumnElement[bool]:
    term = question.taxonomy_term_id
    codes = codes_by_term().get(term) if term else None
    if codes:
        has_one: ColumnElement[bool] = column.needs.overlap(list(codes))
        return has_one
    nested = {"attributes": [{"taxonomy_term": {"id": str(term)}}]}
    flat = {"attributes": [{"taxonomy_term_id": str(term)}]}
    return or_(column.open_referral.contains(nested), column.open_referral.contains(flat))


def _has_taxonomy(question: Question, column: Any) -> ColumnElement[bool]:
    if question.taxonomy_id == TAXONOMY_ID:
        return func.cardinality(column.needs) > 0
    nested = {"attributes": [{"taxonomy_term": {"taxonomy_id": str(question.taxonomy_id)}}]}
    holds: ColumnElement[bool] = column.open_referral.contains(nested)
    return holds


def _is_at(question: Question, column: Any) -> ColumnElement[bool]:
    """Ask the times that were given, and where there are none the parts of days."""
    timed = column.open_referral.has_key("schedules")
    return or_(
        and_(timed, func.jsonb_path_exists(column.open_referral, _path(question))),
        and_(~timed, column.days.overlap(_parts_of_days(question))),
    )


def _path(question: Question) -> ColumnElement[Any]:
    asked = []
    if question.day:
        letters = next(letters for letters, day in DAYS.items() if day == question.day)
        asked.append(f'@.byday like_regex "{letters}" flag "i"')
    if question.start_time:
        asked.append(f'@.opens_at >= "{question.start_time:%H:%M}"')
    if question.end_time:
        # “18:00:00” is later than “18:00” as text, though not as a time.
        asked.append(f'@.closes_at <= "{question.end_time:%H:%M:%S}"')
    return cast(literal(f"$.schedules[*] ? ({' && '.join(asked)})"), JSONPATH)


def _parts_of_days(question: Question) -> list[str]:
    earliest, latest = question.start_time or dt.time.min, question.end_time or dt.time.max
    found = []
    for part_of_day in ANY_TIME:
        day, _, part = part_of_day.partition("-")
        begins, ends = HOURS[part]
        if question.day in {None, day} and begins >= earliest and ends <= latest:
            found.append(part_of_day)
    return found
