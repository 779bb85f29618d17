"""The values that nobody gave, from `defaults.toml`, where each stands with its source."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def defaults() -> dict[str, Any]:
    return tomllib.loads(files("marketplace").joinpath("defaults.toml").read_text("utf-8"))


def defaults_for(policy: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The same with what a council published for itself laid over, table by table."""
    return {
        name: {**table, **policy.get(name, {})} if isinstance(table, dict) else table
        for name, table in defaults().items()
    }
