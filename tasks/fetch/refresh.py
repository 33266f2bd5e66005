"""Pages that only lead on: the meta refresh of a small page. Pure; scripts that do the same are not run."""

import re
from collections.abc import Iterator
from typing import cast
from urllib.parse import urldefrag

from lxml import etree
from lxml.etree import _Element

from tasks.model import Response
from tasks.text import decode, inflate
from tasks.urls import absolute_url

# A page that only leads on is small; what is larger is an article that reloads itself.
MOST_BYTES = 32 * 1024
MOST_INFLATED_BYTES = 64 * 1024
LONGEST_DELAY_S = 30
# "5; url=/a", as browsers read it (HTML standard, 4.2.4.4): the separator and the name may be missing or quoted.
_CONTENT = re.compile(r"\s*(\d{1,9})(?:\.[\d.]*)?\s*(?:[;,]\s*+|\s++)(?:url\s*=\s*)?+(.+)", re.IGNORECASE | re.DOTALL)
# What only browsers without scripts follow leads to the notice that they should have some.
_NOT_FOR_US = frozenset({"noscript", "template", "svg"})


def refresh_target(answer: Response) -> str | None:
    """The address that a small page leads on to within 30 s; None: it does not, or only to itself."""
    if len(answer.body) >= MOST_BYTES:
        return None
    body = inflate(answer.body, answer.headers.get("content-encoding"), MOST_INFLATED_BYTES)
    if not isinstance(body, bytes):
        return None
    text = decode(body, answer.charset)
    if "http-equiv" not in text.lower():
        return None
    return _leads_to(text, answer)


def _leads_to(text: str, answer: Response) -> str | None:
    """Where the first refresh of the page leads that leads anywhere."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True)
    tree = cast("_Element | None", etree.fromstring(text.encode("utf-8", "replace"), parser))
    if tree is None:
        return None
    base = next((href for element in tree.iter("base") if (href := element.get("href"))), "")
    start = absolute_url(answer.final_url, base) or answer.final_url
    for content in _refreshes(tree):
        target = _target(content, start)
        if target and urldefrag(target).url not in (urldefrag(answer.final_url).url, urldefrag(answer.url).url):
            return target
    return None


def _refreshes(tree: _Element) -> Iterator[str]:
    for element in tree.iter("meta"):
        is_refresh = (element.get("http-equiv") or "").strip().lower() == "refresh"
        if is_refresh and not any(parent.tag in _NOT_FOR_US for parent in element.iterancestors()):
            yield element.get("content") or ""


def _target(content: str, base: str) -> str | None:
    """The address in the content of a refresh; None: it waits too long, or names none."""
    found = _CONTENT.match(content)
    if not found or int(found[1]) > LONGEST_DELAY_S:
        return None
    link = found[2].strip()
    quote = link[:1]
    if quote in ("'", '"'):
        link = link[1:].partition(quote)[0]
    return absolute_url(base, link)
