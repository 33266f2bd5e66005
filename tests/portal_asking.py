"""Raw requests to the sample portal, with nothing between the test and what the portal sent."""

import gzip
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage, HTTPResponse
from urllib.parse import urlsplit

from portal.client import RunningPortal

FEED = "/rss/news"


@dataclass(frozen=True)
class Answer:
    """What came back, the body as sent."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        """The body, decompressed where the header says gzip, as UTF-8."""
        packed = self.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        return self.headers["Location"]


@contextmanager
def open_answer(url: str, headers: Mapping[str, str] | None = None, timeout: float = 5) -> Iterator[HTTPResponse]:
    """The response to a GET, its body not yet read. Header names with _ for -."""
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=timeout)
    try:
        path = address.path + (f"?{address.query}" if address.query else "")
        named = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        connection.request("GET", path, headers={"Connection": "close", **named})
        yield connection.getresponse()
    finally:
        connection.close()


def get(url: str, **headers: str) -> Answer:
    """The whole answer to a GET."""
    with open_answer(url, headers) as response:
        return Answer(response.status, response.headers, response.read())


def base(portal: RunningPortal, slug: str = "alpenboerse") -> str:
    """Address of a portal's server without the final slash."""
    homepage: str = next(one["homepage"] for one in portal.portals if one["slug"] == slug)
    return homepage.rstrip("/")


def feed(portal: RunningPortal, **headers: str) -> Answer:
    """The feed of the first portal."""
    return get(base(portal) + FEED, **headers)


def article(portal: RunningPortal, slug: str = "alpenboerse") -> dict[str, str]:
    """The gold of an article of the portal."""
    found: dict[str, str] = next(one for one in portal.gold() if one["portal"] == slug)
    return found
