"""Sources: one YAML file per portal, read into frozen values; every mistake of every file is named at once.

What may be in a file is said by the models alone: their types check it, the texts below their keys are the
manual that error messages quote. No connection is opened, no clock is asked.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from config.documents import Document, Location, Plain, read_document
from config.durations import Duration
from config.errors import Misconfigured

# What the fetcher itself says in a request, and secrets, which belong into the environment.
_OWN_HEADERS = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "if-modified-since", "if-none-match"}
    | {"transfer-encoding", "user-agent"}
)
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2: token
_BLANK = re.compile(r"[\x00-\x20\x7f]")
_LOGIN = re.compile(r"(?<=//)[^/@]*@")
_LONGEST_URL = 2048
_KEY = "[key]"  # how pydantic marks that a mapping's key is meant, not its value
_LONGEST_QUOTE = 60  # characters of a bad value that a message repeats


def _web_address(url: str) -> str:
    """`url`, if it is one that can be asked for; a ValueError that says why not."""
    try:
        parts, port = urlsplit(url), urlsplit(url).port
    except ValueError:
        raise ValueError("an address has one host and at most one port, from 1 to 65535") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ValueError("an address begins with http:// or https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address carries no user name or password")
    if _BLANK.search(url) or len(url) > _LONGEST_URL:
        raise ValueError(f"an address has no blanks and at most {_LONGEST_URL} characters")
    return url


def _time_zone(name: str) -> str:
    if name in _zones():
        return name
    # Names without a region are left out of the advice: it would turn CEST into EST.
    meant = _near(name, sorted(zone for zone in _zones() if "/" in zone))
    raise ValueError(f"no IANA time zone is called so{meant or ', one looks like Europe/Zurich'}")


def _iso_date(text: object) -> object:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else text
    except ValueError:
        raise ValueError("a date is written like 2026-11-20") from None


def _header_name(name: str) -> str:
    """`name`, if a source may set that header; a ValueError that says why not."""
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError("a header's name has letters, digits and dashes, as in Accept-Language")
    if name.lower() in _OWN_HEADERS:
        raise ValueError("the fetcher sets it by itself (for the user agent there is the key user_agent)")
    if name.lower() in _SECRET_HEADERS:
        raise ValueError("it carries a secret, and source files hold none")
    return name


def _named_once(headers: Mapping[str, str]) -> Mapping[str, str]:
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("a header is named once, and the case of its letters makes no difference")
    return headers


def _not_empty(feeds: tuple["FeedSpec", ...]) -> tuple["FeedSpec", ...]:
    # Not min_length: pydantic counts only the good feeds there and would call a list with a bad one too short.
    if feeds:
        return feeds
    raise ValueError("a source has one feed or more, each with its url and kind")


Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=200)]
Url = Annotated[str, AfterValidator(_web_address)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Interval = Annotated[Duration, Field(ge=timedelta(seconds=10), le=timedelta(days=7))]
_MODEL = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True)


class FeedSpec(BaseModel):
    """One pollable document of a source; the texts below its keys complete "wanted: ..." in error messages."""

    model_config = _MODEL

    url: Url
    """the address of the feed, beginning with http:// or https://"""
    kind: Literal["rss", "atom", "rdf", "json_feed"]
    """one of rss, atom, rdf, json_feed"""
    name: Line | None = None
    """the feed's name in one line, such as Markets"""
    every: Interval | None = None
    """the time between two polls of this feed, from 10s to 7d, such as 15m"""
    time_zone: TimeZone | None = None
    """the IANA zone of times in this feed that name none or a wrong one, such as Europe/Paris"""


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
    verified: Annotated[date | None, BeforeValidator(_iso_date)] = None
    """the day of the last successful probe, such as 2026-11-20, or null"""
    feeds: Annotated[tuple[FeedSpec, ...], AfterValidator(_not_empty)]
    """a list of one feed or more, each with its url and kind"""
    every: Interval | None = None
    """the time between two polls of its feeds, from 10s to 7d, such as 15m"""
    delay: Annotated[Duration, Field(ge=timedelta(0), le=timedelta(hours=1))] | None = None
    """the time between the starts of two requests to one host, from 0s to 1h, such as 2s"""
    concurrency: Annotated[int, Field(ge=1, le=32)] = 1
    """the number of requests in flight to one host, from 1 to 32"""
    user_agent: Annotated[str, Field(pattern=r"^[\x20-\x7e]+$", max_length=300)] | None = None
    """a user agent in one line of ASCII characters"""
    headers: Annotated[Mapping[HeaderName, Line], AfterValidator(_named_once)] = Field(default_factory=dict)
    """request headers, each a name and a text, such as Accept-Language: fr"""
    formerly: tuple[Slug, ...] = ()
    """a list of earlier slugs of this source"""
    notes: Annotated[str, Field(pattern=r"^[^\x00]*$")] | None = None
    """a text for people"""

    def interval(self, feed: FeedSpec, default: timedelta) -> timedelta:
        """Time between two polls of `feed`: its own, else the source's, else `default`."""
        return feed.every or self.every or default

    def zone(self, feed: FeedSpec) -> str:
        """IANA name of the zone in which zone-less times of `feed` are read."""
        return feed.time_zone or self.time_zone


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
            document.add(place, _complaint(details))
        return None


def _complaint(details: ErrorDetails) -> str:
    """What is wrong at the place of `details`, and what would be right."""
    match details["loc"]:
        case ("feeds", _, key, *_):
            fields = FeedSpec.model_fields
        case (key, *_):
            fields = Source.model_fields
    if details["type"] == "extra_forbidden":
        return f"is no known key{_near(str(key), fields)}; known here: {', '.join(fields)}"
    wanted = f"wanted: {fields[str(key)].description}"
    if details["type"] == "missing":
        return f"is missing; {wanted}"
    if details["type"] == "value_error":
        wanted = str(details["ctx"]["error"])
    if details["loc"][-1] == _KEY:
        return f"can't be set here; {wanted}"
    return f"is {_shown(details['input'])}; {wanted}"


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
            yield f"the feed {_feed_identity(url)}", (*place, "url")


def _numbered(key: str, content: Plain) -> list[tuple[Location, Plain]]:
    return [((key, index), part) for index, part in enumerate(content if isinstance(content, list) else ())]


def _feed_identity(url: str) -> str:
    """What stays of `url` when scheme, www., fragment and last slash go: they hide that two feeds are one."""
    host, _, path = _LOGIN.sub("", url).partition("://")[2].partition("#")[0].partition("/")
    return f"{host.lower().removeprefix('www.')}/{path.rstrip('/')}"


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # walks a folder of 600 files: 15 to 40 ms
