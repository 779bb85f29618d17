"""Where the folders are: beside the code in a checkout, inside the package in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent.parent
SHIPPED = PACKAGE / "_shipped"


def templates_dir() -> Path:
    return _folder("templates")


def migrations_dir() -> Path:
    return _folder("migrations")


def examples_dir() -> Path:
    return _folder("examples")


def static_dir() -> Path:
    return PACKAGE / "web" / "static"


def _folder(name: str) -> Path:
    # An installed package has no pyproject.toml two folders up; a checkout always has.
    root = CHECKOUT if (CHECKOUT / "pyproject.toml").is_file() else SHIPPED
    return root / name
