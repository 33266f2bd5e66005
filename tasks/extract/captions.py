"""What a page prints with its pictures: captions, and who made the main one."""

import re
from collections.abc import Iterable

from lxml.etree import _Element as Element

from tasks.extract.named import called
from tasks.extract.page import Said, Statements
from tasks.extract.structured import first
from tasks.extract.tree import class_words, lines_of, short_text, text_of
from tasks.extract.words import name_words

_CAPTION_WORDS = name_words(
    "caption captions imagecaption bildunterschrift bildtext legende copyright imagecredit photocredit"
)
_CREDIT = re.compile(
    r"(?:^|(?<=[\s(/|]))(?:(?:Image|Photo|Picture) source\s*[,:]|"
    r"(?:Bildquellen?|Bildrechte|Bildnachweis|Fotoquelle|Fotos?|Bild|Photos?|Image|Picture|"
    r"Crédits? photo|Crédits?|Credits?)(?:\s+(?:credit|by|von))?\s*[:：]|©|\(c\))\s*(?P<who>\S.{1,100})$",
    re.IGNORECASE,
)
_CREDIT_WORDS = name_words("credit credits copyright fotocredit imagecredit photocredit bildquelle bildnachweis source")
_SURE_CREDIT_WORDS = _CREDIT_WORDS - {"source", "copyright"}
_MAX_CREDIT_CHARACTERS = 80
# Names as they stand at the end of a caption: "Anna Muster / Bildwerk", "Bildwerk".
_NAMES = re.compile(r"^[A-ZÄÖÜÀ-Ý][\w.'’&-]*(?:\s*[/|,]?\s*[A-ZÄÖÜÀ-Ý][\w.'’&-]*){0,6}$")


def find_captions(page: Statements) -> list[str]:
    """The lines of picture captions and of elements that are called captions or credits; read before pruning."""
    named = called(page.named, _CAPTION_WORDS)
    parts = dict.fromkeys([*page.root.iter("figcaption"), *named])
    return [line for part in parts if part.tag not in ("html", "body") for line in lines_of(part) if len(line) > 1]


def find_image_credit(page: Statements, lines: Iterable[str] = ()) -> Said | None:
    """Who made the picture: JSON-LD, then a credit in the first figure, then a line like "Bildquelle: A / B"."""
    image = page.article.get("image")
    node = image[0] if isinstance(image, list) and image else image
    if isinstance(node, dict) and (text := first(node, "creditText", "copyrightNotice", "copyrightHolder", "creator")):
        return Said(credited(text) or text, "jsonld")
    for figure in page.root.iter("figure"):
        if text := _figure_credit(figure):
            return Said(text, "dom")
    if text := _named_credit(page):
        return Said(text, "dom")
    text = next((who for line in lines if (who := credited(line))), None)
    return Said(text, "text") if text else None


def credited(line: str) -> str | None:
    """The name behind "Foto:", "Bildquelle:", "©" in a line."""
    found = _CREDIT.search(line)
    if not found:
        return None
    who = found["who"].strip(" .")
    return who if "(" in who else who.rstrip(") .")


def _named_credit(page: Statements) -> str | None:
    """The credit in the first element behind the headline that is called one, figures apart."""
    if page.headline is None:
        return None
    elements = called(page.named, _SURE_CREDIT_WORDS)
    behind = (element for element in elements if _is_behind(page.headline, element))
    text = next((text for element in behind if (text := short_text(element, _MAX_CREDIT_CHARACTERS))), None)
    return (credited(text) or text) if text else None


def _is_behind(headline: Element, element: Element) -> bool:
    """Whether the element begins behind the end of the headline, on a page that was not changed since it was read."""
    mine = {holder: at for at, holder in enumerate([headline, *headline.iterancestors()])}
    before = None
    for holder in (element, *element.iterancestors()):
        if holder in mine:
            return before is not None and mine[holder] > 0 and _follows(headline, mine[holder], before)
        before = holder
    return False


def _follows(headline: Element, levels: int, other: Element) -> bool:
    """Whether `other` stands behind the part with the headline, both in the holder so many levels above it."""
    part = [headline, *headline.iterancestors()][levels - 1]
    return any(sibling is other for sibling in part.itersiblings())


def _figure_credit(figure: Element) -> str | None:
    """The credit printed in a figure: an element whose class says so, else the end of its caption."""
    for element in figure.iterdescendants():
        if isinstance(element.tag, str) and class_words(element) & _CREDIT_WORDS and (text := text_of(element)):
            return credited(text) or text
    for caption in figure.iter("figcaption"):
        if who := credited(text_of(caption)) or _closing_names(caption):
            return who
    return None


def _closing_names(caption: Element) -> str | None:
    """The names that the caption ends with in an element of their own, behind its words."""
    last = next(iter(caption.iterchildren("span", "small", "em", "cite", "i", reversed=True)), None)
    if last is None or (last.tail or "").strip():
        return None
    text = text_of(last)
    return text if _NAMES.match(text) and len(text) < len(text_of(caption)) else None
