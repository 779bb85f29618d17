"""Whatever `matching` offers says in numpydoc what it takes, gives back and refuses."""

from __future__ import annotations

import ast
import enum
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

import matching


def _offered() -> Iterator[tuple[str, Any]]:
    """Give every public function and class, and every public method and property of these."""
    for name in matching.__all__:
        thing = getattr(matching, name)
        if inspect.isfunction(thing) or inspect.isclass(thing):
            yield name, thing
        if not inspect.isclass(thing) or issubclass(thing, enum.Enum):
            continue
        for method, member in vars(thing).items():
            if method.startswith("_"):
                continue
            inner = member.__func__ if isinstance(member, classmethod | staticmethod) else member
            if inspect.isfunction(inner) or isinstance(inner, property):
                yield f"{name}.{method}", inner


OFFERED = dict(_offered())
FUNCTIONS = {name: thing for name, thing in OFFERED.items() if inspect.isfunction(thing)}


def sections_of(thing: Any) -> dict[str, str]:
    """Take a docstring apart at its underlined headings."""
    sections, heading = {"": ""}, ""
    lines = (inspect.getdoc(thing) or "").splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line and below == "-" * len(line):
            heading = line
            sections[heading] = ""
        else:
            sections[heading] += line + "\n"
    return sections


def raised_in(function: Callable[..., Any]) -> set[str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    calls = (node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise))
    return {
        call.func.id
        for call in calls
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    }


@pytest.mark.parametrize("name", OFFERED)
def test_it_says_in_a_sentence_what_it_is(name: str) -> None:
    summary = sections_of(OFFERED[name])[""].strip().split("\n\n")[0]
    assert summary.endswith((".", ":")), summary


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_names_what_it_takes_gives_back_and_refuses(name: str) -> None:
    function, sections = FUNCTIONS[name], sections_of(FUNCTIONS[name])
    signature = inspect.signature(function)
    for parameter in signature.parameters.keys() - {"self", "cls"}:
        assert parameter in sections.get("Parameters", "")
    if str(signature.return_annotation) not in {"None", "Self"}:
        assert sections.keys() & {"Returns", "Yields"}
    for error in raised_in(function):
        assert error in sections.get("Raises", "")


@pytest.mark.parametrize("name", [name for name, thing in OFFERED.items() if is_dataclass(thing)])
def test_a_record_names_its_columns(name: str) -> None:
    said = sections_of(OFFERED[name]).get("Parameters", "")
    for field in fields(OFFERED[name]):
        assert field.name in said
