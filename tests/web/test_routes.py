"""Every address is listed with who it is for: to add or remove one is a conscious act."""

from pathlib import Path

from litestar import Litestar

from marketplace.web.auth import AUDIENCES

LIST = Path(__file__).with_name("routes.txt")


def routes_of(application: Litestar) -> list[str]:
    return sorted(
        f"{method} {route.path} {handler.opt.get('audience', 'nobody said')}"
        for route in application.routes
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    )


def test_the_routes_are_those_on_the_list(application: Litestar) -> None:
    listed = LIST.read_text().splitlines()
    assert routes_of(application) == listed, "change tests/web/routes.txt if this was meant"


def test_every_route_says_for_whom_it_is(application: Litestar) -> None:
    for line in routes_of(application):
        assert line.split()[-1] in AUDIENCES, line
