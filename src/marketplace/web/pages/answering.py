"""The pages by which a council answers for what it does, and providers for what they are owed."""

from litestar import Router

from marketplace.web.pages import family_why, figures, statements, today

COMMISSIONER_ROUTER = Router(
    "/commissioner",
    route_handlers=[*figures.HANDLERS, *statements.HANDLERS, *family_why.HANDLERS, *today.HANDLERS],
    opt={"audience": "commissioner"},
)
PROVIDER_ROUTER = Router(
    "/provider", route_handlers=statements.PROVIDER_HANDLERS, opt={"audience": "provider"}
)
