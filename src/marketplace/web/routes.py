"""Every route of the application; each names its audience."""

from typing import Any

from marketplace.settings import Settings
from marketplace.web import open_referral, received_texts
from marketplace.web.pages import (
    claim_link,
    commissioner,
    confirming,
    demo,
    family,
    find,
    join,
    practitioner,
    provider,
    public,
    quality,
    ready,
    volunteer_link,
    volunteers,
)


def routes(settings: Settings) -> list[Any]:
    everywhere = [
        *public.HANDLERS,
        *find.HANDLERS,
        join.ROUTER,
        ready.is_ready,
        family.ROUTER,
        commissioner.ROUTER,
        practitioner.ROUTER,
        provider.ROUTER,
        claim_link.ROUTER,
        quality.ROUTER,
        confirming.ROUTER,
        volunteers.ROUTER,
        volunteer_link.ROUTER,
        received_texts.take_text,
        open_referral.ROUTER,
    ]
    return [*everywhere, *demo.HANDLERS] if settings.demo else everywhere
