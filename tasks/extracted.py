"""An extracted article on its way to the tape: where it came from, what it says as it is compared, its address."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from tasks.boilerplate import whole_text
from tasks.columns import Row
from tasks.dedupe.sketch import Sketch
from tasks.model import Article
from tasks.text import content_hash, text_hash
from tasks.urls import canonical_url


@dataclass(frozen=True, slots=True)
class Extracted:
    """An article with the entry (row) and the archived page that it came from.

    `captured_at` is when an archive got that page from the portal; None: the portal gave it to us. `sketch` is what
    its text is compared by; None: it is made when it is needed.
    """

    entry: Row
    page_id: int
    page_fetched_at: datetime
    body_sha256: bytes
    extractor_version: str
    article: Article
    captured_at: datetime | None = None
    sketch: Sketch | None = None

    @property
    def version_at(self) -> datetime:
        """When the portal showed this text."""
        return self.captured_at or self.page_fetched_at


class Hashes(NamedTuple):
    """What an article says: `content` with its title (a change is a revision), `text` as copies are recognised.

    `whole` is its content with the boilerplate that was dropped: before that was known, it said this.
    """

    content: bytes
    text: bytes
    whole: bytes


def hashes(one: Extracted) -> Hashes:
    """What it says, by hash."""
    title, text = one.article.title, one.article.text
    content = content_hash(title, text)
    whole = content_hash(title, whole_text(one.article)) if one.article.dropped else content
    return Hashes(content, text_hash(title, text), whole)


def stated_address(one: Extracted) -> str:
    """The canonical URL that the page states, if it can be trusted, else the one of its entry.

    Trusted is a link within the site (www, m and amp count as the site) that is not its start page.
    """
    own: str = one.entry["canonical_url"]
    stated = canonical_url(one.article.canonical_url) if one.article.canonical_url else None
    if stated is None or urlsplit(stated).path in ("", "/") or _site(stated) != _site(own):
        return own
    return stated


def _site(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc
    for prefix in ("www.", "m.", "mobile.", "amp."):
        host = host.removeprefix(prefix)
    return host
