"""Every route of the application; each names its audience."""

from typing import Any

from marketplace.settings import Settings
from marketplace.web import from_notify, open_referral
from marketplace.web.api import router as api
from marketplace.web.pages import (
    account,
    answering,
    ask_calls,
    asking,
    asks,
    claim_link,
    commissioner,
    confirming,
    demo,
    family,
    find,
    join,
    law,
    letter_code,
    practitioner,
    provider,
    public,
    quality,
    ready,
    rights_requests,
    second_step,
    tokens,
    transparency,
    volunteer_link,
    volunteers,
    work_account,
    your_data,
)


def routes(settings: Settings) -> list[Any]:
    everywhere = [
        *public.HANDLERS,
        second_step.ROUTER,
        account.ROUTER,
        work_account.ROUTER,
        *find.HANDLERS,
        law.how_we_decide,
        *transparency.HANDLERS,
        join.ROUTER,
        asks.ROUTER,
        ready.is_ready,
        family.ROUTER,
        letter_code.ROUTER,
        commissioner.ROUTER,
        answering.COMMISSIONER_ROUTER,
        answering.PROVIDER_ROUTER,
        practitioner.ROUTER,
        provider.ROUTER,
        claim_link.ROUTER,
        quality.ROUTER,
        asking.ROUTER,
        ask_calls.ROUTER,
        rights_requests.ROUTER,
        your_data.ROUTER,
        confirming.ROUTER,
        volunteers.ROUTER,
        volunteer_link.ROUTER,
        *from_notify.HANDLERS,
        open_referral.ROUTER,
        tokens.COMMISSIONER_ROUTER,
        tokens.PROVIDER_ROUTER,
        api.ROUTER,
        api.show_openapi,
    ]
    return [*everywhere, *demo.HANDLERS] if settings.demo else everywhere
