"""Where the project's folders are: at the root of a checkout, inside the package of a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_CHECKOUT = _PACKAGE.parents[1]
_SHIPPED = _PACKAGE / "_shipped"


def _folder(name: str) -> Path:
    in_checkout = _CHECKOUT / name
    return in_checkout if (_CHECKOUT / "pyproject.toml").exists() else _SHIPPED / name


def templates_dir() -> Path:
    return _folder("templates")


def migrations_dir() -> Path:
    return _folder("migrations")


def examples_dir() -> Path:
    return _folder("examples")


def static_dir() -> Path:
    return _PACKAGE / "web" / "static"
