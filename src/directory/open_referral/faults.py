"""What stops an import. Each says where, and the directory stays as it was."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One value that the standard does not allow; `where` is its path from the thing's top."""

    what: str
    where: str
    what_to_do: str

    def __str__(self) -> str:
        return f"{self.what}, {self.where}: {self.what_to_do}"


class ImportFault(ValueError):  # noqa: N818 - the base of what follows; it is never raised itself
    pass


class BrokenFeedError(ImportFault):
    def __init__(self, what: str) -> None:
        super().__init__(f"{what} Nothing was changed.")


class NotAllowedError(ImportFault):
    """The feed does not keep to the standard."""

    def __init__(self, faults: Sequence[FieldFault]) -> None:
        self.faults = tuple(faults)
        lines = [str(fault) for fault in faults[:MOST_SHOWN]]
        if len(faults) > MOST_SHOWN:
            lines.append(f"and {len(faults) - MOST_SHOWN} more.")
        super().__init__("\n".join([*lines, "Nothing was changed."]))


class ForbiddenAddressError(ImportFault):
    def __init__(self, host: str, address: str) -> None:
        super().__init__(
            f"“{host}” stands at {address}, which is not on the public internet. If it is meant, "
            f"say so with --allow-host {host}. Nothing was changed."
        )
