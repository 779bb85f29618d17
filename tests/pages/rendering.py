"""Renders a sample strictly: a name that a handler did not promise is an error."""

from typing import Any

from jinja2 import Environment, Undefined, UndefinedError
from sample_parts import Sample


class Told:
    """What a handler passes: attributes, as rows and dataclasses have them."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__.update({name: told(value) for name, value in values.items()})


def told(value: Any) -> Any:
    if isinstance(value, dict):
        return Told(value)
    return [told(one) for one in value] if isinstance(value, list) else value


class StrictForOurs(Undefined):
    """GOV.UK's macros may read what was never given; our pages may not."""

    def __init__(
        self, hint: Any = None, obj: Any = None, name: Any = None, exc: Any = None
    ) -> None:
        if isinstance(obj, Told):
            raise UndefinedError(f"the sample lacks {name!r}, or the page misspells it")
        super().__init__(hint, obj, name, exc or UndefinedError)


def render(environment: Environment, sample: Sample) -> str:
    context = {name: told(value) for name, value in sample.context.items()}
    return environment.get_template(sample.template).render(context)
