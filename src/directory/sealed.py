"""Personal attributes: read and written as plain ones, stored only as `directory.sealing` has it.

A class says `email = Sealed[str | None]()` beside its column `email_sealed`, and in `owned_by`
which of its columns names the owner. What is set waits in the row until it is stored for the
first time, since only then its id is sure; it is opened each time it is read. Rows that are
inserted without objects go through `seal_values`. `Session.merge` copies columns only and would
lose what waits: get the row, or add a new one.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, TypeVar, cast, overload
from uuid import uuid4

from sqlalchemy import ColumnElement, event, false, inspect
from sqlalchemy.orm import InstrumentedAttribute, object_session

from directory.sealing import KeyRing

T = TypeVar("T")
Values = Mapping[str, Any]
# Which column of hashes is to be found by what of the value.
Keyed = Mapping[str, Callable[[Any], str | None]]


class Sealed(Generic[T]):
    """One personal attribute. `keyed`: hashes that are kept with it, for `has_value` to find."""

    def __init__(self, keyed: Keyed | None = None) -> None:
        self.keyed = keyed or {}

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.column = name, f"{name}_sealed"

    @overload
    def __get__(self, row: None, owner: type) -> "Sealed[T]": ...
    @overload
    def __get__(self, row: "SealedRow", owner: type) -> T: ...
    def __get__(self, row: "SealedRow | None", owner: type) -> "Sealed[T] | T":
        if row is None:
            return self
        ring = row.__dict__.get("_ring")
        if ring is None:
            return cast("T", row.__dict__.get("_waiting", {}).get(self.name))
        sealed = getattr(row, self.column)
        if sealed is None:
            return cast("T", None)
        place = _place(row, self)
        row.__dict__["_opened"].add((place[0], place[2]))
        return cast("T", ring.open(sealed, *place))

    def __set__(self, row: "SealedRow", value: T) -> None:
        ring = row.__dict__.get("_ring")
        if ring is None:
            row.__dict__.setdefault("_waiting", {})[self.name] = value
            return
        for name, stored in self.stored(ring, value, *_place(row, self)).items():
            setattr(row, name, stored)

    def stored(self, ring: KeyRing, value: Any, *place: object) -> dict[str, bytes | None]:
        """The columns that keep it."""
        kept = {self.column: None if value is None else ring.seal(value, *place)}
        for column, choose in self.keyed.items():
            known_by = None if value is None else choose(value)
            purpose = _purpose(str(place[0]), column)
            kept[column] = ring.hashes(known_by, purpose)[0] if known_by else None
        return kept


class SealedRow:
    """Mixed into a table's class that has sealed attributes."""

    # The column that names whose it is; the row's own id where the row is the person.
    owned_by: ClassVar[str]


def sealed_attributes(model: type[SealedRow]) -> list[Sealed[Any]]:
    return [one for one in vars(model).values() if isinstance(one, Sealed)]


def seal_values(ring: KeyRing, model: type[SealedRow], values: Values) -> dict[str, Any]:
    """A row's values as they are inserted without an object; its id must be among them."""
    kept = dict(values)
    table, row_id, owner = _names(model)
    for one in sealed_attributes(model):
        if one.name in kept:
            place = (table, one.column, kept[row_id], kept[owner])
            kept |= one.stored(ring, kept.pop(one.name), *place)
    return kept


def has_value(
    ring: KeyRing, column: InstrumentedAttribute[Any], value: str | None
) -> ColumnElement[bool]:
    """Whether a column of hashes is of this value. Nothing is like what nobody gave."""
    if not value:
        return false()
    purpose = _purpose(column.class_.__tablename__, column.key)
    return column.in_(ring.hashes(value, purpose))


def lower(value: str) -> str:
    """How an e-mail address is known."""
    return value.lower()


def as_given(value: str) -> str:
    return value


def ring_of(session: Any) -> KeyRing:
    """The keys that a session was made with."""
    ring: KeyRing = session.info["key_ring"]
    return ring


def opened_in(session: Any) -> set[tuple[str, Any]]:
    """Table and id of each row of which something was opened in this session."""
    opened: set[tuple[str, Any]] = session.info.setdefault("opened", set())
    return opened


def _belong_to(row: SealedRow, session: Any) -> None:
    row.__dict__["_ring"], row.__dict__["_opened"] = ring_of(session), opened_in(session)


def _purpose(table: str, column: str) -> str:
    return f"{table}.{column}"


def _names(model: type[SealedRow]) -> tuple[str, str, str]:
    mapper = inspect(model)
    return mapper.local_table.name, mapper.primary_key[0].name, model.owned_by


def _place(row: SealedRow, one: Sealed[Any]) -> tuple[str, str, Any, Any]:
    table, row_id, owner = _names(type(row))
    return table, one.column, getattr(row, row_id), getattr(row, owner)


@event.listens_for(SealedRow, "load", propagate=True)
def _give_keys(row: SealedRow, context: Any) -> None:
    _belong_to(row, context.session)


@event.listens_for(SealedRow, "before_insert", propagate=True)
def _seal_what_waits(_mapper: Any, _connection: Any, row: SealedRow) -> None:
    _, row_id, _ = _names(type(row))
    if getattr(row, row_id) is None:
        setattr(row, row_id, uuid4())
    _belong_to(row, object_session(row))
    waiting = row.__dict__.pop("_waiting", {})
    for name, value in waiting.items():
        setattr(row, name, value)
