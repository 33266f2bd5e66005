"""What may stand in a source file, value by value: each type checks itself and says what would be right.

No connection is opened, no clock is asked.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from config import cron
from config.durations import Duration
from config.selectors import Selectors

# What the fetcher itself says in a request, and secrets, which belong into the environment.
_OWN_HEADERS = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "if-modified-since", "if-none-match"}
    | {"transfer-encoding", "user-agent"}
)
_SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2: token
_BLANK = re.compile(r"[\x00-\x20\x7f]")
_LONGEST_URL = 2048
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\.[a-z0-9-]+")


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
    meant = near(name, sorted(zone for zone in _zones() if "/" in zone))
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


def _selectors(written: object) -> object:
    """The selectors of a listing, from the mapping that is written in the file; a ValueError says what is wrong."""
    if not isinstance(written, dict):
        return written
    unknown = sorted(set(written) - set(Selectors.__dataclass_fields__))
    if unknown:
        raise ValueError(f"{unknown[0]} is no selector; known are {', '.join(Selectors.__dataclass_fields__)}")
    if not all(isinstance(text, str) and text.strip() for text in written.values()):
        raise ValueError("each selector is a text")
    if "item" not in written:
        raise ValueError("item is missing, the selector of an entry")
    return Selectors(**written)


def _pattern(text: str) -> str:
    """`text`, if it is a regular expression with one group for the article's id; a ValueError that says why not."""
    try:
        groups = re.compile(text).groups
    except re.error as error:
        raise ValueError(f"it is no regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"it has {groups} groups; the article's id is the one group, as in /artikel/(\\d+)")
    return text


def _host(name: str) -> str:
    if _HOST.fullmatch(name):
        return name
    raise ValueError("a host is written like www.example.ch, without scheme and path")


def near(name: str, known: Iterable[str]) -> str:
    """Advice for somebody who mistyped one of `known`; empty: nothing is near."""
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # walks a folder of 600 files: 15 to 40 ms


Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=200)]
Url = Annotated[str, AfterValidator(_web_address)]
HeaderName = Annotated[str, AfterValidator(_header_name)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Interval = Annotated[Duration, Field(ge=timedelta(seconds=10), le=timedelta(days=7))]
Pause = Annotated[Duration, Field(ge=timedelta(0), le=timedelta(hours=1))]
LookBack = Annotated[Duration, Field(ge=timedelta(hours=1), le=timedelta(days=30))]
IsoDate = Annotated[date | None, BeforeValidator(_iso_date)]
Headers = Annotated[Mapping[HeaderName, Line], AfterValidator(_named_once)]
Pattern = Annotated[str, Field(max_length=300), AfterValidator(_pattern)]
Host = Annotated[str, AfterValidator(_host)]
Cron = Annotated[str, AfterValidator(cron.checked)]
# Not written as a model: the class is what the reader of listings works with.
Listing = Annotated[Selectors, BeforeValidator(_selectors)]
