"""Articles as HTML, and what an ideal reader would get back out of it.

A layout is two files: layouts/NAME.html (the page, string.Template) and layouts/NAME.yaml (its parts: how it prints a
paragraph, a byline, a date ...). What the page has no place for, its gold does not contain.
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

import yaml

from portal.catalogue import slugified
from portal.generate import weekday
from portal.metadata import METADATA
from portal.model import Article, Block, Portal
from portal.reading import read_yaml

_FRENCH_SPACES = re.compile(r"(?<=\d) (?=\d{3}\b|%)|(?<=«) | (?=»)")


@dataclass(frozen=True, slots=True)
class Layout:
    """One page layout. `inserts`: boilerplate after the n-th block; `mention`: how company names are linked."""

    name: str
    page: Template
    places: Mapping[str, int]
    parts: Mapping[str, Template]
    inserts: Mapping[int, Template]
    metadata: str
    date: str
    mention: Template | None
    has_nbsp: bool

    def has(self, part: str) -> bool:
        """Whether the page prints this part."""
        return part in self.places


@cache
def load_layout(name: str) -> Layout:
    """The layout called `name`."""
    folder = files("portal").joinpath("layouts")
    form: Mapping[str, Any] = yaml.safe_load(folder.joinpath(f"{name}.yaml").read_text("utf-8"))
    page = Template(folder.joinpath(f"{name}.html").read_text("utf-8"))
    places = {match[1]: match.start() for match in re.finditer(r"(?<!\$)\$(\w+)", page.template)}
    return Layout(
        name=name,
        page=page,
        places=places,
        parts={part: Template(markup) for part, markup in form["parts"].items()},
        inserts={after: Template(markup) for after, markup in form.get("inserts", {}).items()},
        metadata=form["metadata"],
        date=form["date"],
        mention=Template(form["mention"]) if "mention" in form else None,
        has_nbsp=form.get("nbsp", False),
    )


def layout_names() -> list[str]:
    """Every layout there is."""
    folder = files("portal").joinpath("layouts")
    return sorted(path.name.removesuffix(".html") for path in folder.iterdir() if path.name.endswith(".html"))


def render(article: Article, portal: Portal, related: Sequence[Article], padding: tuple[str, str]) -> str:
    """The page of an article; `related` are teased on it, `padding` is markup for head and foot."""
    layout = load_layout(article.layout)
    text = article.text
    common = _common(article, portal, related, layout)
    marked = {
        "kicker": _part(layout, "kicker", text.kicker),
        "lead": _part(layout, "lead", text.lead, has_nbsp=layout.has_nbsp),
        "bullets": _bullets(layout, text.bullets),
        "byline": _part(layout, "byline", _byline(article, portal)),
        "authorbox": _part(layout, "authorbox", ", ".join(text.authors)),
        "agency": _part(layout, "agency", text.agency),
        "credit": _credit(layout, article),
        "body": _body(layout, article, common),
        "metadata": METADATA[layout.metadata](article, portal),
        "padding_head": padding[0],
        "padding_foot": padding[1] + _advert(article),
    }
    return layout.page.substitute(common | marked)


def bare_page(article: Article, portal: Portal, *, is_amp: bool) -> str:
    """The article without its layout: as an AMP page, or to be printed."""
    url = html.escape(portal.base + article.path)
    paragraphs = "".join(
        f"<h2>{html.escape(block.text)}</h2>\n" if block.is_heading else f"<p>{html.escape(block.text)}</p>\n"
        for block in article.text.blocks
    )
    date = article.published.astimezone(portal.zone).isoformat()
    title = html.escape(article.text.title)
    return (
        f'<!DOCTYPE html>\n<html{" amp" if is_amp else ""} lang="{portal.language}"><head><meta charset="utf-8">\n'
        f'<title>{title}</title>\n<link rel="canonical" href="{url}">\n</head><body><article><h1>{title}</h1>\n'
        f'<time datetime="{date}">{date}</time>\n{paragraphs}</article></body></html>\n'
    )


def gold(article: Article, portal: Portal) -> dict[str, Any]:
    """What an ideal reader takes from the page of the article; `gone` only where it was taken down."""
    layout, text = load_layout(article.layout), article.text
    shows = layout.has
    opening = sorted(({"lead", "bullets"} & layout.places.keys()), key=layout.places.__getitem__)
    printed = {"lead": [text.lead] if text.lead else [], "bullets": list(text.bullets)}
    first = [line for part in opening for line in printed[part]]
    gone = {} if article.gone is None else {"gone": article.gone}
    return gone | {
        "id": article.id,
        "portal": portal.slug,
        "url": portal.base + article.path,
        "language": portal.language,
        "title": text.title,
        "kicker": text.kicker if shows("kicker") else None,
        "summary": printed["bullets"] if shows("bullets") else [],
        "lead": text.lead if shows("lead") else None,
        "text": "\n\n".join([*first, *(block.text for block in text.blocks)]),
        "authors": list(text.authors),
        "byline": text.byline,
        "agency": text.agency,
        "published": article.published.astimezone(portal.zone).isoformat(),
        "modified": article.modified and article.modified.astimezone(portal.zone).isoformat(),
        "image_credit": text.image_credit if shows("credit") else None,
        "kind": text.kind,
        "layout": layout.name,
        "revision": article.revision,
        "same_text_as": article.same_text_as,
    }


def human_date(pattern: str, at: datetime, language: str) -> str:
    """`at` as the pattern prints it: {dd} {d} {mm} {month} {mon} {yyyy} {HH} {MM} {SS} {I} {ampm} {weekday} {zone}."""
    month = read_yaml("calendar.yaml")["months"][language][at.month - 1]
    return pattern.format(
        dd=f"{at:%d}",
        d=at.day,
        mm=f"{at:%m}",
        month=month,
        mon=month[:3],
        yyyy=at.year,
        HH=f"{at:%H}",
        MM=f"{at:%M}",
        SS=f"{at:%S}",
        I=(at.hour % 12) or 12,
        ampm="a.m." if at.hour < 12 else "p.m.",  # noqa: PLR2004 - noon
        weekday=weekday(at, language),
        zone=at.tzname(),
    )


def _common(article: Article, portal: Portal, related: Sequence[Article], layout: Layout) -> dict[str, str]:
    """The values that pages, parts and inserts may all use."""
    local = article.published.astimezone(portal.zone)
    links = "".join(
        layout.parts["teaser"].substitute(url=html.escape(other.path), text=html.escape(other.text.title))
        for other in related
    )
    return {
        "title": html.escape(article.text.title),
        "description": html.escape(article.text.lead or article.text.blocks[0].text[:150]),
        "portal": html.escape(portal.name),
        "home": portal.base + "/",
        "url": html.escape(portal.base + article.path),
        "path": html.escape(article.path),
        "section": html.escape(_section(article, portal)),
        "number": article.path.rstrip("/").rsplit("-", 1)[-1],
        "date": human_date(layout.date, local, portal.language),
        "date_iso": local.isoformat(),
        "language": portal.language,
        "charset": portal.charset,
        "related": links,
    }


def _advert(article: Article) -> str:
    return f'\n<aside class="anzeige"><p>{html.escape(article.advert)}</p></aside>' if article.advert else ""


def _section(article: Article, portal: Portal) -> str:
    """Name of the article's section, as the portal's feed names suggest it."""
    return next(
        (feed.name for feed in portal.feeds if article.text.section in feed.sections),
        portal.feeds[0].name,
    )


def _part(layout: Layout, name: str, text: str | None, *, has_nbsp: bool = False) -> str:
    """The part with its text, or nothing where there is no text or the layout does not know the part."""
    if not text or name not in layout.parts:
        return ""
    return layout.parts[name].substitute(text=_escaped(text, has_nbsp=has_nbsp))


def _escaped(text: str, *, has_nbsp: bool) -> str:
    escaped = html.escape(text)
    return _FRENCH_SPACES.sub("&nbsp;", escaped) if has_nbsp else escaped


def _byline(article: Article, portal: Portal) -> str | None:
    """The printed byline: a line of its own, or the authors' names joined as the language does it."""
    text = article.text
    if text.byline or not text.authors:
        return text.byline
    last = {"de": " und ", "en": " and ", "fr": " et "}[portal.language]
    return last.join([", ".join(text.authors[:-1]), text.authors[-1]]) if text.authors[1:] else text.authors[0]


def _bullets(layout: Layout, bullets: tuple[str, ...]) -> str:
    if not bullets or "bullets" not in layout.parts:
        return ""
    lines = "".join(_part(layout, "bullet", bullet, has_nbsp=layout.has_nbsp) for bullet in bullets)
    return layout.parts["bullets"].substitute(text=lines)


def _credit(layout: Layout, article: Article) -> str:
    """Image, caption and credit."""
    text = article.text
    if not text.image_credit or "credit" not in layout.parts:
        return ""
    label = {"image_label": f"{text.image_label}: " if text.image_label else ""}
    return layout.parts["credit"].substitute(label, text=html.escape(text.image_credit), title=html.escape(text.title))


def _body(layout: Layout, article: Article, common: Mapping[str, str]) -> str:
    """The blocks of the text with the layout's boilerplate between them."""
    mentioned: set[str] = set()
    printed = []
    for place, block in enumerate(article.text.blocks, start=1):
        printed.append(_block(layout, block, mentioned))
        if place in layout.inserts and place < len(article.text.blocks):
            printed.append(layout.inserts[place].substitute(common))
    return "\n".join(printed)


def _block(layout: Layout, block: Block, mentioned: set[str]) -> str:
    """One paragraph or heading; in a paragraph the first mention of a known company is a link."""
    escaped = _escaped(block.text, has_nbsp=layout.has_nbsp)
    if block.is_heading:
        return layout.parts["heading"].substitute(text=escaped)
    if layout.mention is None:
        return layout.parts["paragraph"].substitute(text=escaped)

    def link(match: re.Match[str]) -> str:
        name = match[1]
        if name in mentioned or layout.mention is None:
            return name
        mentioned.add(name)
        return layout.mention.substitute(text=name, slug=slugified(html.unescape(name)))

    return layout.parts["paragraph"].substitute(text=_company_names().sub(link, escaped))


@cache
def _company_names() -> re.Pattern[str]:
    """Matches the name of any known company where it stands as a word."""
    names = (html.escape(company["name"]) for company in read_yaml("companies.yaml")["companies"])
    return re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, names)) + r")(?![\w-])")
