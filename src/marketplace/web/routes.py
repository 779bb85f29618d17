"""Every route of the application; each names its audience."""

from typing import Any

from marketplace.settings import Settings
from marketplace.web.pages import (
    commissioner,
    demo,
    family,
    join,
    practitioner,
    provider,
    public,
    ready,
)


def routes(settings: Settings) -> list[Any]:
    everywhere = [
        *public.HANDLERS,
        join.ROUTER,
        ready.is_ready,
        family.ROUTER,
        commissioner.ROUTER,
        practitioner.ROUTER,
        provider.ROUTER,
    ]
    return [*everywhere, *demo.HANDLERS] if settings.demo else everywhere
