"""What the data folder knows of its cluster: where it lies, its passwords, whether it is made."""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.db.embedded.errors import ClusterError

SUPERUSER = "postgres"
OWNER = "marketplace_owner"
LOGIN = "marketplace_login"


def _new_passwords() -> dict[str, str]:
    # URL-safe: they stand in addresses and in SQL without escaping.
    return {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER, LOGIN)}


@dataclass(frozen=True, kw_only=True)
class Pointer:
    folder: str  # below the pointer's own folder, or absolute
    complete: bool = False  # False until roles and database are made: whatever lies there is redone
    passwords: dict[str, str] = field(default_factory=_new_passwords, repr=False)


def _pointer_file(keep: Path) -> Path:
    return keep / "cluster.json"


def read_pointer(keep: Path) -> Pointer | None:
    try:
        text = _pointer_file(keep).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return Pointer(**json.loads(text))
    except (TypeError, ValueError) as error:
        raise ClusterError(
            f"{_pointer_file(keep)} cannot be read. It holds the way to the database and its"
            " passwords: bring it back from a backup."
        ) from error


def write_pointer(keep: Path, pointer: Pointer) -> None:
    content = {
        "folder": pointer.folder,
        "complete": pointer.complete,
        "passwords": pointer.passwords,
    }
    write_secret(_pointer_file(keep), json.dumps(content, indent=2) + "\n")


def write_secret(path: Path, text: str) -> None:
    """Whole or not at all, on the disk, and for its owner alone."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123  # Path.open takes no mode bits
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
