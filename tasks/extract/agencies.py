"""News agencies: which of them a credit names. An agency quoted in the text is not one that wrote it.

Known ones are found in any credit. Of others the form of the credit decides: a dateline, a line at the end that is
nothing but a credit, an organisation stated as author whose name or mention at the end says that it is an agency.
"""

import re
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from tasks.extract.page import Said, Statements, site_names, squeezed
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
    "dpa-infocom": "dpa", "dpa infocom": "dpa", "dpa-tmn": "dpa", "awp international": "AWP",
    "reuters staff": "Reuters", "ap news": "AP", "afp news": "AFP", "canadian press": "The Canadian Press",
    "aap": "AAP", "pti": "PTI", "ians": "IANS", "the canadian press": "The Canadian Press",
    "australian associated press": "AAP", "press trust of india": "PTI", "yonhap": "Yonhap",
    "yonhap news agency": "Yonhap", "jiji press": "Jiji Press", "belga": "Belga", "ritzau": "Ritzau", "ntb": "NTB",
    "anp": "ANP", "europa press": "Europa Press", "anadolu ajansi": "Anadolu", "anadolu agency": "Anadolu",
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
    rf"({_NAME})(?:\s+\(\s*(?:{_NAME})\s*\))?"
    r"(?:\s*(?:[/,&+]|und|and|et)\s*[\w.-]{1,20}){0,4}\W*$",
    re.IGNORECASE,
)
# Signs that may follow the closing bracket of a credit: a full stop, a quotation mark.
_MAX_BEHIND_CREDIT = 2
# "LINZ (name) - ", "NEW YORK, 3. Sept (Name) - ", "Chur (name) - ": a place in capitals, or one of up to three words.
_DATELINE = re.compile(
    r"^(?P<place>[A-ZÄÖÜÀ-Ý][\w.'’-]*(?:[ /][A-ZÄÖÜÀ-Ý][\w.'’-]*){0,2})(?:,\s[^()]{1,25})?\s*"
    r"\((?P<name>[^()\d,;:]{2,40})\)\s*[-–—]\s"
)
# Credits of their own line that name an agency not on the list: "Mit Material von name", "(name)", "Source: Name".
_MATERIAL = re.compile(
    r"^\W*(?:mit material (?:von|der)(?: der)?|with (?:material|reporting) (?:from|by))\s+(?P<name>[^,;:.]{2,40})\W*$",
    re.IGNORECASE,
)
_ONE_WORD = re.compile(r"^\((?P<name>[^()\d\s,;:]{5,40})\)\.?$")
_BARE = re.compile(r"^\W*(?:(?:quelle|source|credit|avec|von|by|par)\W+)?(?P<name>[^,;:.]{2,40}?)\W*$", re.IGNORECASE)
_CALLS_ITSELF_AGENCY = re.compile(
    r"news ?wire|\bwires?\b|\bnews (?:agency|service)\b|\bpress (?:agency|association)\b|"
    r"agence|agentur|agenzia|agencia",
    re.IGNORECASE,
)
_NO_AGENCY = re.compile(
    r"redaktion|rédaction|editor|\bred\b|update|ende\b|fortsetzung|archiv|symbol|agenturmaterial|agenturen|agences",
    re.IGNORECASE,
)
_MAX_NAME_WORDS = 4
_STATED_KEYS = ("author", "creator", "creditText", "sourceOrganization", "provider", "publisher", "copyrightHolder")
_STATED_METAS = ("author", "article:author", "dcterms.creator", "dc.creator", "source", "agency", "news_source")


class Credits(NamedTuple):
    """Where credits stand: bylines, the organisations stated as authors, last lines of the text and behind it."""

    bylines: tuple[str, ...]
    organisations: tuple[str, ...]
    closing: tuple[str, ...]


def find_agency(page: Statements, credits_: Credits, paragraphs: list[str]) -> Said | None:
    """The agency that the page credits with the text: stated, at the text's start or end, or in the byline."""
    for text in chain.from_iterable(strings(page.article.get(key)) for key in _STATED_KEYS):
        if name := agency_of(text):
            return Said(name, "jsonld")
    for text in chain.from_iterable(page.metas.get(name, ()) for name in _STATED_METAS):
        if name := agency_of(text):
            return Said(name, "meta")
    for text in credits_.bylines:
        if name := agency_of(text):
            return Said(name, "dom")
    return _printed_agency(paragraphs, credits_.closing) or _unlisted_agency(page, credits_, paragraphs)


def is_credit_of(line: str, agency: str) -> bool:
    """Whether the line says nothing but that the text is the agency's."""
    key = squeezed(agency)
    return any(
        found is not None and squeezed(found["name"]) == key
        for found in (pattern.match(line) for pattern in (_MATERIAL, _ONE_WORD, _BARE))
    )


def agency_of(credit: str) -> str | None:
    """The agency, where the credit is nothing but agencies and initials: "dpa-AFX", "Reuters/AFP", "Von dpa"."""
    found = _CREDIT_LINE.match(credit)
    return _listed(found[1]) if found else None


def _listed(spelling: str) -> str:
    """The agency of a spelling that the pattern found; it takes dotted and dotless i for one letter."""
    return _AGENCIES[spelling.casefold().replace("i\u0307", "i").replace("ı", "i")]


def _printed_agency(paragraphs: list[str], closing: tuple[str, ...]) -> Said | None:
    """The known agency in a dateline of the first two paragraphs, or in brackets or alone in the closing lines."""
    for text in paragraphs[:2]:
        if found := _OPENING.match(text):
            return Said(_listed(found[1] or found[2] or found[3]), "text")
    for text in reversed([*paragraphs[-2:], *closing]):
        if name := agency_of(text):
            return Said(name, "text")
        brackets = list(_IN_BRACKETS.finditer(text))
        if brackets and len(text) - brackets[-1].end() <= _MAX_BEHIND_CREDIT:
            return Said(_listed(brackets[-1][1]), "text")
    return None


def _unlisted_agency(page: Statements, credits_: Credits, paragraphs: list[str]) -> Said | None:
    """The agency that is on no list, by the form of its credit."""
    no_agencies = site_names(page) | {squeezed(page.profile.name)}
    candidates = chain(
        (Said(name, "text") for name in _dateline_names(paragraphs)),
        (Said(name, "text") for name in _closing_names(credits_)),
        (Said(name, "jsonld") for name in credits_.organisations if _CALLS_ITSELF_AGENCY.search(name)),
    )
    return next((said for said in candidates if _may_be_agency(said.value, no_agencies)), None)


def _dateline_names(paragraphs: list[str]) -> Iterable[str]:
    """The name in a dateline; behind a place that is not in capitals only one in small letters."""
    for text in paragraphs[:2]:
        found = _DATELINE.match(text)
        if found and (found["place"].isupper() or found["name"].islower()):
            yield found["name"].strip()


def _closing_names(credits_: Credits) -> Iterable[str]:
    """Names in closing lines: credits by their form, or of organisations that sign or call themselves an agency."""
    signing = {squeezed(text) for text in credits_.organisations}
    for text in reversed(credits_.closing):
        found = _MATERIAL.match(text) or _ONE_WORD.match(text)
        bare = None if found else _BARE.match(text)
        if bare and (squeezed(bare["name"]) in signing or _CALLS_ITSELF_AGENCY.search(bare["name"])):
            found = bare
        if found:
            yield found["name"].strip()


def _may_be_agency(name: str, others: frozenset[str]) -> bool:
    return len(name.split()) <= _MAX_NAME_WORDS and squeezed(name) not in others and not _NO_AGENCY.search(name)
