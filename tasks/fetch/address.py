"""Which addresses we may connect to: public ones, so that no portal can make us ask our own network (SSRF)."""

import ipaddress
import socket
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

# Besides the defaults the two customary alternatives; a portal on another port is not one.
PORTS = frozenset({80, 443, 8080, 8443})
# An IPv4 address inside an IPv6 one (RFC 6052): what counts is where the gateway leads.
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenAddressError(OSError):
    """The host has only addresses that we may not connect to."""


def is_public(address: str) -> bool:
    """Whether `address` (an IP literal) is public unicast: not private, loopback, link-local, shared or reserved."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else None)
        if inner is not None:
            ip = inner
    return ip.is_global and not ip.is_multicast


def objection(url: str, *, allow_private: bool) -> str | None:
    """Why `url` may not be asked, judged without the network; None: it may."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return f"the scheme {parts.scheme!r} is not http or https"
    if allow_private:
        return None
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "its port is not a number"
    if port not in PORTS:
        return f"port {port} is none of a portal's"
    host = parts.hostname or ""
    try:
        return None if is_public(host) else f"{host} is not a public address"
    except ValueError:
        return None  # a name: the resolver below judges its addresses


class GuardedResolver(AbstractResolver):
    """Resolves names and hands on public addresses only; aiohttp connects to exactly what is returned here.

    Checking in the resolver, not before it, is what makes DNS rebinding useless: no second look-up happens.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._inner = ThreadedResolver()
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host` that we may connect to; ForbiddenAddressError when it has others only."""
        found = await self._inner.resolve(host, port, family)
        allowed = [result for result in found if self._allow_private or is_public(result["host"])]
        if found and not allowed:
            raise ForbiddenAddressError(f"{host} resolves to {found[0]['host']}, which is not a public address")
        return allowed

    async def close(self) -> None:
        """Nothing is held open."""
        await self._inner.close()
