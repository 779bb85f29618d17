"""Where a cluster lies and as whom it runs.

PostgreSQL refuses to run as root. For root it therefore runs as another account, which must be
able to enter every folder above the cluster and above the programs. Only the data is that
account's: were the folder around it, a server gone bad could lay traps there for root.
"""

import os
import pwd
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from marketplace.db.embedded.errors import ClusterError
from marketplace.db.embedded.pointer import Pointer, read_pointer, write_pointer

ACCOUNTS = ("postgres", "nobody")
INSIDE = "server"
# Never a folder for temporary files: systems empty those by age, and a family's yes lies here.
OUTSIDE = (Path("/var/lib"), Path("/opt"), Path("/srv"))
OUTSIDE_PREFIX = "marketplace-"


@dataclass(frozen=True)
class Account:
    user: int
    group: int


@dataclass(frozen=True)
class Home:
    folder: Path
    account: Account | None  # None: whoever runs this

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def hand_over(self, path: Path) -> None:
        """Make it the account's, where the account is not ourselves."""
        if self.account:
            os.chown(path, self.account.user, self.account.group)


def keep_of(data_dir: Path) -> Path:
    return data_dir / "postgres"


def choose_home(data_dir: Path) -> tuple[Home, Pointer]:
    """Find the home the data folder points to, or choose a new one."""
    keep = keep_of(data_dir)
    keep.mkdir(mode=0o711, exist_ok=True)
    pointer = read_pointer(keep)
    if pointer is None:
        pointer = Pointer(folder=_choose_folder(keep))
        write_pointer(keep, pointer)
    home = find_home(data_dir, pointer)
    if pointer.complete and not home.data.exists():
        raise ClusterError(
            f"The database {home.data} has gone. Bring the folder back from a backup; if nothing in"
            f" it is needed any more, delete {keep} and start again."
        )
    home.folder.mkdir(mode=0o711, exist_ok=True)
    home.folder.chmod(0o711)  # whatever the umask took away
    _belongs_file(home.folder).write_text(str(data_dir), encoding="utf-8")
    return home, pointer


def find_home(data_dir: Path, pointer: Pointer) -> Home:
    folder = keep_of(data_dir) / pointer.folder
    ours = folder.parent in OUTSIDE and folder.name.startswith(OUTSIDE_PREFIX)
    # As root we own and delete what the pointer names: it may name nothing but our own folders.
    if pointer.folder != INSIDE and not ours:
        raise ClusterError(f"{keep_of(data_dir)} points to {folder}, which is no database of ours.")
    _refuse_second_owner(data_dir, pointer, folder)
    return Home(folder, _account_for(folder / "data"))


def _belongs_file(folder: Path) -> Path:
    return folder / "belongs_to"


def _refuse_second_owner(data_dir: Path, pointer: Pointer, folder: Path) -> None:
    # A copied data folder points to the original's cluster, a moved one simply to its own.
    if pointer.folder == INSIDE or not _belongs_file(folder).exists():
        return
    first = Path(_belongs_file(folder).read_text(encoding="utf-8"))
    other = None if first == data_dir else read_pointer(keep_of(first))
    if other and other.folder == pointer.folder:
        raise ClusterError(
            f"{data_dir} is a copy of {first}, and its database lies elsewhere, in {folder}."
            f" Delete {keep_of(data_dir)} in the copy to give it a database of its own."
        )


def _choose_folder(keep: Path) -> str:
    if os.geteuid() != 0 or _anyone_may_enter(keep):
        return INSIDE
    for parent in OUTSIDE:
        if _anyone_may_enter(parent) and os.access(parent, os.W_OK):
            return str(parent / f"{OUTSIDE_PREFIX}{secrets.token_hex(6)}")
    raise ClusterError(
        f"PostgreSQL does not run as root, and other accounts may not enter {keep}. Run this as an"
        f" ordinary user, or choose a data folder that others may pass through."
    )


def _anyone_may_enter(folder: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents))


def _account_for(data: Path) -> Account | None:
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise ClusterError(
        "PostgreSQL does not run as root, and this system has neither an account “postgres” nor"
        " “nobody”. Run this as an ordinary user."
    )


def delete_home(home: Home) -> None:
    if home.folder.exists():
        shutil.rmtree(home.folder)
