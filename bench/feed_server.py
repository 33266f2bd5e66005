"""A thousand feeds on loopback that answer 304 to whoever brings their ETag: so cheap that the asker is the bottleneck.

    python bench/feed_server.py PORTS

Prints its ports as a JSON list and serves until its standard input ends. `/counts` on any port tells how often each
status was answered since the last such request.
"""

import asyncio
import json
import sys
from collections import Counter

ITEMS = 20
ETAG = b'"v1"'
_UNCHANGED = b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n'


class Feeds(asyncio.Protocol):
    """One connection; requests are small and come one after the other."""

    def __init__(self, counts: Counter[int]) -> None:
        self._counts = counts
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            self._transport.write(self._answer(head))

    def _answer(self, head: bytes) -> bytes:
        path = head.split(b" ", 2)[1]
        if path == b"/counts":
            body = json.dumps(self._counts).encode()
            self._counts.clear()
            return _whole(body, b"application/json")
        # Neither peer writes the value in lower case, nor any other ETag.
        is_known = ETAG in head and b"if-none-match" in head.lower()
        self._counts[304 if is_known else 200] += 1
        return _UNCHANGED if is_known else _whole(_document(path), b"application/rss+xml")


def _document(path: bytes) -> bytes:
    items = b"".join(
        b"<item><title>Meldung %d</title><link>%s/%d</link><guid>%s/%d</guid></item>" % (n, path, n, path, n)
        for n in range(ITEMS)
    )
    return b'<?xml version="1.0"?><rss version="2.0"><channel><title>Feed</title>' + items + b"</channel></rss>"


def _whole(body: bytes, kind: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nETag: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return head % (ETAG, kind, len(body)) + body


async def serve(ports: int) -> None:
    """Serve on so many ports until standard input ends."""
    loop = asyncio.get_running_loop()
    counts: Counter[int] = Counter()
    servers = [await loop.create_server(lambda: Feeds(counts), "127.0.0.1", 0) for _ in range(ports)]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
