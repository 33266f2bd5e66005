"""The gazetteer: names of instruments from a maintained package and from config/instruments, found in one pass.

Aho-Corasick, so the cost of a text does not depend on the number of names.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

import ahocorasick
from pytickersymbols import PyTickerSymbols

_LEGAL = re.compile(
    r",? (?:Inc\.?|Corp\.?|Corporation|Company|Co\.|plc|PLC|Plc|AG|SE|S\.?A\.?|N\.?V\.?|Ltd\.?|Limited|KGaA|AB|ASA|Oyj|"
    r"S\.p\.A\.|LLC|Holdings?|Group|Trust|\(.*\)|Companies|Parent|SpA|L\.?P\.?|& Co\.?|& Co\. KGaA|Technologies)$"
)
_PRICES = ("preis", "preise", "preises", "preisen", "kurs", "kurse", "kurses", "notierung", "future", "kontrakt")
_SHORTEST, _SHORTEST_PLAIN = 3, 5
_FRENCH_ONLY = "commodities_fr.csv"


@dataclass(frozen=True, slots=True)
class Instrument:
    """What the gazetteer knows of a name; `weak`: languages in which the name is also an ordinary word."""

    name: str
    kind: str
    isin: str = ""
    ticker: str = ""
    weak: frozenset[str] = frozenset()
    language: str = ""


class Hit(NamedTuple):
    """A name found at `start` up to `stop` of the text, as printed."""

    instrument: Instrument
    start: int
    stop: int


class Gazetteer:
    """An automaton over all names and aliases."""

    def __init__(self, names: Iterable[tuple[str, Instrument]]) -> None:
        self._automaton = ahocorasick.Automaton()
        for name, instrument in names:
            if name not in self._automaton:
                self._automaton.add_word(name, (len(name), instrument))
        self._automaton.make_automaton()

    def hits(self, text: str) -> list[Hit]:
        """Longest names at word boundaries, from left to right, none inside another."""
        found: list[Hit] = []
        for last, (length, instrument) in self._automaton.iter(text):
            start, stop = last + 1 - length, last + 1
            if not _is_whole(text, start, stop):
                continue
            while found and found[-1].start >= start:
                found.pop()
            if not found or found[-1].stop <= start:
                found.append(Hit(instrument, start, stop))
        return found


def _is_whole(text: str, start: int, stop: int) -> bool:
    """Whether a name stands alone: no letter or digit around it; a genitive s may follow."""
    if start and (text[start - 1].isalnum() or text[start - 1] in "_@#"):
        return False
    after = text[stop : stop + 2]
    if not after or not (after[0].isalnum() or after[0] == "_"):
        return True
    return (
        after[0] == "s" and text[stop - 1] != "s" and not (len(after) > 1 and (after[1].isalnum() or after[1] == "_"))
    )


@cache
def gazetteer() -> Gazetteer:
    """The gazetteer of all sources; ours come first, so that they decide about names known to both."""
    return Gazetteer([*_of_files(), *_of_package()])


def _of_files() -> Iterator[tuple[str, Instrument]]:
    folder = resources.files("config") / "instruments"
    weak = _weak_names()
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".csv"):
            continue
        language = "fr" if file.name == _FRENCH_ONLY else ""
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
            for name in _names(row):
                ambiguous = _languages(name, weak)
                yield name, Instrument(row["name"], row["kind"], row["isin"], row["ticker"], ambiguous, language)


@cache
def _weak_names() -> dict[str, frozenset[str]]:
    text = (resources.files("config") / "instruments" / "homographs.txt").read_text(encoding="utf-8")
    named = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return {language: frozenset(words.split()) for language, _, words in named}


def _names(row: dict[str, str]) -> list[str]:
    """The names of a row; German prices of a commodity or coin stand for it (Goldpreis, Kakaopreisen, Bitcoinkurs)."""
    names = [row["name"], *filter(None, row["aliases"].split("|"))]
    if row["kind"] not in ("commodity", "crypto"):
        return [*names, *(plain for name in names if (plain := _plain_case(name)) != name)]
    stems = [name for name in names if name[0].isupper() and name.isalpha() and not name.isupper()]
    return names + [f"{stem}{end}" for stem in stems for end in _PRICES]


def _plain_case(name: str) -> str:
    """HelloFresh and easyJet as agencies print them: Hellofresh, Easyjet."""
    inner = name[1:] != name[1:].lower() and name.isalpha() and not name.isupper()
    return name.capitalize() if inner and len(name) > _SHORTEST_PLAIN else name


def _languages(name: str, weak: dict[str, frozenset[str]]) -> frozenset[str]:
    """The languages in which `name` is an ordinary word, place or person too."""
    return frozenset(code for code in ("de", "en", "fr") if name in weak[code] or name in weak["all"])


@cache
def tickers() -> dict[str, str]:
    """Tickers of the package and the names that our files give to these companies."""
    known: dict[str, str] = {}
    for stock in PyTickerSymbols().get_all_stocks():
        symbol = stock.get("symbol") or ""
        if symbol.isalpha():
            known.setdefault(symbol, _short(stock["name"].removeprefix("The ")))
    return known


def _of_package() -> Iterator[tuple[str, Instrument]]:
    weak = _weak_names()
    for stock in PyTickerSymbols().get_all_stocks():
        full = stock["name"].removeprefix("The ")
        short = _short(full)
        isins = stock.get("isins") or []
        for name in dict.fromkeys((full, short)):
            if len(name) >= _SHORTEST:
                shortened = name == short != full and " " not in name
                ambiguous = frozenset(("de", "en", "fr", "short")) if shortened else _languages(name, weak)
                symbol = stock.get("symbol") or ""
                ticker = symbol if symbol.isalpha() else ""
                yield name, Instrument(short, "company", isins[0] if len(isins) == 1 else "", ticker, ambiguous)


def _short(name: str) -> str:
    """The name without legal form; "Marks & Spencer Group plc" is "Marks & Spencer"."""
    while True:
        shorter = _LEGAL.sub("", name)
        if shorter == name or len(shorter) < _SHORTEST:
            return name
        name = shorter
