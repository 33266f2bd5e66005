"""The names in one credit, as printed: "Von Jana Brook und Tim Yorck, Frankfurt" names two persons and a place.

Reads one string and nothing else; which of several credits counts, and what a name is worth, is decided in authors.
"""

import re

from tasks.extract.agencies import agency_of
from tasks.extract.datelines import split_dateline
from tasks.text import clean

_LINK = re.compile(r"https?://\S+")
_ADDRESS = re.compile(r"\S+@\S+|^@|https?:|www\.|\.(?:html?|php)\b", re.IGNORECASE)
_HANDLE = re.compile(r"\s@\w+")
# A person whose part was the pictures; other brackets hold initials, places, the employer.
_PICTURES = re.compile(
    r"(?:\b(?:und|and|et)\s+)?(?:[\w.'’-]+\s+){1,3}\((?:fotos?|bilder?|photos?|pictures|videos?|kamera|grafik|illustration)\)",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]")
# What others did to the article, and what follows a name on the same line; all behind it is no name.
_TRAILER = re.compile(
    r"\W+(?:edit(?:ed|ing) by|bearbeitet von|übersetzt von|photos? by|updated|published|posted|aktualisiert(?! von)|"
    r"veröffentlicht|publié|publicado|stand(?=:)|follow|folgen|last modified|\d+ min)\b.*$",
    re.IGNORECASE,
)
_GENRE = (
    "kommentar|analyse|interview|gastbeitrag|gastkommentar|kolumne|bericht|reportage|essay|glosse|rezension|porträt|"
    "recherche|protokoll|aufgezeichnet|aktualisiert|geschrieben|verfasst|zusammengestellt|übersicht|text|texte"
)
_LABEL = (
    "text|texte|autor|autorin|autoren|autor/in|author|authors|auteur|von|by|par|por|interview|bericht|recherche|analyse|"
    "kommentar|words|redaktion|reporter|writer|geschrieben von|verfasst von|written by|story by|reporting by"
)
# What introduces a name. Short words of Latin and Nordic languages do so only in front of two capitalised words,
# because surnames begin with them, too.
_PREFIX = re.compile(
    rf"^(?:(?:{_LABEL})\s*[:|]\s*|(?:von|by|par|por|autor(?:in|en)?|author|recherche|text|texte)\s+|"
    rf"(?:eine?\s+)?(?:{_GENRE})\s+(?:von|by|par)\s+|eine?\s+(?:\w+\s+){{1,2}}von\s+|(?:[\w-]+\s+){{1,3}}by\s+|"
    r"(?:di|de|af|av|door)\s+(?=(?-i:[A-ZÀ-Ý])\S+\s+(?-i:[A-ZÀ-Ý]))|"
    r"unser(?:e[rmn]?)?\s+(?:\w+\s+)?\w*(?:korrespondent|redakteur|redaktor|reporter|mitarbeiter)\w*\s+)",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"\s*[;|/•·]\s*|\s*,\s+(?!Jr\b|Sr\b)|\s+(?:und|and|et|sowie|og|och|mit|with|avec|&)\s+|\s+[-–—]\s+|"
    r"\s+(?:e|y)\s+(?=\S+\s+\S)",
    re.IGNORECASE,
)
_DESK = re.compile(
    r"redaktion|redakteur|editor(?:ial|s)?\b|newsroom|\bdesk\b|\bstaff\b|rédaction|redacción|redazione|\bteam\b|\bonline\b",
    re.IGNORECASE,
)
_ROLE_WORDS = (
    r"(?:korrespondent|journalist|redakteur|redaktor|volontär|mitarbeiter|leiter|kolumnist|autor|reporter)(?:e|in|innen)?\b|"
    r"(?:correspondent|contributor|columnist|writer|producer|editor|journalist|analyst)s?\b|"
    r"(?:correspondant|corresponsal|rédact\w+|redactor|bureau|ressort|chef)\b|chefredakt"
)
_ROLE = re.compile(_ROLE_WORDS, re.IGNORECASE)
# "Jana Brook Senior Business Editor": two to four words of a name, then the position.
_NAME_AND_ROLE = re.compile(
    r"^(?P<name>(?-i:[A-ZÄÖÜÀ-Ý])\S*(?:\s+\S+){0,2}?\s+(?-i:[A-ZÄÖÜÀ-Ý])[\w.'’-]+)\s+(?:is\s+an?\s+|ist\s+)?"
    r"(?:(?:senior|junior|chief|deputy|managing|associate|assistant|staff|news|business|economics?|markets?|finance|financial|"
    r"money|politic\w*|world|foreign|home|health|science|sports?|tech\w*|crime|consumer|royal|us|uk|eu|ap|leitende[rn]?|"
    r"stellvertretende[rn]?|freie[rn]?)\s+)*"
    rf"[\w-]*(?:{_ROLE_WORDS}).*$",
    re.IGNORECASE,
)
# Behind a name: for whom, from where. A capital letter tells "in Berlin" from a name's own particle.
_WHERE = re.compile(r"\s+(?:for|für|pour)\s.*$|\s+(?:in|aus|from|à|at)\s+(?=(?-i:[A-ZÄÖÜÀ-Ý])).*$", re.IGNORECASE)
_HONORIFICS = re.compile(
    r"^(?:(?:dr|prof|dipl|mag|ing|med|phil|jur|h\.\s?c|rer\.\s?\w+|mr|mrs|ms)\.(?:-\w+\.)?\s+|(?:mr|mrs|ms|dr|prof)\s+)+",
    re.IGNORECASE,
)
_DEGREE = re.compile(r",?\s+(?:MBA|Ph\.?\s?D\.?|M\.D\.?|CFA|CFP|LL\.?M\.?|Esq\.?)$")
# Reporter in Korean, Japanese and Chinese stands behind the name like a title.
_ASIAN_ROLE = re.compile(r"\s*(?:기자|특파원|記者|记者)$")
_LOGIN = re.compile(r"^[a-zà-ÿ]{2,}[_-][a-zà-ÿ]{2,}$")
_LEFTOVER = re.compile(
    r"^(?:von|by|par|und|and|et|mit|with|for|für|agenturen|agenturmaterial|agencies|agences|wires|others)$",
    re.IGNORECASE,
)
_MAX_WORDS = 6
# Longer ones are no credits, and the search for what stands around the names would cost.
_MAX_CHARACTERS = 1000


def names_in(credit: str) -> list[str]:
    """The names in one credit; of parts between commas, single words behind the first name are places."""
    if len(credit) > _MAX_CHARACTERS:
        return []
    credit = _bare(credit)
    is_one = not _SPLIT.search(credit) and len(credit.split()) <= _MAX_WORDS
    if is_one and is_desk(credit) and not _ADDRESS.search(credit):
        found = _NAME_AND_ROLE.match(credit)
        return [found["name"] if found else credit]
    first, *others = _SPLIT.split(credit)
    parts = [_name_of(first), *(_name_of(part) for part in others if not _is_position(part))]
    names = [part for at, part in enumerate(parts) if _is_name(part) and (at == 0 or not _ROLE.search(part))]
    return [name for at, name in enumerate(names) if at == 0 or " " in name or agency_of(name)]


def is_desk(name: str) -> bool:
    """Whether it is an editorial desk and no person: "Redaktion Kontor", "Kontor Staff"."""
    return _DESK.search(name) is not None


def _is_position(part: str) -> bool:
    """Whether a later part of a credit is what the person before it does: "AP Business Writer"."""
    found = _ROLE.search(part)
    return found is not None and agency_of(part.split(maxsplit=1)[0]) is not None


def _bare(credit: str) -> str:
    """The credit without addresses, brackets, dates and what introduces the first name."""
    credit = _BRACKETS.sub("", _PICTURES.sub("", _HANDLE.sub("", _LINK.sub("", credit))))
    if any(map(str.isdigit, credit)):
        credit = split_dateline(credit)[0]
    credit = _TRAILER.sub("", clean(credit)).strip(" ,.:;|-–")
    return _PREFIX.sub("", _PREFIX.sub("", credit))


def _name_of(part: str) -> str:
    """One part of a credit without titles, degrees, position, place and employer."""
    part = _DEGREE.sub("", _HONORIFICS.sub("", _PREFIX.sub("", part.strip(" ,.:;|-–"))))
    found = _NAME_AND_ROLE.match(part)
    part = found["name"] if found else _ASIAN_ROLE.sub("", _without_place(part))
    is_login = _LOGIN.match(part) and agency_of(part) is None and not is_desk(part)
    return clean(re.sub(r"[_-]", " ", part).title() if is_login else part)


def _without_place(part: str) -> str:
    """The part without place and employer; "Centre for Trade" is a name of its own."""
    front = _WHERE.sub("", part)
    return front if " " in front or agency_of(front) else part


def _is_name(part: str) -> bool:
    """Whether one part of a credit can be a person, desk or agency."""
    if not part or _LEFTOVER.match(part) or _ADDRESS.search(part) or any(map(str.isdigit, part)):
        return False
    if ":" in part or (_ROLE.search(part) and not is_desk(part)):
        return False
    return len(part) > 1 and len(part.split()) <= _MAX_WORDS
