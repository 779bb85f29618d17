"""What can go wrong, worded for the person who has to put it right."""

from __future__ import annotations


class MatchingError(Exception):
    """Anything this package refuses to do, with the reason as its text."""


class BadInput(MatchingError):  # noqa: N818 - the word the reader meets, as in the format
    """A table that cannot be used.

    Parameters
    ----------
    message : str
        What is wrong and what is wanted instead.
    table, column : str, optional
        Where, in the words of the format.
    row : int, optional
        Counted from 1, in the order given.
    file : str, optional
        The file it was read from.
    """

    def __init__(
        self,
        message: str,
        *,
        table: str | None = None,
        row: int | None = None,
        column: str | None = None,
        file: str | None = None,
    ) -> None:
        self.message, self.table, self.row, self.column, self.file = (
            message,
            table,
            row,
            column,
            file,
        )
        super().__init__(message)

    def __str__(self) -> str:
        """Say where, then what."""
        where = [
            self.file,
            self.table and f"table {self.table}",
            self.row and f"row {self.row}",
            self.column and f"column {self.column}",
        ]
        return ", ".join(part for part in where if part) + f": {self.message}"


class NotYet(MatchingError):  # noqa: N818 - says what it is: a rule of the format still to come
    """A rule of the format that this version cannot plan for.

    Parameters
    ----------
    rule : str
        The rule in the words of the format.
    where : str
        The first row that asks for it.
    """

    def __init__(self, rule: str, where: str) -> None:
        self.rule, self.where = rule, where
        super().__init__(f"{where}: this version cannot plan with {rule} yet")


class ProofFailed(MatchingError):  # noqa: N818 - a state of the plan, never the user's mistake
    """The prices do not prove the plan: a fault in this package, so no plan leaves it."""


class NoPlanLeft(MatchingError):  # noqa: N818 - says what it is: the state an event would lead to
    """No plan meets every rule, or none would after an event; the standing plan is as before."""
