"""What every fault is made of: the call it gets, and the answers it builds from the right one."""

import gzip
import html
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from aiohttp import web

from portal.documents import Document, etag_of, packed
from portal.model import Portal
from portal.reading import read_yaml
from portal.world import World

Chosen = TypeVar("Chosen")

HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that a fault answers. `document` is what the address serves, `answer` what this client would get.

    `turn` counts the calls of one order for one address from 1; `hop` those of one chain of redirects from 0.
    """

    request: web.BaseRequest
    answer: web.Response
    document: Document
    world: World
    slug: str
    path: str
    hop: int
    value: Any
    turn: int

    @property
    def portal(self) -> Portal:
        """The portal that was asked."""
        return self.world.portals[self.slug]

    @property
    def is_conditional(self) -> bool:
        """Whether the client sent a validator."""
        return bool({"If-None-Match", "If-Modified-Since"} & set(self.request.headers))

    @property
    def charset(self) -> str:
        """The charset in which the portal writes the document."""
        plan = next((feed for feed in self.portal.feeds if feed.path == self.path), None)
        is_page = self.document.content_type == self.portal.content_type
        return plan.charset if plan else self.portal.charset if is_page else "utf-8"

    @property
    def text(self) -> str:
        """The document as text."""
        return self.document.plain.decode(self.charset)


Fault = Callable[[Call], Awaitable[web.StreamResponse]]


def chosen(call: Call, table: Mapping[str, Chosen]) -> Chosen:
    """The entry of the table that the value names; the first without a value."""
    return table[next(iter(table)) if call.value is None else str(call.value)]


def altered(call: Call, body: bytes, content_type: str | None = None, status: int | None = None) -> web.Response:
    """The right answer but for its body: with a tag of its own, and 304 to those who have it."""
    tag = etag_of(body)
    if call.request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers={"ETag": tag})
    headers = {"Content-Type": content_type or call.document.content_type, "ETag": tag, "Vary": "Accept-Encoding"}
    if "gzip" in call.request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = packed(body)
    return web.Response(status=status or call.document.status, headers=headers, body=body)


def rewritten(call: Call, text: str) -> web.Response:
    """The right answer but for its text, in the charset of the right one."""
    return altered(call, text.encode(call.charset, "xmlcharrefreplace"))


def served(body: bytes, content_type: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer with exactly this body and these headers."""
    return web.Response(status=status, headers={"Content-Type": content_type, **(headers or {})}, body=body)


def notice(call: Call, name: str, extra: str = "") -> bytes:
    """A page that says only what texts/notices.yaml has under `name`, in the portal's language."""
    said = read_yaml("notices.yaml")[name][call.portal.language]
    paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in said["text"])
    page = (
        f"<!DOCTYPE html><html lang='{call.portal.language}'><head><meta charset='utf-8'>"
        f"<title>{said['title']}</title></head><body><h1>{said['title']}</h1>{paragraphs}{extra}</body></html>"
    )
    return page.encode()


def body_of(answer: web.Response) -> bytes:
    """The answer's body as it goes over the wire."""
    return answer.body if isinstance(answer.body, bytes) else b""


def plain_of(answer: web.Response) -> bytes:
    """The answer's body, decompressed."""
    body = body_of(answer)
    return gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body


def streamed(answer: web.Response) -> web.StreamResponse:
    """An open answer with the status and headers of the right one."""
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    return web.StreamResponse(status=answer.status, headers=headers)
