"""Markets of price moves: which names, countries and currencies belong to which calendar (config/exchanges.yaml).

The days come from a library (tasks/fields/market_days.py). Mistakes of the file are named with their line.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from config.documents import Document, Location, Plain, read_document
from config.errors import Misconfigured

KINDS = ("company", "index", "commodity", "fx", "crypto", "fund", "bond")
LISTS = ("countries", "currencies", "venues", "indices", "kinds")
_KEYS = ("premarket", *LISTS)
_NO_KEYS = "holds no markets; it begins with unknown: and markets:"
_FORMS = {"countries": re.compile(r"[A-Z]{2}"), "currencies": re.compile(r"[A-Z]{3}")}


@dataclass(frozen=True, slots=True)
class Markets:
    """Codes of calendars by what a text says: a place, an index, a country of ISINs, a currency, a kind.

    `premarket` is the local time from which a market is indicated before its open; `unknown` are the markets that
    must agree where nothing says which one is meant.
    """

    unknown: tuple[str, ...]
    premarket: dict[str, time]
    venues: dict[str, str]
    indices: dict[str, str]
    countries: dict[str, str]
    currencies: dict[str, str]
    kinds: dict[str, str]

    @property
    def codes(self) -> tuple[str, ...]:
        """All codes, in the order of the file."""
        return tuple(self.premarket)


@cache
def markets() -> Markets:
    """The markets that are shipped."""
    return read_markets(resources.files("config") / "exchanges.yaml")


def read_markets(file: Traversable) -> Markets:
    """The markets of `file`; Misconfigured names each line that is wrong."""
    document = read_document(file, _NO_KEYS)
    found = _markets(document)
    if document.problems:
        listed = "\n".join(f"  {problem}" for problem in document.problems)
        raise Misconfigured(f"{document.file} can't be used, so no price move gets its day:\n{listed}")
    return found


def _markets(document: Document) -> Markets:
    content = document.content or {}
    for key in content.keys() - {"unknown", "markets"}:
        document.add((key,), "is not known; there are unknown and markets")
    listed = content.get("markets")
    if document.content is not None and not isinstance(listed, dict):
        document.add(("markets",), "must hold codes of calendars with what belongs to them")
    told = listed if isinstance(listed, dict) else {}
    by: dict[str, dict[str, str]] = {name: {} for name in LISTS}
    premarket = {code: _premarket(document, code, told[code]) for code in told}
    for code, entry in told.items():
        _note(document, code, entry, by)
    unknown = tuple(text for text, _ in _texts(document, ("unknown",), content.get("unknown")))
    for code in unknown:
        if code not in told:
            document.add(("unknown",), f"names {code}, which is no market of this file")
    return Markets(unknown, premarket, **by)


def _premarket(document: Document, code: str, entry: Plain) -> time:
    """The local time of the first indications; midnight where the entry has none."""
    told = entry.get("premarket") if isinstance(entry, dict) else None
    if told is None:
        return time.min
    try:
        return time.fromisoformat(str(told))
    except ValueError:
        document.add(("markets", code, "premarket"), f'is {told}; a time of day is needed, as in "07:00"')
        return time.min


def _note(document: Document, code: str, entry: Plain, by: dict[str, dict[str, str]]) -> None:
    """Put what belongs to a market into `by`; what two markets claim, and what has no such form, is a problem."""
    if not isinstance(entry, dict):
        document.add(("markets", code), f"must hold some of {', '.join(_KEYS)}")
        return
    for key, told in entry.items():
        place: Location = ("markets", code, key)
        if key not in _KEYS:
            document.add(place, f"is not known; there are {', '.join(_KEYS)}")
        for text, at in _texts(document, place, told) if key in LISTS else ():
            if key == "kinds" and text not in KINDS:
                document.add(at, f"is {text}; kinds are {', '.join(KINDS)}")
            elif key in _FORMS and not _FORMS[key].fullmatch(text):
                document.add(at, f"is {text}; a code in capitals is needed ({_FORMS[key].pattern})")
            elif by[key].setdefault(text, code) != code:
                document.add(at, f"says {text}, which {by[key][text]} has already; keep one of the two")


def _texts(document: Document, place: Location, told: Plain) -> Iterator[tuple[str, Location]]:
    """The texts of a list with their places."""
    if not isinstance(told, list):
        document.add(place, "must be a list of texts")
        return
    for index, text in enumerate(told):
        if isinstance(text, str) and text:
            yield text, (*place, index)
        else:
            document.add((*place, index), "must be a text")
