"""The finance fields of one article: frozen values with offsets into title + newline + text."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a fact stands: `text[start:stop]`; the rule that found it and how sure it is (0 to 1)."""

    start: int
    stop: int
    rule: str
    confidence: float = 0.8


@dataclass(frozen=True, slots=True)
class Mentioned:
    """An instrument that the text talks about; `kind` is company, index, commodity, fx, crypto, fund or bond."""

    name: str
    kind: str
    isin: str
    ticker: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class PriceMove:
    """A move or quote of one session; `percent` and `points` are signed, `price` is the level that belongs to them.

    `session_date` is the trading day at the market, None where it can't be known; `date_evidence` is the word that
    decided, None where the dateline alone did.
    """

    subject: str
    percent: Decimal | None
    points: Decimal | None
    price: Decimal | None
    currency: str
    venue: str
    session: str
    evidence: Evidence
    session_date: date | None = None
    date_evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """A sum of money in the major unit; `approx`: a hedge stands directly on the number."""

    value: Decimal
    currency: str
    approx: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Person:
    """A named person with the role as printed; `role` and `organisation` may be empty."""

    name: str
    role: str
    organisation: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Citation:
    """A medium, agency or provider of figures to which something is attributed, as printed."""

    name: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Rating:
    """What a house says about a company; the previous values only where they changed."""

    house: str
    subject: str
    rating: str
    previous_rating: str
    target: Decimal | None
    previous_target: Decimal | None
    currency: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Figure:
    """A company-level result or outlook; `value` is None where only a change is printed; a range has `value_high`."""

    subject: str
    metric: str
    period: str
    value: Decimal | None
    value_high: Decimal | None
    currency: str
    change_percent: Decimal | None
    change_percent_high: Decimal | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Identifier:
    """A printed identifier without separators; `scheme` is isin, wkn, valor, ticker or cusip."""

    scheme: str
    value: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Fields:
    """All facts of one article, in the order of the text."""

    instruments: tuple[Mentioned, ...] = ()
    price_moves: tuple[PriceMove, ...] = ()
    amounts: tuple[Amount, ...] = ()
    people: tuple[Person, ...] = ()
    cited_sources: tuple[Citation, ...] = ()
    ratings: tuple[Rating, ...] = ()
    figures: tuple[Figure, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
