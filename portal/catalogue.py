"""The catalogue: portals and articles from texts/*.yaml and the grammar, as frozen values in a fixed order."""

import random
import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from portal.generate import expand, generate_text, weekday
from portal.model import Article, Block, FeedPlan, Portal, Text
from portal.reading import read_yaml

HAND_WRITTEN = (
    "articles-de-ch.yaml",
    "articles-de-de.yaml",
    "articles-de-at.yaml",
    "articles-en.yaml",
    "articles-fr.yaml",
    "agency.yaml",
    "flashes.yaml",
)
FIRST = "archetype"  # kept in however few articles are asked for
SPREAD_MINUTES = 3 * 24 * 60  # generated articles are this old at most

_DURATION = re.compile(r"(\d+)([hms])")
_UNITS = {"h": 3600, "m": 60, "s": 1}
_TRANSLITERATED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_SLUG_LENGTH = 64


def load_portals() -> list[Portal]:
    """The portals of the sample world, without addresses."""
    portals = []
    for entry in read_yaml("portals.yaml"):
        feeds = (FeedPlan(**{**feed, "sections": tuple(feed.get("sections", ()))}) for feed in entry["feeds"])
        portals.append(Portal(**{**entry, "feeds": tuple(feeds)}))
    return portals


def with_split_feeds(portal: Portal, parts: int) -> Portal:
    """The portal with each of its feeds in `parts` parts, every part with an address of its own."""
    return replace(portal, feeds=tuple(_part(feed, k, parts) for feed in portal.feeds for k in range(parts)))


def _part(feed: FeedPlan, k: int, parts: int) -> FeedPlan:
    if k == 0:
        return replace(feed, part=(0, parts))
    return replace(feed, path=f"{feed.path}?part={k + 1}", name=f"{feed.name} {k + 1}", part=(k, parts))


def hand_made(portals: Mapping[str, Portal], reference: datetime, seed: int) -> list[Article]:
    """Every article of the YAML files, originals before their copies."""
    articles: list[Article] = []
    for name in HAND_WRITTEN:
        for entry in read_yaml(name):
            articles += _appearances(entry, portals, reference)
    for report in read_yaml("reports.yaml"):
        articles += _reports(report, portals[report["portal"]], reference, seed)
    return articles


def selection(articles: list[Article], count: int) -> list[Article]:
    """`count` of the articles, an arbitrary but fixed choice that spreads over the portals."""
    if count >= len(articles):
        return articles
    ranked = sorted(articles, key=lambda article: (article.id != FIRST, zlib.crc32(article.id.encode())))
    chosen = {article.id for article in ranked[:count]}
    kept = [article for article in articles if article.id in chosen]
    # A copy whose original was left out is an original here; further copies then follow it.
    heirs: dict[str, str] = {}
    return [_adopted(article, chosen, heirs) for article in kept]


def _adopted(article: Article, chosen: set[str], heirs: dict[str, str]) -> Article:
    original = article.same_text_as
    if original is None or original in chosen:
        return article
    heir = heirs.setdefault(original, article.id)
    return replace(article, same_text_as=None if heir == article.id else heir)


def drawn_time(reference: datetime, seed: str) -> datetime:
    """An instant in the three days before `reference`, to the minute."""
    return reference - timedelta(minutes=random.Random(f"time:{seed}").randint(3, SPREAD_MINUTES))


def generated(portal: Portal, published: datetime, seed: str) -> Article:
    """One generated article of `portal`."""
    return printed_by(portal, generate_text(portal, published, seed), published)


def printed_by(portal: Portal, text: Text, published: datetime, path: str | None = None) -> Article:
    """`text` as an article of `portal`; in Switzerland without ß."""
    text = swiss(text) if portal.country == "CH" else text
    layout = portal.layouts.get(text.kind, portal.layouts["default"])
    own = path or address(portal, text.title, 100_000 + zlib.crc32(text.id.encode()) % 900_000, published)
    return Article(text.id, portal.slug, own, layout, published, text)


def address(portal: Portal, title: str, number: int, published: datetime) -> str:
    """The path of an article with that title and number."""
    local = published.astimezone(portal.zone)
    return portal.path.format(
        slug=slugified(title), number=number, yyyy=f"{local:%Y}", mm=f"{local:%m}", dd=f"{local:%d}"
    )


def slugified(title: str) -> str:
    """The title as a part of an address: aktie-faellt-um-3-prozent."""
    plain = unicodedata.normalize("NFKD", title.lower().translate(_TRANSLITERATED))
    plain = plain.encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_LENGTH].rstrip("-")


def swiss(text: Text) -> Text:
    """The text as Swiss papers spell it."""
    return replace(
        text,
        title=_ss(text.title),
        kicker=text.kicker and _ss(text.kicker),
        lead=text.lead and _ss(text.lead),
        bullets=tuple(map(_ss, text.bullets)),
        blocks=tuple(replace(block, text=_ss(block.text)) for block in text.blocks),
    )


def _ss(text: str) -> str:
    return text.replace("ß", "ss")


def _appearances(entry: Mapping[str, Any], portals: Mapping[str, Portal], reference: datetime) -> Iterator[Article]:
    """One article per portal that carries the text of `entry`; the first is the original."""
    seen: dict[str, int] = {}
    for place, named in enumerate(entry["portals"]):
        spot = {"portal": named} if isinstance(named, str) else named
        portal = portals[spot["portal"]]
        seen[portal.slug] = seen.get(portal.slug, 0) + 1
        # The first appearance of a text bears its id; so may a test find it.
        id_ = entry["id"] if place == 0 else f"{entry['id']}-{portal.slug}-{seen[portal.slug]}"
        published = reference - _duration(entry["before"]) + _duration(spot.get("delay", "0m"))
        own = {key: spot[key] for key in ("title", "kicker") if key in spot}
        day = weekday(published.astimezone(portal.zone), portal.language)
        text = _text({**entry, **own, "id": id_}, day)
        article = printed_by(portal, text, published, spot.get("path"))
        yield replace(article, same_text_as=entry["id"] if place else None)


def _text(entry: Mapping[str, Any], day: str) -> Text:
    """The text that a YAML entry describes."""
    optional = ("kind", "kicker", "lead", "byline", "agency", "image_credit", "image_label")
    blocks = (paragraph.strip().replace("{weekday}", day) for paragraph in entry["text"].split("\n\n"))
    return Text(
        id=entry["id"],
        section=entry["section"],
        title=entry["title"],
        blocks=tuple(Block(block.removeprefix("## "), block.startswith("## ")) for block in blocks),
        bullets=tuple(entry.get("bullets", ())),
        authors=tuple(entry.get("authors", ())),
        **{key: entry[key] for key in optional if key in entry},
    )


def _reports(report: Mapping[str, Any], portal: Portal, reference: datetime, seed: int) -> Iterator[Article]:
    """The daily reports of one form, newest first, every number new."""
    for k in range(report["count"]):
        published = reference - _duration(report["before"]) - k * _duration(report["every"])
        rng = random.Random(f"{seed}:{report['id']}:{k}")
        day = weekday(published.astimezone(portal.zone), portal.language)
        title, body = (
            expand(report[part].replace("{weekday}", day), rng, portal.country, str) for part in ("title", "text")
        )
        entry = {**report, "id": f"{report['id']}-{k + 1}", "title": title, "text": body}
        yield printed_by(portal, _text(entry, day), published)


def _duration(text: str) -> timedelta:
    """A timedelta from 1h20m55s; anything else is a ValueError."""
    if not text or _DURATION.sub("", text):
        raise ValueError(f"{text!r} is not a duration like 1h20m")
    return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in _DURATION.findall(text)))
