"""Connections to the public internet only.

A feed's address is typed by a person and its redirects by a stranger. A name is resolved once, all
of its addresses are looked at, and the connection goes to one that was looked at: no second answer
of the DNS can lead it into our own network.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import Collection, Iterable
from typing import Any

import httpcore
import httpx

from directory.open_referral.faults import ForbiddenAddressError

# Ways to write an IPv4 address inside IPv6, which a gateway may lead to the one inside.
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class GuardedBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, inner: httpcore.AsyncNetworkBackend, allowed: Collection[str]) -> None:
        self._inner, self._allowed = inner, {host.lower() for host in allowed}

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the library's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        address = await self._resolve(host, port)
        return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def _resolve(self, host: str, port: int) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} is not known") from error
        addresses = [str(one[4][0]) for one in found]
        if host.lower() not in self._allowed:
            for address in addresses:
                if not is_public(ipaddress.ip_address(address)):
                    raise ForbiddenAddressError(host, address)
        return addresses[0]


def is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.teredo is not None:
            return False
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


class GuardedTransport(httpx.AsyncHTTPTransport):
    def __init__(self, allowed: Collection[str]) -> None:
        super().__init__(verify=ssl.create_default_context(), trust_env=False)
        # httpx passes no network backend on; its pool is the place where one is chosen.
        pool: Any = self._pool
        inner = pool._network_backend  # noqa: SLF001 - as above
        pool._network_backend = GuardedBackend(inner, allowed)  # noqa: SLF001 - as above
