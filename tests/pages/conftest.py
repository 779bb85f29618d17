import pytest
from jinja2 import Environment
from rendering import StrictForOurs, render
from samples import Sample, all_samples

from marketplace.templating import build_environment


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
