"""Which addresses we may connect to: public ones, so that no portal can make us ask our own network (SSRF).

Three gates, because each alone has a way around it: `objection` reads the address bar, `GuardedResolver` filters what
a name resolves to, `public_socket` sees the address that is really connected to, however it was spelled. Behind a proxy
the first gate is the only one of ours: the proxy looks names up and connects.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType
from yarl import URL

from tasks.outcome import Failure, Reason, Stage

# For the person who meant it: a portal of their own.
WAY_OUT = "NEWSTAPE_ALLOW_PRIVATE_ADDRESSES=true lets portals on your own network be asked"
# Besides the defaults the two customary alternatives; a portal on another port is not one.
PORTS = frozenset({80, 443, 8080, 8443})
# An IPv4 address inside an IPv6 one (RFC 6052): what counts is where the gateway leads.
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# All that IANA has given out as global unicast; Python calls fec0::/10, ::/96 and more global too.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
# Global by Python's tables (3.11), and not for us: protocol assignments with Oracle's metadata service (192.0.0.192),
# Azure's host agent, documentation (RFC 9637).
NOT_OURS = tuple(ipaddress.ip_network(net) for net in ("192.0.0.0/24", "168.63.129.16/32", "3fff::/20"))


class ForbiddenAddressError(OSError):
    """The host has only addresses that we may not connect to."""


def is_public(address: str) -> bool:
    """Whether `address` is public unicast: not private, loopback, link-local, shared or reserved.

    An IP literal, with or without an IPv6 zone; ValueError for a name.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else None)
        if inner is None and ip not in GLOBAL_UNICAST:
            return False
        ip = inner or ip
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in NOT_OURS)


def objection(url: str, *, allow_private: bool) -> Failure | None:
    """Why `url` may not be asked, judged without the network; None: it may. ValueError: it is no address at all."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return Failure(Stage.FETCH, Reason.BAD_URL, f"{url}: the scheme {parts.scheme!r} is not http or https")
    port = parts.port if parts.port is not None else {"http": 80, "https": 443}[parts.scheme]
    if allow_private:
        return None
    if port not in PORTS:
        return Failure(Stage.FETCH, Reason.FORBIDDEN_ADDRESS, f"{url}: port {port} is none of a portal's; {WAY_OUT}")
    host = _as_asked(url) or parts.hostname or ""
    if _is_public_or_name(host):
        return None
    detail = f"{url}: {host} is not a public address; {WAY_OUT}"
    return Failure(Stage.FETCH, Reason.FORBIDDEN_ADDRESS, detail)


def _as_asked(url: str) -> str | None:
    """The host of `url` as the client will ask for it: yarl turns digits in circles into plain ones."""
    host = URL(url).host
    return host.rstrip(".").lower() if host else None


def _is_public_or_name(host: str) -> bool:
    """Whether `host` is a public address or a name that must be looked up; localhost is known to be neither."""
    if host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return is_public(host)
    except ValueError:
        pass
    try:
        # 2130706433, 0x7f.1, 0177.0.0.1: no literals by RFC 3986, and read as addresses by every resolver.
        return is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except (OSError, UnicodeEncodeError):
        return True


class GuardedResolver(AbstractResolver):
    """Resolves names by `inner` and hands on public addresses only; aiohttp connects to exactly what comes from here.

    Checking in the resolver, not before it, is what makes DNS rebinding useless: no second look-up happens.
    """

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host` that we may connect to; ForbiddenAddressError when it has others only."""
        found = await self._inner.resolve(host, port, family)
        allowed = [result for result in found if is_public(result["host"])]
        if not found:
            # Rare, and aiohttp fails on it with a RuntimeError (3.14.5).
            raise OSError(f"{host} has no address")
        if not allowed:
            raise ForbiddenAddressError(
                f"{host} resolves to {found[0]['host']}, which is not a public address; {WAY_OUT}"
            )
        return allowed

    async def close(self) -> None:
        """Nothing is held open by us; the inner resolver may."""
        await self._inner.close()


def public_socket(address: AddrInfoType) -> socket.socket:
    """A socket for an address that is about to be connected to; ForbiddenAddressError when it is not public.

    An IP literal never meets a resolver, and yarl turns spellings into literals that urlsplit takes for names
    (digits in circles, ideographic full stops).
    """
    family, kind, protocol, _, (host, *_) = address
    if not is_public(str(host)):
        raise ForbiddenAddressError(f"{host} is not a public address; {WAY_OUT}")
    return socket.socket(family, kind, protocol)
