"""The nouns of the sample world: portals, what they say (texts) and where they printed it (articles)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """One feed of a portal. No `sections`: it lists everything. `part` k of n: every n-th article from the k-th on."""

    path: str
    kind: str
    name: str
    content_type: str
    validators: str = "both"
    sections: tuple[str, ...] = ()
    charset: str = "utf-8"
    quirks: bool = False
    part: tuple[int, int] = (0, 1)


@dataclass(frozen=True, slots=True)
class Portal:
    """One invented portal; `base` is the address of its server without the final slash.

    `archive` is the pattern of the addresses of its archive's months, "" where the portal keeps no archive;
    `is_archive_named` tells whether robots.txt names the index of these months.
    """

    slug: str
    name: str
    language: str
    country: str
    time_zone: str
    charset: str
    content_type: str
    layouts: Mapping[str, str]
    path: str
    feeds: tuple[FeedPlan, ...]
    base: str = ""
    archive: str = ""
    is_archive_named: bool = False

    @property
    def zone(self) -> ZoneInfo:
        """Time zone in which the portal prints its times."""
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph or section heading of a text."""

    text: str
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """What is said, whoever prints it; `byline` is the printed line where it is more than the authors' names."""

    id: str
    section: str
    title: str
    blocks: tuple[Block, ...]
    kind: str = "article"
    kicker: str | None = None
    lead: str | None = None
    bullets: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    byline: str | None = None
    agency: str | None = None
    image_credit: str | None = None
    image_label: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """A text as one portal printed it. `same_text_as` names the article that carried the text first.

    `advert` stands below it, the `adverts`-th one; `gone` is the status of its address once it was taken down.
    """

    id: str
    portal: str
    path: str
    layout: str
    published: datetime
    text: Text
    modified: datetime | None = None
    same_text_as: str | None = None
    revision: int = 1
    advert: str | None = None
    adverts: int = 0
    gone: int | None = None
