"""News agencies: which of them a credit names. An agency quoted in the text is not one that wrote it."""

import re
from itertools import chain

from tasks.extract.page import Said, Statements
from tasks.extract.structured import strings

# Spelling in a credit (lower case) -> the agency's usual name. Longer spellings come first in the pattern.
_AGENCIES = {
    "dpa-afx": "dpa-AFX", "dpa-afx broker": "dpa-AFX", "dpa-afx analyser": "dpa-AFX", "dpa": "dpa",
    "deutsche presse-agentur": "dpa", "awp": "AWP", "awp finanznachrichten": "AWP", "reuters": "Reuters",
    "thomson reuters": "Reuters", "afp": "AFP", "agence france-presse": "AFP", "agence france presse": "AFP",
    "afp deutschland": "AFP", "ap": "AP", "associated press": "AP", "the associated press": "AP", "apa": "APA",
    "austria presse agentur": "APA", "keystone-sda": "Keystone-SDA", "sda": "SDA", "bloomberg": "Bloomberg",
    "bloomberg news": "Bloomberg", "dow jones": "Dow Jones", "dow jones newswires": "Dow Jones", "djn": "Dow Jones",
    "dow jones news": "Dow Jones", "epd": "epd", "kna": "KNA", "sid": "SID", "dts": "dts", "ots": "ots",
    "pte": "pressetext", "pressetext": "pressetext", "rtr": "Reuters", "xinhua": "Xinhua", "ansa": "ANSA", "efe": "EFE",
    "pa media": "PA Media", "press association": "PA Media", "kyodo": "Kyodo", "kyodo news": "Kyodo", "tass": "TASS",
    "interfax": "Interfax", "ats": "SDA", "cercle finance": "Cercle Finance", "mt newswires": "MT Newswires",
    "zonebourse": "Zonebourse", "globe newswire": "GlobeNewswire", "globenewswire": "GlobeNewswire",
    "business wire": "Business Wire", "pr newswire": "PR Newswire", "eqs": "EQS", "eqs news": "EQS", "dgap": "EQS",
}  # fmt: skip
_NAME = "|".join(re.escape(name) for name in sorted(_AGENCIES, key=len, reverse=True))
# "(dpa-AFX)", "(Reuters/dpa)", "(awp/sda)", also with initials: "(dpa/mik)".
_IN_BRACKETS = re.compile(rf"\(\s*({_NAME})(?:\s*[/,]\s*[\w.-]{{2,20}}){{0,3}}\s*\)", re.IGNORECASE)
# A dateline in front of the first sentence: "ZÜRICH (awp) -", "LONDON, 3. Sept (Reuters) -", "Frankfurt, dpa-AFX -".
# "Konzern (laut Reuters) ..." has no dash behind its brackets.
_OPENING = re.compile(
    rf"^(?:[^.!?]|(?<=\d)\.|(?<=[a-z]{{3}})\.){{0,60}}?\(\s*({_NAME})(?:\s*[/,]\s*[\w.-]{{2,20}}){{0,3}}\s*\)\s*[-–—:]"
    rf"|^\(\s*({_NAME})\s*\)|^(?:[A-ZÄÖÜ][\w/ .-]{{2,30}},\s*)?({_NAME})\s+[-–—]\s",
    re.IGNORECASE,
)
# A last line that is nothing but a credit: "Quelle: dpa-AFX", "© Reuters", "awp/ab", "(Mit Material der dpa)".
_CREDIT_LINE = re.compile(
    r"^\W*(?:(?:quelle|source|credit|mit material(?: von| der)?|mit|von|by|par|copyright)\W+)*(?:(?:der|von)\s+)?"
    rf"({_NAME})"
    r"(?:\s*(?:[/,&+]|und|and|et)\s*[\w.-]{1,20}){0,4}\W*$",
    re.IGNORECASE,
)
# Signs that may follow the closing bracket of a credit: a full stop, a quotation mark.
_MAX_BEHIND_CREDIT = 2
_STATED_KEYS = ("author", "creator", "creditText", "sourceOrganization", "provider", "publisher", "copyrightHolder")
_STATED_METAS = ("author", "article:author", "dcterms.creator", "dc.creator", "source", "agency", "news_source")


def find_agency(page: Statements, credits_: tuple[str, ...], paragraphs: list[str]) -> Said | None:
    """The agency that the page credits with the text: stated, at the text's start or end, or in the byline."""
    for text in chain.from_iterable(strings(page.article.get(key)) for key in _STATED_KEYS):
        if name := agency_of(text):
            return Said(name, "jsonld")
    for text in chain.from_iterable(page.metas.get(name, ()) for name in _STATED_METAS):
        if name := agency_of(text):
            return Said(name, "meta")
    for text in credits_:
        if name := agency_of(text):
            return Said(name, "dom")
    return _printed_agency(paragraphs)


def agency_of(credit: str) -> str | None:
    """The agency, where the credit is nothing but agencies and initials: "dpa-AFX", "Reuters/AFP", "Von dpa"."""
    found = _CREDIT_LINE.match(credit)
    return _AGENCIES[found[1].casefold()] if found else None


def _printed_agency(paragraphs: list[str]) -> Said | None:
    """The agency in a dateline of the first two paragraphs, or in brackets or alone at the end of the last two."""
    for text in paragraphs[:2]:
        if found := _OPENING.match(text):
            return Said(_AGENCIES[(found[1] or found[2] or found[3]).casefold()], "text")
    for text in reversed(paragraphs[-2:]):
        if name := agency_of(text):
            return Said(name, "text")
        closing = list(_IN_BRACKETS.finditer(text))
        if closing and len(text) - closing[-1].end() <= _MAX_BEHIND_CREDIT:
            return Said(_AGENCIES[closing[-1][1].casefold()], "text")
    return None
