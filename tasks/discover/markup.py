"""Plain text of the HTML snippets in feeds (titles, teasers). Not for pages: those are the extractor's business."""

import html
import re

from tasks.text import clean

# A tag has no "<" inside: a lone "<" then costs one step instead of a walk to the end of the text.
_TAG = re.compile(r"(</?[A-Za-z][^<>]*>)")
_TAG_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Tags that part no words: <b>Gewinn</b>warnung is one.
_INLINE = frozenset(
    {"a", "abbr", "b", "em", "font", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u", "wbr"}
)
_UNSHOWN = frozenset({"script", "style", "template", "noscript"})
_MAX_MARKUP_CHARACTERS = 50_000


def plain(markup: str, limit: int) -> str | None:
    """The text that a reader would see, on one line of at most `limit` characters; None when there is none.

    References are resolved once and only when they end in a semicolon, so that S&P and AT&T stay what they are.
    Of monstrous markup only the first 50,000 characters are read.
    """
    text = markup[:_MAX_MARKUP_CHARACTERS]
    if "<" in text:
        text = _without_tags(text)
    if "&" in text:
        text = _REFERENCE.sub(lambda reference: html.unescape(reference[0]), text)
    text = clean(text)
    if len(text) > limit:
        text = text[: limit - 1].rstrip() + "…"
    return text or None


def _without_tags(markup: str) -> str:
    """The text between the tags; tags of blocks become a blank, what a browser never shows goes."""
    outside, *comments = markup.split("<!--")
    kept: list[str] = []
    unshown = ""
    for piece in _TAG.split(outside + "".join(comment.partition("-->")[2] for comment in comments)):
        name = _TAG_NAME.match(piece)
        tag = name[1].lower() if name and piece.endswith(">") else ""
        if unshown:
            unshown = "" if tag == unshown and piece.startswith("</") else unshown
        elif tag in _UNSHOWN and not piece.startswith("</"):
            unshown = tag
        elif not tag:
            kept.append(piece)
        elif tag not in _INLINE:
            kept.append(" ")
    return "".join(kept)
