"""The archives of all portals that keep one: finds an article by address or id, and what an archive serves."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.captures import Captures
from portal.cdx import index
from portal.documents import Document
from portal.model import Article, Portal
from portal.pages import gold
from portal.past import CORRECTED_AFTER, Past
from portal.shelves import shelf


@dataclass(frozen=True, slots=True)
class Archives:
    """The past by portal."""

    pasts: Mapping[str, Past]

    def at(self, slug: str, path: str) -> Article | None:
        """The article whose own address `path` is."""
        past = self.pasts.get(slug)
        number = None if past is None else past.number_at(path)
        return None if past is None or number is None else past.article(number)

    def holds(self, slug: str, path: str) -> bool:
        """Whether `path` is an article's own address."""
        return slug in self.pasts and self.pasts[slug].number_at(path) is not None

    def article(self, id_: str) -> Article | None:
        """The article with that id."""
        return next((past.article(number) for past, number in self._found(id_)), None)

    def put(self, article: Article) -> bool:
        """Puts a changed article in its place; False where the id is not of an archive."""
        for past, number in self._found(article.id):
            past.put(number, article)
            return True
        return False

    def later(self, article: Article, now: datetime) -> datetime:
        """`now`; where an article of an archive is younger than that, some days after it changed last."""
        changed = (past.changed(number) for past, number in self._found(article.id))
        return max([now, *(at + CORRECTED_AFTER for at in changed)])

    def teased(self, article: Article) -> list[Article] | None:
        """What the page of an article of an archive teases; None for other articles."""
        return next((past.teased(number) for past, number in self._found(article.id)), None)

    def gold(self) -> list[dict[str, Any]]:
        """What an ideal reader would have of every article."""
        return [gold(past.article(number), past.portal) for past in self.pasts.values() for number in range(len(past))]

    def _found(self, id_: str) -> Iterator[tuple[Past, int]]:
        for past in self.pasts.values():
            number = past.number_of(id_)
            if number is not None:
                yield past, number


def held(captures: Captures, path: str) -> Document | None:
    """The sitemap, listing, index of captures or capture at `path`; None where there is none."""
    return captures.replayed(path) or index(captures, path) or shelf(captures.past, path)


def archives_of(portals: Mapping[str, Portal], seed: int, scale: int) -> Archives:
    """The archives of the portals that keep one."""
    return Archives({slug: Past(portal, seed, scale) for slug, portal in portals.items() if portal.archive})
