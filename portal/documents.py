"""Documents: what an address serves, compressed once and kept."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

PACKED_TYPE = "application/gzip"  # a file that is gzip itself, and is not compressed again on its way

XML = "application/xml; charset=utf-8"

_COMPRESSION = 6


@dataclass(frozen=True, slots=True)
class Document:
    """What one address serves: the gzipped body, the headers that go with it (others in `headers`) and the status."""

    body: bytes
    content_type: str
    etag: str | None = None
    last_modified: str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def plain(self) -> bytes:
        """The body as it was before it was compressed for the wire."""
        return gzip.decompress(self.body)


def packed(body: bytes) -> bytes:
    """`body` as gzip, the same bytes on every machine and day."""
    return gzip.compress(body, _COMPRESSION, mtime=0)


def etag_of(body: bytes) -> str:
    """A strong entity tag of `body`."""
    return f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def html_document(page: str, charset: str, content_type: str, status: int = 200) -> Document:
    """An HTML page in the portal's charset."""
    return Document(packed(page.encode(charset, "xmlcharrefreplace")), content_type, status=status)
