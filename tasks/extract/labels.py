"""The smaller statements: section, tags, language, canonical URL, paywall, image and its credit.

Everywhere JSON-LD goes before OpenGraph and OpenGraph before other meta tags, with these exceptions: the canonical URL
is the link element's, the picture's credit may be printed in a figure or below the text, and a language that the
words of the text contradict gives way to the one they are in.
"""

import re
from collections.abc import Iterable

from lxml.html import HtmlElement

from tasks.extract.page import Said, Statements
from tasks.extract.structured import Node, first, strings, types_of
from tasks.extract.tree import class_words, short_text, text_of
from tasks.extract.words import word_set, words_of
from tasks.urls import absolute_url, host_key

_LANGUAGE = re.compile(r"^([a-z]{2})(?:[-_].*)?$", re.IGNORECASE)
_CREDIT = re.compile(
    r"(?:^|(?<=[\s(/|]))(?:(?:Image|Photo|Picture) source\s*[,:]|"
    r"(?:Bildquellen?|Bildrechte|Bildnachweis|Fotoquelle|Fotos?|Bild|Photos?|Image|Picture|"
    r"Crédits? photo|Crédits?|Credits?)(?:\s+(?:credit|by|von))?\s*[:：]|©|\(c\))\s*(?P<who>\S.{1,100})$",
    re.IGNORECASE,
)
_CREDIT_WORDS = word_set("credit credits copyright fotocredit imagecredit photocredit bildquelle bildnachweis source")
_SURE_CREDIT_WORDS = _CREDIT_WORDS - {"source", "copyright"}
_MAX_CREDIT_CHARACTERS = 80
# Names as they stand at the end of a caption: "Anna Muster / Bildwerk", "Bildwerk".
_NAMES = re.compile(r"^[A-ZÄÖÜÀ-Ý][\w.'’&-]*(?:\s*[/|,]?\s*[A-ZÄÖÜÀ-Ý][\w.'’&-]*){0,6}$")
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})
_MAX_TAGS = 30
_MAX_TAG_CHARACTERS = 60
# A text shorter than this, or with a smaller share of common words, says too little about its language.
_MIN_WORDS = 40
_MIN_SHARE = 0.15
# The most frequent words of the languages whose articles we read most; they overrule a wrong lang attribute.
_COMMON_WORDS = {
    "de": word_set("der die das und ist nicht mit von den für auf im zu ein eine sich dem des"),
    "en": word_set("the of and to in that is for with on was as at by it from he"),
    "fr": word_set("le la les des et est dans pour une que qui sur du au par pas"),
    "it": word_set("il che di e la per una con del della sono non gli nel"),
    "es": word_set("el la los de que y en las por con una para del se"),
}


def find_section(page: Statements) -> Said | None:
    """The portal's section as it names it."""
    if text := first(page.article, "articleSection"):
        return Said(text, "jsonld")
    if text := page.meta("article:section", "og:section"):
        return Said(text, "opengraph")
    text = page.meta(
        "parsely-section", "cxenseparse:section", "section", "category", "sailthru.vertical", "dcterms.subject"
    )
    return Said(text, "meta") if text else None


def find_tags(page: Statements) -> tuple[tuple[str, ...], str]:
    """Keywords in the page's order and the layer; a single string is split at its commas."""
    layers = (
        ("jsonld", strings(page.article.get("keywords"))),
        ("opengraph", list(page.metas.get("article:tag", ()))),
        ("meta", list(page.metas.get("news_keywords", ()) or page.metas.get("keywords", ()))),
    )
    for layer, texts in layers:
        parts = [part.strip() for text in texts for part in re.split(r"[,;]", text)]
        if tags := tuple(dict.fromkeys(part for part in parts if 1 < len(part) <= _MAX_TAG_CHARACTERS)):
            return tags[:_MAX_TAGS], layer
    return (), ""


def find_language(page: Statements, text: str) -> Said:
    """ISO 639-1 code: what the page says, unless the words of the text plainly belong to another language."""
    claimed = next(iter(_claimed_languages(page)), Said(page.profile.language, "source"))
    words = text.casefold().split()[:600]
    shares = {code: sum(word in common for word in words) for code, common in _COMMON_WORDS.items()}
    spoken = max(shares, key=lambda code: shares[code])
    is_plain = len(words) > _MIN_WORDS and shares[spoken] >= len(words) * _MIN_SHARE
    return Said(spoken, "text") if is_plain and shares[spoken] > 2 * shares.get(claimed.value, 0) else claimed


def find_canonical(page: Statements) -> Said | None:
    """The absolute canonical address, where it stays on the page's own host."""
    link = next(
        (tag.get("href") for tag in page.root.iter("link") if (tag.get("rel") or "").lower() == "canonical"), None
    )
    for raw, layer in ((link, "dom"), (page.meta("og:url"), "opengraph")):
        address = absolute_url(page.url, raw) if raw else None
        if address and _site(address) == _site(page.url):
            return Said(address, layer)
    return None


def find_paywall(page: Statements) -> tuple[bool | None, str]:
    """Whether the page says that it must be paid for; None where it says nothing."""
    claims = [claim for node in (page.article, *page.nodes) for claim in _free_claims(node)]
    if claims:
        return not claims[0], "jsonld"
    tier = (page.meta("article:content_tier") or "").lower()
    return {"free": False, "locked": True}.get(tier), "opengraph"


def find_image(page: Statements) -> Said | None:
    """The absolute address of the article's main picture."""
    image = page.article.get("image")
    node = image[0] if isinstance(image, list) and image else image
    stated = first(node, "url", "contentUrl", "@id") if isinstance(node, dict) else next(iter(strings(node)), None)
    for raw, layer in (
        (stated, "jsonld"),
        (page.meta("og:image", "og:image:url"), "opengraph"),
        (page.meta("twitter:image"), "meta"),
    ):
        if raw and (address := absolute_url(page.url, raw)):
            return Said(address, layer)
    return None


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
    for element in page.headline.xpath("following::*[@class]"):
        if words_of(element.get("class")) & _SURE_CREDIT_WORDS and (
            text := short_text(element, _MAX_CREDIT_CHARACTERS)
        ):
            return credited(text) or text
    return None


def _figure_credit(figure: HtmlElement) -> str | None:
    """The credit printed in a figure: an element whose class says so, else the end of its caption."""
    for element in figure.iterdescendants():
        if isinstance(element.tag, str) and class_words(element) & _CREDIT_WORDS and (text := text_of(element)):
            return credited(text) or text
    for caption in figure.iter("figcaption"):
        if who := credited(text_of(caption)) or _closing_names(caption):
            return who
    return None


def _closing_names(caption: HtmlElement) -> str | None:
    """The names that the caption ends with in an element of their own, behind its words."""
    last = next(iter(caption.iterchildren("span", "small", "em", "cite", "i", reversed=True)), None)
    if last is None or (last.tail or "").strip():
        return None
    text = text_of(last)
    return text if _NAMES.match(text) and len(text) < len(text_of(caption)) else None


def _claimed_languages(page: Statements) -> list[Said]:
    """What the layers claim, most reliable first, as two-letter codes."""
    root_language = (
        page.root.get("lang")
        or page.root.get("{http://www.w3.org/XML/1998/namespace}lang")
        or page.root.get("xml:lang")
    )
    claims = (
        (first(page.article, "inLanguage"), "jsonld"),
        (root_language, "dom"),
        (page.meta("og:locale"), "opengraph"),
        (page.meta("content-language", "language", "dc.language"), "meta"),
    )
    return [
        Said(found[1].lower(), layer) for text, layer in claims if text and (found := _LANGUAGE.match(text.strip()))
    ]


def _free_claims(node: Node) -> list[bool]:
    """IsAccessibleForFree of a node that is an article, a page or a part of one, in its many spellings."""
    claims = [node.get("isAccessibleForFree")] if not types_of(node) & {"newsmediaorganization", "organization"} else []
    words = [str(claim).rsplit("/", 1)[-1].strip().lower() for claim in claims if claim is not None]
    return [word in _TRUE for word in words if word in _TRUE | _FALSE]


def _site(url: str) -> str:
    """The host without www and without its port."""
    return host_key(url).rsplit(":", 1)[0].removeprefix("www.")
