"""Sources: one YAML file per portal, read into frozen values; every mistake of every file is named at once.

What may be in a file is said by the models alone: their types check it, the texts below their keys are the
manual that error messages quote. No connection is opened, no clock is asked.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from config.documents import Document, Location, Plain, read_document
from config.errors import Misconfigured
from config.page_rules import NO_RULES, PageRules
from config.pages import PagesSpec
from config.values import (
    Cron,
    Headers,
    Host,
    Interval,
    IsoDate,
    Line,
    Listing,
    LookBack,
    Pattern,
    Pause,
    Slug,
    TimeZone,
    Url,
    near,
)  # fmt: skip

_LOGIN = re.compile(r"(?<=//)[^/@]*@")
_KEY = "[key]"  # how pydantic marks that a mapping's key is meant, not its value
_LONGEST_QUOTE = 60  # characters of a bad value that a message repeats


def _not_empty(feeds: tuple["FeedSpec", ...]) -> tuple["FeedSpec", ...]:
    # Not min_length: pydantic counts only the good feeds there and would call a list with a bad one too short.
    if feeds:
        return feeds
    raise ValueError("a source has one feed or more, each with its url and kind")


_MODEL = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)


class FeedSpec(BaseModel):
    """One pollable document of a source; the texts below its keys complete "wanted: ..." in error messages."""

    model_config = _MODEL

    url: Url
    """the address of the feed, beginning with http:// or https://"""
    kind: Literal["rss", "atom", "rdf", "json_feed", "news_sitemap", "sitemap", "listing"]
    """one of rss, atom, rdf, json_feed, news_sitemap, sitemap, listing"""
    name: Line | None = None
    """the feed's name in one line, such as Markets"""
    every: Interval | None = None
    """the time between two polls of this feed, from 10s to 7d, such as 15m"""
    slowest: Interval | None = None
    """the longest time between two polls when little is new, from 10s to 7d, such as 2h"""
    time_zone: TimeZone | None = None
    """the IANA zone of times in this feed that name none, such as Europe/Paris"""
    ignore_zone: bool = False
    """true where the feed prints a wrong zone, so that its times are read in time_zone, else false"""
    look_back: LookBack | None = None
    """how old an entry of this sitemap may be, from 1h to 30d, such as 2d"""
    selectors: Listing | None = None
    """the selectors of a listing: item, and where needed link, title, date, date_format"""

    @model_validator(mode="after")
    def _keys_fit_the_kind(self) -> Self:
        if (self.kind == "listing") != (self.selectors is not None):
            raise ValueError("a feed of kind listing has selectors, and no other kind has")
        if self.look_back is not None and not self.kind.endswith("sitemap"):
            raise ValueError("look_back is for the kinds sitemap and news_sitemap")
        return self


class Source(BaseModel):
    """A portal as its file describes it; the texts below its keys complete "wanted: ..." in error messages."""

    model_config = _MODEL

    slug: Slug
    """a short name of lower-case letters and digits joined by dashes, the same as the file's"""
    name: Line
    """the portal's name as people know it, in one line"""
    homepage: Url
    """the address of the portal's first page, beginning with http:// or https://"""
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    """a language by its two small letters (ISO 639-1), such as de"""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    """a country by its two capital letters (ISO 3166-1), such as CH, or EU"""
    time_zone: TimeZone
    """the IANA zone of times that name none, such as Europe/Zurich"""
    verified: IsoDate = None
    """the day of the last successful probe, such as 2026-11-20, or null"""
    feeds: Annotated[tuple[FeedSpec, ...], AfterValidator(_not_empty)]
    """a list of one feed or more, each with its url and kind"""
    every: Interval | None = None
    """the time between two polls of its feeds, from 10s to 7d, such as 15m"""
    slowest: Interval | None = None
    """the longest time between two polls of its feeds when little is new, from 10s to 7d, such as 2h"""
    schedule: Cron | None = None
    """a cron expression in the source's zone for polls besides the usual ones, such as */2 8-18 * * mon-fri"""
    delay: Pause | None = None
    """the time between the starts of two requests to one host, from 0s to 1h, such as 2s"""
    concurrency: Annotated[int, Field(ge=1, le=32)] = 1
    """the number of requests in flight to one host, from 1 to 32"""
    user_agent: Annotated[str, Field(pattern=r"^[\x20-\x7e]+$", max_length=300)] | None = None
    """a user agent in one line of ASCII characters"""
    headers: Headers = Field(default_factory=dict)
    """request headers, each a name and a text, such as Accept-Language: fr"""
    article_id: Pattern | None = None
    """a regular expression whose one group is the portal's article id in an address, such as /artikel/(\\d+)"""
    pages: PagesSpec | None = None
    """where its pages show what, a key for each value, such as title: h1.headline"""
    partners: tuple[Host, ...] = ()
    """a list of further hosts that its sitemaps and listings may lead to, such as [www.example.ch]"""
    formerly: tuple[Slug, ...] = ()
    """a list of earlier slugs of this source"""
    notes: Annotated[str, Field(pattern=r"^[^\x00]*$")] | None = None
    """a text for people"""

    def interval(self, feed: FeedSpec, default: timedelta) -> timedelta:
        """Time between two polls of `feed`: its own, else the source's, else `default`."""
        return feed.every or self.every or default

    def slowest_interval(self, feed: FeedSpec, default: timedelta) -> timedelta:
        """Longest time between two polls of `feed`, never less than its interval (`default`: of a quiet feed)."""
        return feed.slowest or self.slowest or default

    def zone(self, feed: FeedSpec) -> str:
        """IANA name of the zone in which zone-less times of `feed` are read."""
        return feed.time_zone or self.time_zone

    def page_rules(self) -> PageRules:
        """What the extractor is told about its pages."""
        return self.pages.rules() if self.pages else NO_RULES


def load_sources(folder: Path | None = None) -> tuple[Source, ...]:
    """The sources of `folder` (None: the shipped ones) by slug; Misconfigured lists all mistakes of all files.

    One mistake a line, as `file.yaml:LINE: key: what is wrong; what would be right`, by file and line.
    Cost: 0.15 ms a file (91 files, 2026-11-22).
    """
    files = _source_files(folder or resources.files("config") / "sources")
    documents = [read_document(file) for file in files]
    sources = [source for document in documents if (source := _validated(document))]
    _check_claims(documents)
    problems = sorted(problem for document in documents for problem in document.problems)
    if not problems:
        return tuple(sorted(sources, key=lambda source: source.slug))
    lines = "\n".join(str(problem) for problem in problems)
    raise Misconfigured(f"These source files can't be used ({folder or 'the shipped ones'}):\n{lines}")


def _source_files(folder: Traversable) -> list[Traversable]:
    """The source files of `folder` by name; files that begin with a dot are an editor's."""
    try:
        visible = [file for file in folder.iterdir() if not file.name.startswith(".")]
    except OSError as error:
        raise Misconfigured(f"The folder of source files {folder} can't be read: {error.strerror}") from error
    files = [file for file in visible if file.name.endswith((".yaml", ".yml"))]
    if not files:
        raise Misconfigured(f"The folder {folder} holds no source files; one is called like cash-ch.yaml")
    return sorted(files, key=lambda file: file.name)


def _validated(document: Document) -> Source | None:
    """The source that `document` describes; None where it can't be one, with all the reasons booked."""
    if document.content is None:
        return None
    try:
        return Source.model_validate(document.content)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            place = tuple(part for part in details["loc"] if part != _KEY)
            # A text that may stand for a list of one has no position of its own.
            if isinstance(place[-1], int) and place not in document.lines:
                place = place[:-1]
            document.add(place, _complaint(details))
        return None


def _complaint(details: ErrorDetails) -> str:
    """What is wrong at the place of `details`, and what would be right."""
    match details["loc"]:
        case ("feeds", _, key, *_):
            fields = FeedSpec.model_fields
        case ("pages", str() as key, *_):
            fields = PagesSpec.model_fields
        case (key, *_):
            fields = Source.model_fields
    if details["type"] == "extra_forbidden":
        return f"is no known key{near(str(key), fields)}; known here: {', '.join(fields)}"
    wanted = f"wanted: {fields[str(key)].description}"
    if details["type"] == "missing":
        return f"is missing; {wanted}"
    if details["type"] == "value_error":
        wanted = str(details["ctx"]["error"])
    if details["loc"][-1] == _KEY:
        return f"can't be set here; {wanted}"
    shown = (
        "can't be used"
        if details["type"] == "value_error" and isinstance(details["input"], dict)
        else f"is {_shown(details['input'])}"
    )
    return f"{shown}; {wanted}"


def _shown(value: object) -> str:
    """A bad value as a message may repeat it: short, on one line, without user names and passwords."""
    if not value:
        return "empty"
    if isinstance(value, str):
        text = _LOGIN.sub("…@", value)
        return repr(text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…")
    return "a list" if isinstance(value, list) else "a mapping"


def _check_claims(documents: list[Document]) -> None:
    """Book what two places claim, a slug or a feed, and slugs that differ from the name of their file."""
    claimed: dict[str, str] = {}
    for document in documents:
        slug = (document.content or {}).get("slug")
        if isinstance(slug, str) and document.file != f"{slug}.yaml":
            document.add(("slug",), f"is {slug!r} in {document.file}; a file is called like its slug, plus .yaml")
        for claim, place in _claims(document):
            here = f"{document.file}:{document.line(place)}"
            if claim in claimed:
                document.add(place, f"{claim} is taken by {claimed[claim]}; give it to one of the two")
            claimed.setdefault(claim, here)


def _claims(document: Document) -> Iterator[tuple[str, Location]]:
    """What `document` wants for itself and where it says so: slugs, today's and former ones, and feeds."""
    content = document.content or {}
    former, feeds = content.get("formerly"), content.get("feeds")
    slugs = [(("slug",), content.get("slug")), *_numbered("formerly", former)]
    yield from ((f"the slug {slug}", place) for place, slug in slugs if isinstance(slug, str))
    for place, feed in _numbered("feeds", feeds):
        url = feed.get("url") if isinstance(feed, dict) else None
        if isinstance(url, str):
            yield f"the feed {feed_identity(url)}", (*place, "url")


def _numbered(key: str, content: Plain) -> list[tuple[Location, Plain]]:
    return [((key, index), part) for index, part in enumerate(content if isinstance(content, list) else ())]


def feed_identity(url: str) -> str:
    """What stays of `url` when scheme, www., fragment and last slash go: they hide that two feeds are one."""
    host, _, path = _LOGIN.sub("", url).partition("://")[2].partition("#")[0].partition("/")
    return f"{host.lower().removeprefix('www.')}/{path.rstrip('/')}"
