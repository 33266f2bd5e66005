"""Printed identifiers with a label or a form of their own, checked by their check digits where they have one."""

import re
from collections.abc import Callable, Iterator

from stdnum import cusip, isin
from stdnum.de import wkn

from tasks.fields.gazetteer import tickers
from tasks.fields.model import Evidence, Identifier

# What stands before it is looked at last: a pattern that begins with a look behind is tried at every letter.
_ISIN = re.compile(r"([A-Z]{2}[A-Z0-9]{9}[0-9])(?![A-Z0-9])(?<![A-Z0-9].{12})")
_WKN = re.compile(r"\bWKN(?:-Nr\.?|-Nummer)?[\s:]{1,3}([A-HJ-NP-Z0-9]{6})\b")
_VALOR = re.compile(
    r"\b(?:Valor(?:en)?(?:nummer|nr\.?|-Nr\.?|-Nummer)?|[Nn]uméro de valeur|[Vv]aleur n[o°]|No de valeur)[\s:]{1,3}"
    r"(\d{1,3}(?:[\s.'’\u00a0\u202f]\d{3})+|\d{5,9})"
)
_CUSIP = re.compile(r"\bCUSIP(?: [Nn]o\.?| number)?[\s:]{1,3}([0-9A-Z]{8}[0-9])\b")
_EXCHANGE = re.compile(
    r"\b(?:NASDAQ|Nasdaq|NYSE(?: American| Arca)?|AMEX|AIM|LSE|LON|TSXV?|ASX|HKEX|SEHK|SIX|XETRA|FRA"
    r"|ETR|EPA|AMS|OTCQ[BX]|OTC|CSE|NSE|BSE|SWX|VIE|Euronext(?: \w+)?|[Tt]icker"
    r"|Symbol|Börsenkürzel|Kürzel|Tickersymbol|[Mm]némo|code)"
    r"\s?:\s?([A-Z][A-Z0-9.]{0,6})\b"
)
_BARE = re.compile(r"\((?<=\w \()([A-Z]{1,5})\)")
_AS_WORD = re.compile(r"\b([A-Z]{2,5}) (?:stock|shares)\b")
_SHARES = re.compile(" s(?:tock|hares)")
_BEHIND_COLON = re.compile(r":\s?[A-Z][A-Z0-9.]{0,6}\b")
_SEPARATORS = re.compile(r"[\s.'’\u00a0\u202f]")


# Scheme, pattern, check, and a cheap pattern without which the dear one finds nothing.
_LABELLED: tuple[tuple[str, re.Pattern[str], Callable[[str], bool], re.Pattern[str]], ...] = (
    ("isin", _ISIN, isin.is_valid, _ISIN),
    ("wkn", _WKN, wkn.is_valid, re.compile("WKN")),
    ("valor", _VALOR, str.isdigit, re.compile("Valor|[Vv]aleur")),
    ("cusip", _CUSIP, cusip.is_valid, re.compile("CUSIP")),
    ("ticker", _EXCHANGE, bool, _BEHIND_COLON),
)


def find_identifiers(text: str, names: frozenset[str], media: frozenset[str]) -> Iterator[Identifier]:
    """Identifiers in no order; what is in `names` or `media` is no ticker, though a company has it as its ticker."""
    for scheme, pattern, check, hint in _LABELLED:
        for match in pattern.finditer(text) if hint.search(text) else ():
            value = _SEPARATORS.sub("", match[1]).rstrip(".")
            if check(value):
                yield _identifier(scheme, value, *match.span(1), "label")
    known = tickers()
    for pattern, hint in ((_BARE, _BARE), (_AS_WORD, _SHARES)):
        for match in pattern.finditer(text) if hint.search(text) else ():
            if match[1] in known and match[1] not in names and match[1] not in media:
                yield _identifier("ticker", match[1], *match.span(1), "known ticker")


def _identifier(scheme: str, value: str, start: int, stop: int, rule: str) -> Identifier:
    return Identifier(scheme, value, Evidence(start, stop, rule))
