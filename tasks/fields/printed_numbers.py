"""Printed numbers to Decimal: thousands and decimal signs of German, Swiss, English and French texts.

Knows no units. What a text's locale can't decide (1.234, 1,234) is decided by its language.
"""

import re
from decimal import Decimal

_SPACES = re.compile(r"[ \u00a0\u2009\u202f'’]")
_GROUPED = re.compile(r"[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*$")
_POINT_THOUSANDS = frozenset(("de", "fr"))
_LONGEST = 30


def parse_number(printed: str, language: str) -> Decimal | None:
    """The value of `printed`, without sign; None where it is no single number (dates, versions, Indian lists).

    `language` is de, de-CH, en, fr ...: a lone group of three digits is thousands after a point in German and
    French, after a comma in English.
    """
    if len(printed) > _LONGEST:
        return None
    bare = _SPACES.sub("", printed)
    points, commas = bare.count("."), bare.count(",")
    if points and commas:
        return _both(bare)
    sign = "." if points else ","
    if points + commas == 0:
        return Decimal(bare)
    if points + commas > 1:
        return Decimal(bare.replace(sign, "")) if _is_grouped(bare, sign) else None
    if _GROUPED.match(bare) and bare == printed and _means_thousands(sign, language):
        return Decimal(bare.replace(sign, ""))
    return Decimal(bare.replace(",", "."))


def _both(bare: str) -> Decimal | None:
    """The value of a number with points and commas: the last sign is the decimal one, and stands once."""
    decimal = "." if bare.rfind(".") > bare.rfind(",") else ","
    thousands = "," if decimal == "." else "."
    whole, _, fraction = bare.rpartition(decimal)
    if decimal in whole or not _is_grouped(whole, thousands):
        return None
    return Decimal(f"{whole.replace(thousands, '')}.{fraction}")


def _is_grouped(bare: str, sign: str) -> bool:
    """Whether groups are three digits long, or two as in Indian numbers (1,50,000)."""
    head, *groups = bare.split(sign)
    plain = all(len(group) == 3 for group in groups)  # noqa: PLR2004 - thousands
    indian = sign == "," and len(groups[-1]) == 3 and all(len(group) == 2 for group in groups[:-1])  # noqa: PLR2004
    return 1 <= len(head) <= 3 and (plain or indian)  # noqa: PLR2004


def _means_thousands(sign: str, language: str) -> bool:
    if language.startswith("en"):
        return sign == ","
    return sign == "." and language[:2] in _POINT_THOUSANDS
