"""What kind of article a page is: article, flash, live_blog, gallery, video, press_release or analyst_note.

In this order, the first that holds: the type that JSON-LD or OpenGraph gives the page; a label (kicker, section, what
stands in front of the title's colon); a service that distributes press releases as its agency; wording of title and
text together; a word of the address with a structure that goes with it. A video is one only where it has hardly any
text, and a flash is a title with at most two sentences. Everything else is an article. Wordings: config/lexicons.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from tasks.extract.kind_words import KINDS, fits
from tasks.extract.page import Said, Statements
from tasks.extract.structured import ARTICLE_TYPES, types_of
from tasks.extract.words import word_set

# A flash is a title with a sentence or two; agencies keep a sentence below this number of words.
_FLASH_WORDS = 40
_FLASH_SENTENCES = 2
# Four letters in front of the full stop: "740 Mio. Euro" is no border.
_SENTENCE_BORDER = re.compile(r"(?<=\w{4})[.!?][\"”“»]?\s+(?=[A-ZÄÖÜÀ-Ý])")
_GALLERY_TYPES = word_set("imagegallery mediagallery")
# With more words a video is part of an article, and what is called a gallery tells a story.
_MOST_WORDS = {"video": 150, "gallery": 600}
_RELEASE_SERVICES = frozenset({"ots", "EQS", "GlobeNewswire", "Business Wire", "PR Newswire"})
_TITLE_LABEL = re.compile(r"\s*(?::\s|\||\+\+\+|\s[-–—]\s)")
_MAX_LABEL_WORDS = 5
# Where releases and notes say what they are: in the first and the last paragraphs.
_EDGE = 4
# Paragraphs of a live blog that begin with a clock: "14:32 Uhr", "9.05 Uhr:", "10:15 a.m.", "11h20".
_CLOCK = re.compile(
    r"^(?:\+{2,}\s*)?(?:[01]?\d|2[0-3])[:.h][0-5]\d(?:\s*(?:uhr|[ap]\.?m\.?|h)\b|\s*[-–—:|+]|\s*$)", re.IGNORECASE
)
_MIN_CLOCKS = 3


class Look(NamedTuple):
    """What a kind is told by; `agency` is the usual name of the one that is credited, `words` are those of the text."""

    title: str
    kicker: str | None
    section: str | None
    agency: str | None
    paragraphs: list[str]
    words: int


def find_kind(page: Statements, look: Look) -> Said:
    """The kind, and the layer that tells it."""
    if stated := _stated(page, look):
        return stated
    if labelled := _labelled(look):
        return labelled
    if look.agency in _RELEASE_SERVICES:
        return Said("press_release", "text")
    return _worded(look) or _placed(page, look) or Said("flash" if _is_flash(look) else "article", "text")


def _stated(page: Statements, look: Look) -> Said | None:
    """The kind that structured data give; a gallery or video beside an article is a part of it."""
    types = types_of(page.article)
    if "liveblogposting" in types:
        return Said("live_blog", "jsonld")
    is_article = bool(types & ARTICLE_TYPES)
    others = [] if is_article else [types_of(node) for node in page.nodes]
    if any(found & _GALLERY_TYPES for found in (types, *others)):
        return Said("gallery", "jsonld")
    if look.words > _MOST_WORDS["video"]:
        return None
    if any("videoobject" in found for found in others):
        return Said("video", "jsonld")
    return Said("video", "opengraph") if (page.meta("og:type") or "").lower().startswith("video") else None


def _labelled(look: Look) -> Said | None:
    """The kind that a label names; a live blog is not told by its section: agency feeds are called tickers, too."""
    labels = [*([look.kicker] if look.kicker else []), *_title_labels(look.title)]
    for kind in KINDS:
        named = labels if kind == "live_blog" or not look.section else [*labels, look.section]
        if look.words <= _MOST_WORDS.get(kind, look.words) and any(fits(kind, "label", label) for label in named):
            return Said(kind, "text")
    return None


def _title_labels(title: str) -> Iterator[str]:
    """What stands in front of the first colon, bar or dash of the title, without plus signs around it."""
    bare = title.strip("+ ")
    if border := _TITLE_LABEL.search(bare):
        label = bare[: border.start()].strip("+ []")
        if 0 < len(label.split()) <= _MAX_LABEL_WORDS:
            yield label


def _worded(look: Look) -> Said | None:
    """A kind that the text says; an analyst's note must say it in title and text."""
    edges = [*look.paragraphs[:_EDGE], *look.paragraphs[_EDGE:][-_EDGE:]]
    if any(fits("press_release", "text", text) for text in edges):
        return Said("press_release", "text")
    said = fits("analyst_note", "title", look.title) and any(fits("analyst_note", "text", text) for text in edges)
    return Said("analyst_note", "text") if said else None


def _placed(page: Statements, look: Look) -> Said | None:
    """A kind that the address names, where the text is built like it."""
    path = urlsplit(page.url).path.lower()
    clocks = sum(_CLOCK.match(text) is not None for text in look.paragraphs)
    if clocks >= _MIN_CLOCKS and fits("live_blog", "address", path):
        return Said("live_blog", "text")
    if look.words <= _MOST_WORDS["gallery"] and fits("gallery", "address", path):
        return Said("gallery", "text")
    return None


def _is_flash(look: Look) -> bool:
    if len(look.paragraphs) > 1 or look.words > _FLASH_WORDS:
        return False
    return sum(len(_SENTENCE_BORDER.findall(text)) for text in look.paragraphs) < _FLASH_SENTENCES
