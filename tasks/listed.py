"""What a feed lists, as rows of the frontier: what identifies an article, and what is worth keeping of its listing.

Everything that an address tells is taken here, before its normal form forgets it. Pure.
"""

import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

from tasks.columns import published_columns
from tasks.model import FeedEntry
from tasks.urls import host_key, url_hash

# ISO 6166: two letters, nine letters or digits, a check digit. Glued to other characters it is something else.
_ISIN = re.compile(r"(?<![0-9A-Za-z])[A-Za-z]{2}[0-9A-Za-z]{9}[0-9](?![0-9A-Za-z])")
# ISO 3166-1, and what ISO 6166 has besides: XS (Euroclear and Clearstream), EU, XA to XF (substitutes).
_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET EU FI FJ FK FM
    FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT
    JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN
    MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT
    PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL
    TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XA XB XC XD XF XS YE YT ZA ZM ZW
"""
_PREFIXES = frozenset(_CODES.split())


def listed_rows(
    feed_id: int, source_id: int, entries: Sequence[FeedEntry], article_id: re.Pattern[str] | None
) -> list[dict[str, Any]]:
    """The entries of a feed as frontier.add takes them, in the order of the feed.

    `article_id` finds the portal's own article id in an address, as its first group.
    """
    return [
        {
            "feed_id": feed_id,
            "source_id": source_id,
            "url": entry.url,
            "canonical_url": entry.canonical_url,
            "url_hash": url_hash(entry.canonical_url),
            "listed_hash": url_hash(entry.url),
            "host": host_key(entry.url),
            "portal_id": portal_id(article_id, entry.canonical_url, entry.url),
            "guid": entry.guid,
            "title": entry.title,
            "summary": entry.summary,
            "position": position,
            "listing_hash": listing_hash(entry),
            "hints": hints(entry),
            **published_columns(entry.published),
        }
        for position, entry in enumerate(entries)
    ]


def portal_id(article_id: re.Pattern[str] | None, *addresses: str) -> str | None:
    """The portal's own article id, from the first of the addresses that the pattern fits; None: it fits none."""
    if article_id is None:
        return None
    found = next((match for address in addresses if (match := article_id.search(address))), None)
    return (found[1] or None) if found else None


def listing_hash(entry: FeedEntry) -> bytes | None:
    """16-byte digest of title and time of change: another one means that the article changed; None: neither is said."""
    if entry.title is None and entry.modified is None:
        return None
    said = f"{entry.title or ''}\n{entry.modified.raw if entry.modified else ''}"
    return blake2b(said.encode("utf-8", "replace"), digest_size=16).digest()


def hints(entry: FeedEntry) -> dict[str, Any]:
    """What else the listing says; nothing empty is in it."""
    said = {
        "tickers": list(entry.tickers),
        "keywords": list(entry.keywords),
        "isins": list(dict.fromkeys(isins(entry.url, *entry.tickers, *entry.keywords))),
        "modified": entry.modified.at.isoformat() if entry.modified else None,
        "language": entry.language,
        "publication": entry.publication,
    }
    return {name: value for name, value in said.items() if value}


def isins(*texts: str) -> Iterator[str]:
    """The ISINs in the texts, in capitals: of a country that there is, the check digit verified."""
    for text in texts:
        for match in _ISIN.finditer(text):
            isin = match[0].upper()
            if isin[:2] in _PREFIXES and _checks(isin):
                yield isin


def _checks(isin: str) -> bool:
    """Whether the check digit is right: letters as two digits (A = 10), then Luhn's sum."""
    digits = "".join(str(int(sign, 36)) for sign in isin)
    weighed = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(sum(divmod(one, 10)) for one in weighed) % 10 == 0
