"""Every route of the application; each names its audience."""

from typing import Any

from marketplace.settings import Settings
from marketplace.web import open_referral
from marketplace.web.pages import commissioner, demo, family, practitioner, provider, public, ready


def routes(settings: Settings) -> list[Any]:
    everywhere = [
        *public.HANDLERS,
        ready.is_ready,
        family.ROUTER,
        commissioner.ROUTER,
        practitioner.ROUTER,
        provider.ROUTER,
        open_referral.ROUTER,
    ]
    return [*everywhere, *demo.HANDLERS] if settings.demo else everywhere
