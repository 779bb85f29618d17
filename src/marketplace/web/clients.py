"""From where a request comes, for limits; and from which browser, in plain words."""

from ipaddress import IPv6Address, ip_address

from marketplace.settings import Settings
from marketplace.web.rendering import WebRequest

# A household or office has a whole network of these to itself.
IPV6_NETWORK_BITS = 64
# The first that fits: browsers claim to be others, the more so the newer they are.
BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "a Mac"),
    ("Linux", "Linux"),
)


def client_of(request: WebRequest) -> str:
    """The client's network, as the last of our own proxies saw it; else whoever is connected.

    Only as many names are believed as there are proxies of ours: a client may write more.
    """
    settings: Settings = request.app.state.settings
    host = request.client.host if request.client else ""
    if settings.proxies:
        told = [name.strip() for name in request.headers.get("x-forwarded-for", "").split(",")]
        if len(told) >= settings.proxies:
            host = told[-settings.proxies] or host
    try:
        address = ip_address(host)
    except ValueError:
        return host[:60]
    if isinstance(address, IPv6Address):
        return str(int(address) >> (128 - IPV6_NETWORK_BITS))
    return str(address)


def browser_of(request: WebRequest) -> str:
    agent = request.headers.get("user-agent", "")
    browser = next((name for sign, name in BROWSERS if sign in agent), "A browser")
    system = next((name for sign, name in SYSTEMS if sign in agent), "an unknown device")
    return f"{browser} on {system}"
