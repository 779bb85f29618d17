"""Renders the samples, strictly: a name that a handler did not promise is an error."""

import sys
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, Undefined, UndefinedError

sys.path.insert(0, str(Path(__file__).parent))

from samples import Sample, all_samples

from marketplace.web.templating import build_environment


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


@pytest.fixture(scope="session")
def environment() -> Environment:
    environment = build_environment()
    environment.undefined = StrictForOurs
    return environment


@pytest.fixture(params=all_samples(), ids=lambda sample: sample.label)
def sample(request: pytest.FixtureRequest) -> Sample:
    return request.param


@pytest.fixture
def html(environment: Environment, sample: Sample) -> str:
    return render(environment, sample)


def render(environment: Environment, sample: Sample) -> str:
    context = {name: told(value) for name, value in sample.context.items()}
    return environment.get_template(sample.template).render(context)
