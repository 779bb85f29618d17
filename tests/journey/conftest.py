"""People at real browsers, over the small world of the page tests."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))

from person import DESK, TELEPHONE, Person, watch
from served import Site, serve
from world_databases import Worlds

from marketplace.db.embedded import Cluster
from marketplace.paths import static_dir

Meet = Callable[..., Person]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", metavar="FOLDER", help="save pictures of the journeys' pages")


# A module long and no longer: while it is open an event loop runs in this thread,
# in which no other test can start its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    built = (static_dir() / "built" / "main.css").exists()
    reason = "" if path else "there is no chromium on PATH"
    reason = reason or ("" if built else "the stylesheet is not built: make setup builds it")
    if reason:
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def worlds(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    return Worlds(cluster, tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def site(worlds: Worlds, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """The world at the stage that a test's module names."""
    with serve(worlds, tmp_path, stage=request.module.STAGE) as site:
        yield site


@pytest.fixture
def meet(browser: Browser, site: Site, request: pytest.FixtureRequest) -> Iterator[Meet]:
    """Brings somebody to a browser without JavaScript: no page needs it."""
    contexts = []
    folder = request.config.getoption("--pictures", default=None)

    def meet(email: str = "", *, name: str = "", size: dict[str, int] = DESK) -> Person:
        context = browser.new_context(viewport=size, java_script_enabled=False)
        examiner = browser.new_context(viewport=TELEPHONE)
        contexts.extend((context, examiner))
        pictures = Path(folder) if folder and name else None
        pages = context.new_page(), examiner.new_page()
        person = Person(*pages, site.settings, name=name, pictures=pictures)
        watch(person)
        if email:
            person.open(site.sign_in_path(email))
            person.press("Sign in|Continue")
        return person

    yield meet
    for context in contexts:
        context.close()
