"""The values that nobody gave, from `defaults.toml`, where each stands with its source."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def defaults() -> dict[str, Any]:
    return tomllib.loads(files("marketplace").joinpath("defaults.toml").read_text("utf-8"))
