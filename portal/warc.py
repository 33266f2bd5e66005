"""Records of WARC files (ISO 28500, WARC/1.0), each a gzip member of its own, as crawlers of the web write them."""

import base64
import hashlib
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

from portal.documents import Document, packed

SOFTWARE = "sample portal"

_END = b"\r\n\r\n"
_REVISIT = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"


def info(at: datetime, name: str) -> bytes:
    """The record that opens a file."""
    fields = f"software: {SOFTWARE}\r\nformat: WARC File Format 1.0\r\n".encode()
    return record("warcinfo", at, {"WARC-Filename": name, "Content-Type": "application/warc-fields"}, fields)


def request(url: str, at: datetime) -> bytes:
    """What the crawler asked."""
    parts = urlsplit(url)
    path = urlunsplit(("", "", *parts[2:]))
    asked = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: {SOFTWARE}".encode() + _END
    return record("request", at, {**_of(url), "Content-Type": "application/http; msgtype=request"}, asked)


def response(
    url: str,
    at: datetime,
    document: Document,
    http: Mapping[str, str] | None = None,
    warc: Mapping[str, str] | None = None,
) -> bytes:
    """What the portal answered. `http` are further headers of the answer, `warc` of the record.

    The body is stored plain, but as gzip where `http` has a Content-Encoding and does not lie (`identity` is a lie:
    the header then says gzip and the body is plain).
    """
    told = {"Content-Type": document.content_type, **(http or {})}
    body = document.body if told.get("Content-Encoding") == "gzip" else document.plain
    if told.get("Content-Encoding") == "identity":
        told["Content-Encoding"] = "gzip"
    head = "".join(f"{name}: {value}\r\n" for name, value in {**told, "Content-Length": str(len(body))}.items())
    block = f"HTTP/1.1 {document.status} -\r\n{head}\r\n".encode() + body
    named = {**_of(url), "WARC-Payload-Digest": digest(body), "Content-Type": "application/http; msgtype=response"}
    return record("response", at, {**named, **(warc or {})}, block)


def revisit(url: str, at: datetime, document: Document) -> bytes:
    """A visit that found the same bytes as one before."""
    named = {
        **_of(url),
        "WARC-Profile": _REVISIT,
        "WARC-Payload-Digest": digest(document.plain),
        "Content-Type": "application/http; msgtype=response",
    }
    return record("revisit", at, named, b"HTTP/1.1 200 -\r\nContent-Type: text/html\r\n\r\n")


def record(kind: str, at: datetime, headers: Mapping[str, str], block: bytes) -> bytes:
    """A record of any kind; `headers` may lie about the length."""
    name = f"{kind} {headers.get('WARC-Target-URI', '')} {at.isoformat()}"
    told = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}>",
        "WARC-Date": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "WARC-Block-Digest": digest(block),
        "Content-Length": str(len(block)),
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return packed(f"WARC/1.0\r\n{head}\r\n".encode() + block + _END)


def digest(body: bytes) -> str:
    """The digest of a body as the format and the index of captures write it."""
    # S324: the format wants SHA-1, as a name and not as a protection.
    return f"sha1:{base64.b32encode(hashlib.sha1(body).digest()).decode()}"  # noqa: S324


def _of(url: str) -> dict[str, str]:
    return {"WARC-Target-URI": url}
