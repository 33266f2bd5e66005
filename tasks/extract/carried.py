"""The text that an empty page carries in its scripts, for the framework that would draw it: JSON states of any make.

Only values under names that mean an article's body are taken. Nothing is run.
"""

import json
import re
from collections.abc import Iterator

from lxml.etree import ParserError
from lxml.etree import _Element as Element
from lxml.html import fragment_fromstring

from tasks.extract.tree import text_of

_STRING = r'"(?:[^"\\]|\\.)*"'
_BODY = re.compile(
    r'"(articleBody|articleHtml|articleText|bodyHtml|bodyText|contentHtml|htmlContent|storyHtml|body|content)"\s*:\s*'
    rf"({_STRING})"
)
# Names that other things than articles have, too: only paragraphs count there.
_LOOSE_NAMES = ("body", "content")
# React's wire format: pieces of one stream, in which "$24" stands for the text in row 24, given with its size in bytes.
_PIECE = re.compile(rf"__next_f\.push\(\[1,\s*({_STRING})\]\)")
_REFERENCE = re.compile(r"\$([0-9a-f]+)")
# Shorter values are teasers, labels and settings.
_MIN_CHARACTERS = 300


def fill(root: Element) -> bool:
    """Put the text that the page carries into its tree, as a script would; False: it carries none."""
    body = root.find(".//body")
    article = next(_bodies(root), None)
    if body is None or article is None:
        return False
    body.append(article)
    return True


def _bodies(root: Element) -> Iterator[Element]:
    """Elements made of the values that are long enough to be a text, in the page's order."""
    scripts = [script.text for script in root.iter("script") if script.text]
    stream = "".join(text for script in scripts for found in _PIECE.finditer(script) if (text := _loaded(found[1])))
    for state in (*scripts, stream):
        for found in _BODY.finditer(state):
            markup = _row(stream, _loaded(found[2]))
            article = _element(markup) if found[1] not in _LOOSE_NAMES or "<p" in markup else None
            if article is not None and len(text_of(article)) >= _MIN_CHARACTERS:
                yield article


def _loaded(string: str) -> str:
    """The value of a JSON string; "" where it is none."""
    try:
        return str(json.loads(string, strict=False))
    except ValueError:
        return ""


def _row(stream: str, value: str) -> str:
    """The text that the value refers to, else the value."""
    reference = _REFERENCE.fullmatch(value)
    row = re.search(rf"(?<![0-9a-f]){reference[1]}:T([0-9a-f]+),", stream) if reference else None
    if row is None:
        return value
    return stream[row.end() :].encode("utf-8", "replace")[: int(row[1], 16)].decode("utf-8", "ignore")


def _element(markup: str) -> Element | None:
    """The value as an article element; plain lines become paragraphs."""
    if len(markup) < _MIN_CHARACTERS:
        return None
    if "<" not in markup:
        markup = "".join(f"<p>{line}</p>" for line in markup.splitlines())
    try:
        return fragment_fromstring(markup.replace("\0", ""), create_parent="article")
    except ParserError:
        return None
