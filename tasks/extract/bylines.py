"""Where a page prints who wrote the article: beside its headline, above and below its text.

Gives credits as printed; which names they hold is read in credits, what a name is worth is decided in authors.
"""

import re
from collections.abc import Iterator
from itertools import islice

from lxml.etree import XPath
from lxml.etree import _Element as Element

from tasks.extract.credits import names_in
from tasks.extract.datelines import split_dateline
from tasks.extract.named import called
from tasks.extract.page import Statements, squeezed
from tasks.extract.tree import class_words, short_text, text_of
from tasks.extract.words import name_words

_BYLINE_WORDS = name_words(
    "author authors byline autor autoren autorin autorenname verfasser verfasserin authorname signatur bylines"
)
_NOT_BYLINE_WORDS = name_words(
    "comment comments kommentar related teaser bio social share follow newsletter card box about profile"
)
_AUTHOR_ADDRESS = re.compile(
    r"/(?:authors?|autor(?:en|in)?|auteurs?|redakteure?|journalists?|reporters?|contributors?|columnists?|"
    r"correspondents?)/[^/?#]*[a-z][^?#]*$",
    re.IGNORECASE,
)
_MAX_ADDRESS = 300
# A credit with more words that ends like a sentence is one.
_SENTENCE_WORDS = 5
_MAX_CREDIT_CHARACTERS = 120
_MAX_PRINTED_CHARACTERS = 80
# Blocks above the headline that are looked at for a byline.
_ABOVE = 4
_PRINTED_BYLINE = re.compile(
    r"^(?i:von|by|par|por)(?:\s*:\s*|\s+)(?:[A-ZÄÖÜÀ-Ý][\w.'’-]*\s+)+(?:(?:von|van|de|der|den|du|di|la|le|del|bin|al|el|zu)\s+)*"
    r"[A-ZÄÖÜÀ-Ý][\w.'’-]+"
)
_PRINTED_DESK = re.compile(r"^(?:(?:die\s+)?redaktion\s+\S+(?:\s\S+)?|[\w.]+-redaktion)$", re.IGNORECASE)
# A signature without a label: two to four words with capitals, all of a paragraph and set apart as bold or italic.
_SIGNED = re.compile(
    r"^[A-ZÄÖÜÀ-ÝĀ-Ž][\w.'’-]*(?:\s+(?:von|van|de|der|den|du|di|la|le|da|bin|al|el|zu))*(?:\s+[A-ZÄÖÜÀ-ÝĀ-ŽĐ][\w.'’-]+){1,3}$"
)
# Two capitalised words beside a date that are no person.
_PLACES = frozenset((
    "new york", "hong kong", "los angeles", "san francisco", "tel aviv", "wall street", "kuala lumpur", "abu dhabi",
    "buenos aires", "são paulo", "sao paulo", "rio de janeiro", "frankfurt main", "den haag", "silicon valley",
))  # fmt: skip
_SECTION = re.compile(
    r"aktie|börse|\bmarkt|märkte|\bmarkets?\b|\bstocks?\b|\bdax\b|\bdow\b|\bsmi\b|\bindex\b|update|eilmeldung|breaking|"
    r"analyse|ausblick|überblick|aktuell|heute|today|latest|exclusive?\b|exklusiv|\blive\b|politi[ck]|wirtschaft|economy|"
    r"business|financ|finanz|\bworld\b|opinion|meinung|kommentar|interview|rohstoff|devisen|anleihe|unternehmen|konjunktur|"
    r"\bcrypto|krypto|technolog|\bsport|roundup|\bred\b|\bbank\b|\bupdated?\b|published|min read",
    re.IGNORECASE,
)
_MARKED = XPath("//*[@rel = 'author'] | //a[@class or @rel]")
_EMPHASIS = ("strong", "b", "em", "i")


def bylines(page: Statements) -> Iterator[str]:
    """Texts of byline elements beside the headline; rel=author and class words first, then lines like "Von A. B."."""
    if page.headline is None:
        return
    near = [*page.below, *page.above[:_ABOVE]]
    for block in near:
        for element in (*block.element.iter(), *islice(block.element.iterancestors(), 2)):
            if _is_byline(element):
                yield _credit_text(element)
    printed = (block.text for block in near)
    yield from (text for text in printed if len(text) <= _MAX_PRINTED_CHARACTERS and _PRINTED_BYLINE.match(text))


def dated_names(page: Statements) -> Iterator[str]:
    """The words in front of the first date below the headline, or the line above it, where they are nothing but names.

    Pages whose class names say nothing print "Jana Brook | 12.05.2026"; so did 21 of 23 such lines of the corpus.
    """
    if page.headline is None:
        return
    above = ""
    known = _subjects(page)
    for block in page.below:
        text = block.text if len(block.text) <= _MAX_CREDIT_CHARACTERS else ""
        words, date = split_dateline(text)
        if date:
            credit = words.strip(" |·•–-,") or above
            names = names_in(credit)
            if names and all(_SIGNED.match(name) and not _is_subject(name, known) for name in names):
                yield credit
            return
        above = text or above


def signatures(page: Statements) -> Iterator[str]:
    """Texts of byline elements anywhere on the pruned page."""
    named = called(page.named, _BYLINE_WORDS)
    found = dict.fromkeys([*named, *_MARKED(page.root)])
    return (_credit_text(element) for element in found if _is_byline(element) and _is_in(page.root, element))


def marked_names(page: Statements) -> Iterator[str]:
    """Names that are the whole first or last paragraph, set apart by their type, and are not the article's subject."""
    known = _subjects(page)
    for element in page.root.iter(*_EMPHASIS):
        block = element.getparent()
        if block is None or block.tag != "p" or len(block) > 1 or (block.text or "").strip():
            continue
        name = short_text(block, _MAX_PRINTED_CHARACTERS)
        is_signed = (_SIGNED.match(name) and not _is_subject(name, known)) or _PRINTED_DESK.match(name)
        if is_signed and name == text_of(element) and _is_first_or_last(block):
            yield name


def is_signature(line: str) -> bool:
    """Whether a line of text does nothing but sign: "Von Jana Brook", "Redaktion Kontor"."""
    return _PRINTED_DESK.match(line) is not None or _PRINTED_BYLINE.match(line) is not None


def _subjects(page: Statements) -> str:
    """What the article is about in its own words, `squeezed`."""
    return squeezed(" ".join([*page.metas.get("og:title", ()), *page.metas.get("keywords", ())]))


def _is_subject(name: str, known: str) -> bool:
    """Whether two capitalised words are a place, a section or what the article is about, and no person."""
    return squeezed(name) in known or name.casefold() in _PLACES or _SECTION.search(name) is not None


def _is_first_or_last(paragraph: Element) -> bool:
    """Whether no paragraph with text stands before it, or none behind it, in its box."""
    before = (text_of(other) for other in paragraph.itersiblings("p", preceding=True))
    behind = (text_of(other) for other in paragraph.itersiblings("p"))
    return not any(before) or not any(behind)


def _is_in(root: Element, element: Element) -> bool:
    """Whether pruning left the element on the page."""
    *_, top = (element, *element.iterancestors())
    return top is root


def _is_byline(element: Element) -> bool:
    if not isinstance(element.tag, str) or element.tag in ("html", "body"):
        return False
    words = class_words(element)
    if words & _NOT_BYLINE_WORDS:
        return False
    return bool(words & _BYLINE_WORDS) or element.get("rel") == "author" or _leads_to_author(element)


def _leads_to_author(element: Element) -> bool:
    """Whether it is a link with a name to an author's page: "/autoren/jana-brook"."""
    address = element.get("href") if element.tag == "a" else None
    if address is None or len(address) > _MAX_ADDRESS or not _AUTHOR_ADDRESS.search(address):
        return False
    return _SIGNED.match(short_text(element, _MAX_PRINTED_CHARACTERS)) is not None


def _credit_text(element: Element) -> str:
    """The text of a byline element; "" for a sentence about the author."""
    text = short_text(element, _MAX_CREDIT_CHARACTERS)
    return "" if text[-1:] in tuple(".!?") and len(text.split()) > _SENTENCE_WORDS else text
