import sys
from pathlib import Path

import pytest
from jinja2 import Environment

sys.path.insert(0, str(Path(__file__).parent))

from marketplace.templating import build_environment
from rendering import StrictForOurs, render
from samples import Sample, all_samples


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
