"""Portals that cost next to nothing: pages in memory, whole answers written at once, several hosts in one process.

    python bench/fetch_server.py HOSTS PAGES PAGE_KB

Prints one JSON line: the ports, and the mean size of a page as sent and as inflated. Ends with its standard input.
"""

import asyncio
import gzip
import json
import random
import re
import sys
from collections.abc import Sequence
from functools import partial

_PATH = re.compile(rb"GET /(\d+)")
_MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n"
_WORDS = 4000
# About a fifth of the bytes of a real page are text that does not repeat.
_BLOCK = '<div class="teaser-list__item"><a class="teaser-list__link" href="/markt/{}"><span>{}</span></a></div>\n'


def main() -> None:
    """Serves until standard input is closed."""
    hosts, pages, page_kb = (int(word) for word in sys.argv[1:4])
    asyncio.run(serve(hosts, [page(number, page_kb * 1024) for number in range(pages)]))


async def serve(hosts: int, pages: Sequence[bytes]) -> None:
    """The pages on so many ports."""
    packed = [gzip.compress(one, 6, mtime=0) for one in pages]
    answers = [_answer(body) for body in packed]
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(partial(Portal, answers), "127.0.0.1", 0) for _ in range(hosts)]
    sizes = {"sent": sum(map(len, packed)) // len(packed), "inflated": sum(map(len, pages)) // len(pages)}
    print(json.dumps(sizes | {"ports": [server.sockets[0].getsockname()[1] for server in servers]}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


class Portal(asyncio.Protocol):
    """One connection: page N for /N, 404 for everything else."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self._answers = answers
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to write."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer; a request without a body arrives whole."""
        found = _PATH.match(data)
        assert self._transport is not None
        self._transport.write(self._answers[int(found[1])] if found else _MISSING)


def page(number: int, size: int) -> bytes:
    """A page of about `size` bytes: an article of its own among markup that repeats, as compressible as real ones."""
    dice = random.Random(number)  # noqa: S311 - filling
    words = ["".join(dice.choices("abcdefghijklmnoprstuvwz", k=dice.randint(2, 12))) for _ in range(_WORDS)]
    parts = [f"<!DOCTYPE html><html><head><title>{number}</title></head><body>"]
    length = len(parts[0])
    while length < size:
        parts.append(_BLOCK.format(dice.randrange(10**8), " ".join(dice.choices(words, k=6))))
        length += len(parts[-1])
    return "".join([*parts, "</body></html>"]).encode()


def _answer(body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\n"
        'Cache-Control: max-age=60\r\nETag: "1"\r\nServer: bench\r\nVary: Accept-Encoding\r\n'
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    main()
