"""The smaller statements: section, tags, language, canonical URL, paywall, image and its credit.

Everywhere JSON-LD goes before OpenGraph and OpenGraph before other meta tags, with these exceptions: the canonical URL
is the link element's, the picture's credit may be printed in a figure or below the text, and a language that the
words of the text contradict gives way to the one they are in.
"""

import re

from tasks.extract.page import Said, Statements
from tasks.extract.structured import Node, first, strings, types_of
from tasks.extract.words import word_set
from tasks.urls import absolute_url, host_key

_LANGUAGE = re.compile(r"^([a-z]{2})(?:[-_].*)?$", re.IGNORECASE)
_TRUE, _FALSE = frozenset({"true", "1", "yes"}), frozenset({"false", "0", "no"})
_MAX_TAGS = 30
_MAX_TAG_CHARACTERS = 60
# A text with a smaller share of common words says too little about its language.
_MIN_SHARE = 0.15
# Up to this many words a text is short: there it must have this many different common words, more than of any other
# language and so many times those of the claimed one. A title like "Die Another Day" says nothing.
_SHORT_WORDS = 40
_MIN_DIFFERENT = 3
_SURE_FACTOR = 3
_LETTERS = re.compile(r"[^\W\d_]+")
# The most frequent words of the languages whose articles we read most; they overrule a wrong lang attribute.
_COMMON_WORDS = {
    "de": word_set("der die das und ist nicht mit von den für auf im zu ein eine sich dem des"),
    "en": word_set("the of and to in that is for with on was as at by it from he"),
    "fr": word_set("le la les des et est dans pour une que qui sur du au par pas"),
    "it": word_set("il che di e la per una con del della sono non gli nel"),
    "es": word_set("el la los de que y en las por con una para del se"),
}
_LANGUAGES_OF = {
    word: tuple(code for code, common in _COMMON_WORDS.items() if word in common)
    for word in frozenset().union(*_COMMON_WORDS.values())
}
# Letters that one language alone is written in; a fifth of a text's beginning must be such letters.
_LETTERS_OF = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
}
_LETTER_SHARE = 0.2
_BEGINNING = 300
# So much of the text is looked at for its words.
_READ = 3000
# In a short text these tell as well; in a long one they would add nothing.
_MORE_WORDS = {
    "de": word_set("am um vom zum zur bei nach aus wird hat werden sind sein einen einem einer über wie auch als noch"),
    "en": word_set("a an after its has have will be are this but over into than more up says said their not"),
    "fr": word_set("un ce se son sa ses avec plus aux en ont été sont après mais leur cette d'un d'une selon entre"),
    "it": word_set("un i le lo dal dei delle alla al nella sul si è più anche dopo ha come"),
    "es": word_set("un al es su sus no más como tras lo ha sobre entre hasta desde este esta"),
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
    if written := _written_language(text[:_BEGINNING]):
        return Said(written, "text") if written != claimed.value else claimed
    words = text[:_READ].casefold().split()
    if len(words) <= _SHORT_WORDS:
        return _short_language(words, claimed)
    shares = dict.fromkeys(_COMMON_WORDS, 0)
    for word in words:
        for code in _LANGUAGES_OF.get(word, ()):
            shares[code] += 1
    spoken = max(shares, key=lambda code: shares[code])
    is_plain = shares[spoken] >= len(words) * _MIN_SHARE
    return Said(spoken, "text") if is_plain and shares[spoken] > 2 * shares.get(claimed.value, 0) else claimed


def _written_language(text: str) -> str | None:
    """The language that is known by its letters; None: the text has few letters but Latin and shared ones."""
    if text.isascii():
        return None
    return next(
        (code for code, own in _LETTERS_OF.items() if len(own.findall(text)) >= _LETTER_SHARE * len(text)), None
    )


def _short_language(words: list[str], claimed: Said) -> Said:
    """The language of a title with a sentence or two: another than claimed only where its words say so alone."""
    bare = {found[0] for word in words if (found := _LETTERS.search(word))}
    different = {code: len(bare & (common | _MORE_WORDS[code])) for code, common in _COMMON_WORDS.items()}
    spoken = max(different, key=lambda code: different[code])
    rival = max((count for code, count in different.items() if code != spoken), default=0)
    least = max(_MIN_DIFFERENT, rival + 1, _SURE_FACTOR * different.get(claimed.value, 0))
    is_plain = different[spoken] >= least
    return Said(spoken, "text") if is_plain and spoken != claimed.value else claimed


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
