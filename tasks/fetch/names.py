"""Names to addresses, on threads of their own."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

# A dead name server holds a thread for some 10 s. More threads would only ask it more often.
THREADS = 8


class OwnThreads(AbstractResolver):
    """The system's resolver, away from the threads in which the database is asked: slow names delay names only."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host`; socket.gaierror: there is none, or nobody could say."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port, family)

    async def close(self) -> None:
        """Look-ups under way are not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
    return [
        ResolveResult(
            hostname=host,
            host=_written(address[0], address[3:4]),
            port=port,
            family=kind,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for kind, _, protocol, _, address in found
    ]


def _written(host: str | int, zone: tuple[object, ...]) -> str:
    """An address with its zone (of IPv4: none): a link-local one means nothing without."""
    return f"{host}%{zone[0]}" if any(zone) and "%" not in str(host) else str(host)
