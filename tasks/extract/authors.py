"""Who wrote the article: persons first; a desk or an agency only where the page names no person.

JSON-LD, then meta tags, then the byline beside the headline, then a signature above or below the text; the first layer
that names a person is taken. Addresses, initials in brackets, positions and places are not authors (see credits).
"Redaktion finanzen.ch" and "dpa" count where no layer names a person, the portal's own name or a login like "admin"
where nobody else is credited, initials last of all: so do annotated corpora (F1 0.78 without, 0.87 with).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from tasks.extract.agencies import agency_of
from tasks.extract.bylines import bylines, dated_names, is_signature, marked_names, signatures
from tasks.extract.credits import is_desk, names_in
from tasks.extract.page import Statements, site_names, squeezed
from tasks.extract.structured import plain, types_of
from tasks.extract.words import word_set

# "author", "article:author", "parsely-author", "cXenseParse:author_name", "articleAuthor", ...; not "author-url".
_AUTHOR_META = re.compile(r"(?:^|[:._-]|article|news|page)authors?(?:[_-]?names?)?$")
_METAS = ("byl", "dc.creator", "dcterms.creator", "dc.contributor")
_LABELLED_META = "twitter:data1"
# Logins of content systems and general words that stand where a name should be.
_LOGIN = re.compile(
    r"^(?:admin\w*|root|user\d*|web-?master|wordpress|wp\w*|news|nachrichten|aktuell|extern|gast|guest|online|print)$",
    re.IGNORECASE,
)
_LOGIN_ADDRESS = re.compile(r"/author/(?:admin\w*|root|user\d*|wp\w*)/?$", re.IGNORECASE)
_INITIALS = re.compile(r"^(?:[a-zà-ÿ]{1,5}|[A-ZÀ-Ý]{1,3})$")
# Letters that make the first word of a name the portal's: "MDR Thüringen", but not "Al Brook" at al.example.
_MIN_HOUSE = 3
_HOUSE = re.compile(
    r"\b(?:news|nachrichten|zeitung|presse|media|medien|agency|agentur|verlag|gmbh|(?-i:AG|SE)|inc|ltd|llc|wire|dienst|"
    r"fernsehen|magazin|magazine|group|gruppe|foundation|stiftung|institut|institute|university|universität|"
    r"ajans\w*|haber\w*)\b",
    re.IGNORECASE,
)
_PERSONS, _DESKS, _PORTAL, _SHORT = range(4)
_PAGES = word_set("webpage itempage")
_ORGANISATIONS = word_set("organization newsmediaorganization corporation")


class _House(NamedTuple):
    """Keys of names that are no persons on this page: the portal, organisations by type, logins."""

    names: frozenset[str]
    organisations: frozenset[str]
    logins: frozenset[str]


class Authors(NamedTuple):
    """Names in the page's order, the layer that gave them, and what agencies are read from.

    That is the credits as printed and the authors that JSON-LD calls organisations.
    """

    names: tuple[str, ...]
    layer: str
    credits: tuple[str, ...]
    organisations: tuple[str, ...]
    has_person: bool


def find_authors(page: Statements, closing: Iterable[str] = ()) -> Authors:
    """The authors; `closing` are the last lines of the page's text, where a plain page signs its articles.

    Without closing lines the page is read as it came; with them it is pruned, and a signature may stand anywhere in it.
    """
    closing = list(closing)
    layers: list[tuple[str, Callable[[], Iterable[str]]]] = [
        ("profile", lambda: page.told.authors),
        ("jsonld", lambda: _stated(page)),
        ("meta", lambda: _metas(page)),
        ("dom", lambda: bylines(page)),
        ("dom", lambda: dated_names(page)),
        ("dom", lambda: signatures(page) if closing else ()),
        ("dom", lambda: marked_names(page) if closing else ()),
        ("text", lambda: (line for line in closing if is_signature(line))),
    ]
    house = _House(site_names(page), frozenset(map(squeezed, _organisations(page))), _logins(page))
    found: list[tuple[int, tuple[str, ...], str]] = []
    credits_: list[str] = []
    for layer, read in layers:
        printed = list(dict.fromkeys(read()))
        credits_ += printed
        names = _distinct(name for text in printed for name in names_in(text))
        found += [(rank, chosen, layer) for rank, chosen in enumerate(_ranked(names, house)) if chosen]
        # What the source's file selects stands, even if another layer names a person where it names a desk.
        if any(rank == _PERSONS or layer == "profile" for rank, _, layer in found):
            break
    rank, names, layer = min(found, key=lambda entry: entry[0], default=(-1, (), ""))
    if rank == _DESKS:
        names = _joint(names, credits_, house)
    return Authors(names, layer, tuple(credits_), _organisations(page), rank == _PERSONS)


def _joint(names: tuple[str, ...], credits_: list[str], house: _House) -> tuple[str, ...]:
    """The credit as printed where the portal shares it with these names: "Kontor avec AFP"."""
    for credit in credits_:
        portal, *others = names_in(credit) or [""]
        if squeezed(portal) in house.names and others == list(names) and not set(credit) & set(",;|"):
            return (credit,)
    return names


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The names, each once; "jane-doe", an address' part, is "Jane Doe"."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(squeezed(name), name)
    return tuple(found.values())


def _ranked(names: tuple[str, ...], house: _House) -> tuple[tuple[str, ...], ...]:
    """Four choices from one layer's names, by rank: with persons, desks and agencies only, the portal, initials."""
    ranks = [_rank(name, house) for name in names]
    others = tuple(name for name, rank in zip(names, ranks, strict=True) if rank in (_PERSONS, _DESKS))
    persons = tuple(name for name, rank in zip(names, ranks, strict=True) if rank == _PERSONS)
    portal = tuple(name for name, rank in zip(names, ranks, strict=True) if rank == _PORTAL)
    return persons, others, portal[:1], tuple(name for name in names if name not in (*others, *portal))


def _rank(name: str, house: _House) -> int:
    """What one name is worth as an author."""
    key = squeezed(name)
    if key in house.names or key in house.logins or _LOGIN.match(name):
        return _PORTAL
    is_collective = agency_of(name) is not None or is_desk(name) or _HOUSE.search(name) or key in house.organisations
    start = squeezed(name.split(maxsplit=1)[0])
    if is_collective or (len(start) >= _MIN_HOUSE and start in house.names):
        return _DESKS
    return _SHORT if _INITIALS.match(name) else _PERSONS


def _logins(page: Statements) -> frozenset[str]:
    """Keys of the authors whose page is that of a content system's login, whatever name it shows."""
    nodes = [node for node in _flat(page.article.get("author")) if isinstance(node, dict)]
    stated = [(str(node.get("url") or node.get("@id") or ""), name) for node in nodes for name in _node_names(node, {})]
    return frozenset(squeezed(name) for address, name in stated if _LOGIN_ADDRESS.search(address))


def _organisations(page: Statements) -> tuple[str, ...]:
    """The authors that JSON-LD calls organisations."""
    nodes = [node for node in _flat(page.article.get("author")) if isinstance(node, dict)]
    return tuple(name for node in nodes if types_of(node) & _ORGANISATIONS for name in _node_names(node, page.ids))


def _stated(page: Statements) -> Iterator[str]:
    """Author names of the JSON-LD article, references resolved; without any, those of the page's own node."""
    nodes = [page.article, *(node for node in page.nodes if types_of(node) & _PAGES)]
    speaking = next((node for node in nodes if node.get("author") or node.get("creator")), {})
    for key in ("author", "creator"):
        for author in _flat(speaking.get(key)):
            yield from _node_names(author, page.ids)


def _flat(value: object) -> Iterator[object]:
    """The members of a value that may be a list, also of lists."""
    stack = [value]
    while stack:
        member = stack.pop()
        if isinstance(member, list):
            stack.extend(reversed(member))
        else:
            yield member


def _node_names(author: object, ids: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """The name of one author value: a string, a node, a list of names in a node, or a reference to a node."""
    if isinstance(author, str):
        yield plain(author)
    elif isinstance(author, dict):
        name = author.get("name") or ids.get(str(author.get("@id")), {}).get("name")
        for part in name if isinstance(name, list) else [name]:
            if isinstance(part, str):
                yield plain(part)


def _metas(page: Statements) -> Iterator[str]:
    """Author names of meta tags; twitter:data1 only under a label that says so."""
    written = re.search(
        r"written|geschrieben|verfasst|author|autor|écrit", page.meta("twitter:label1") or "", re.IGNORECASE
    )
    for name, values in page.metas.items():
        if name in _METAS or _AUTHOR_META.search(name) or (name == _LABELLED_META and written):
            yield from values
