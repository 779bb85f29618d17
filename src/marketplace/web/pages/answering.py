"""The pages by which a council answers for what it does, and providers for what they are owed."""

from litestar import Router

from marketplace.web.pages import family_why, figures, funds, policy, statements, today

COMMISSIONER_ROUTER = Router(
    "/commissioner",
    route_handlers=[
        *today.HANDLERS,
        *figures.HANDLERS,
        *statements.HANDLERS,
        *family_why.HANDLERS,
        *funds.HANDLERS,
        *policy.HANDLERS,
    ],
    opt={"audience": "commissioner"},
)
PROVIDER_ROUTER = Router(
    "/provider", route_handlers=statements.PROVIDER_HANDLERS, opt={"audience": "provider"}
)
