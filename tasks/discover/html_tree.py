"""An HTML page as a tree, for the two that look for links in one: listing_page.py and autodiscovery.py."""

from lxml.etree import ErrorTypes, ParserError, _Element, tostring
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from tasks.discover.markup import plain
from tasks.urls import absolute_url

_MAX_TEXT_CHARACTERS = 500


class TooDeepError(ValueError):
    """A page whose elements are nested deeper than the parser follows; what lies below is lost."""


def parse_html(text: str) -> HtmlElement | None:
    """The root element of a decoded page, None where no element came out; TooDeepError where the parser had to stop.

    libxml2 stops at 2,048 levels, which keeps its C stack safe; its usual limit of 256 cuts pages that never close
    their <font>. Text is encoded here, so that an XML declaration in the page cannot contradict it.
    """
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False, huge_tree=True)
    try:
        root = document_fromstring(text.replace("\0", "").encode("utf-8", "replace"), parser=parser)
    except ParserError:
        return None
    if any(entry.type == ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise TooDeepError("its elements are nested more than 2,048 deep")
    return root


def base_of(root: HtmlElement, url: str) -> str:
    """The address on which the page's relative links hang: that of its first <base href>, else its own."""
    declared = next((str(base.get("href")) for base in root.iter("base") if base.get("href")), "")
    return absolute_url(url, declared) or url


def text_of(element: _Element) -> str:
    """The text that a reader would see of an element, on one line of at most 500 characters."""
    markup = tostring(element, encoding="unicode", method="html", with_tail=False)
    return plain(markup, _MAX_TEXT_CHARACTERS) or ""


def title_of(root: HtmlElement) -> str:
    """The page's title, "" where it has none."""
    return next((text_of(title) for title in root.iter("title")), "")
