"""The pages by which a council answers for what it does, and providers for what they are owed."""

from litestar import Router

from marketplace.web.pages import (
    compare,
    family_why,
    figures,
    funds,
    pair_rules,
    plan_form,
    policy,
    statements,
    today,
    what_if,
)

COMMISSIONER_ROUTER = Router(
    "/commissioner",
    route_handlers=[
        *today.HANDLERS,
        *figures.HANDLERS,
        *statements.HANDLERS,
        *family_why.HANDLERS,
        *funds.HANDLERS,
        *policy.HANDLERS,
        *plan_form.HANDLERS,
        *what_if.HANDLERS,
        *compare.HANDLERS,
        *pair_rules.HANDLERS,
    ],
    opt={"audience": "commissioner"},
)
PROVIDER_ROUTER = Router(
    "/provider", route_handlers=statements.PROVIDER_HANDLERS, opt={"audience": "provider"}
)
