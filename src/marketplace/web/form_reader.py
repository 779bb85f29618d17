"""Reads a form with the readers of spreadsheet cells, and tells every fault at once."""

from collections.abc import Callable, Collection
from typing import TypeVar

from litestar.datastructures import FormMultiDict

from directory.spreadsheets.cells import CellFault
from marketplace.errors import BadFormError
from marketplace.web import forms

T = TypeVar("T")


class FormReader:
    def __init__(self, form: FormMultiDict) -> None:
        self.form = form
        self.faults: dict[str, str] = {}

    def optional(self, field: str, read: Callable[[str], T], *, wrong: str) -> T | None:
        """None where it was left empty."""
        value = forms.text(self.form, field)
        if not value:
            return None
        try:
            return read(value)
        except CellFault:
            self.faults[field] = wrong
            return None

    def required(self, field: str, read: Callable[[str], T], *, wrong: str, or_else: T) -> T:
        """`or_else` stands in for what is missing; `finish` then refuses the whole form."""
        value = self.optional(field, read, wrong=wrong)
        if value is None:
            self.faults.setdefault(field, wrong)
            return or_else
        return value

    def line(self, field: str, *, missing: str, longest: int = 200) -> str:
        value = " ".join(forms.text(self.form, field, longest=longest).split())
        if not value:
            self.faults[field] = missing
        return value

    def prose(self, field: str, *, longest: int) -> str | None:
        """Several lines, or None; what does not fit is a fault, never cut off unseen."""
        value = forms.text(self.form, field, longest=longest * 2).replace("\r\n", "\n")
        if len(value) > longest:
            self.faults[field] = f"Shorten this to {longest:,} characters. It has {len(value):,}"
        return value or None

    def choice(self, field: str, allowed: Collection[str], *, missing: str) -> str:
        value = forms.text(self.form, field)
        if value not in allowed:
            self.faults[field] = missing
        return value

    def ticked(self, field: str, allowed: Collection[str]) -> list[str]:
        """In the order of `allowed`, whatever else was sent."""
        given = set(self.form.getall(field, []))
        return [one for one in allowed if one in given]

    def finish(self) -> None:
        if self.faults:
            raise BadFormError(self.faults)
