"""Parts of a page that can't be its article, taken out of the tree before the body is looked for.

By tag, by class words, by role and by hidden state, and what stands beside the headline's column; nothing that holds
the headline or a good part of the page's paragraphs is ever taken, whatever it is called.
"""

from collections.abc import Iterator
from functools import lru_cache

from lxml.html import HtmlElement

from tasks.extract.tables import flatten_layout_tables
from tasks.extract.tree import class_words, drop, names_of
from tasks.extract.words import word_set, words_of

_TAGS = (
    "script", "style", "noscript", "template", "nav", "svg", "iframe", "button", "form", "dialog", "select", "footer",
    "figcaption",
)  # fmt: skip
# Words that name a part of a page on their own. Pairs of neighbouring words are in the set too ("read" + "more").
_BOX_WORDS = word_set(
    # what else there is to read
    "related relatedarticles relatedcontent recommended recommendation recommendations recommender readmore readalso "
    "readnext morelinks mostread mostpopular trending teaser teasers teaserbox teaserlist outbrain taboola plista "
    "linklist linkbox furtherreading alsoread seealso morefrom moreon nextarticle articlelist "
    # advertising and subscriptions
    "advertisement advertising advert adslot adcontainer adwrapper adbox anzeige werbung sponsored promo promotion "
    "promobox newsletter newsletterbox subscribe subscription abobox affiliate "
    # sharing, comments, navigation
    "share sharing sharebar socialshare socialbar socialmedia socials comments commentlist commentsection disqus "
    "breadcrumb breadcrumbs breadcrumbnav crumbs pagination toolbar navigation navbar sidebar footer foot tags taglist "
    "tagcloud keywords "
    # players, pictures' captions
    "audioplayer videoplayer playlist gallery slideshow lightbox caption captions "
    "imagecaption bildunterschrift copyright imagecredit photocredit "
    # the author's and the portal's self-description
    "authorbox authorbio aboutauthor authorinfo authorcard disclaimer imprint screenreader visuallyhidden sronly"
)
# Words that are never put on the text itself: such a box goes from a short page, too, where it holds most of the text.
_SURE_WORDS = word_set(
    "newsletter newsletterbox cookie cookies consent cmp gdpr disclaimer imprint relatedarticles relatedcontent "
    "readalso mostread mostpopular outbrain taboola commentlist authorbox authorbio authorcard"
)
_BOX_ROLES = word_set("dialog alertdialog navigation search contentinfo complementary menu toolbar")
_SIGN_UP_FIELDS = ("email", "text", "search", "tel")
_FRAME_TAGS = frozenset({"html", "head", "body", "main"})
# Share of the page's paragraph text that a part may hold and still be taken for a box.
_MAX_SHARE = 0.25
# A box of a sure name may hold this many characters, however short the page is.
_SURE_CHARACTERS = 600
# Old portals put the whole page into one form; a form with this much text is none.
_MAX_FORM_CHARACTERS = 500
_MAX_LABEL_CHARACTERS = 300
_MIN_LINK_CHARACTERS = 15
_NAMED = "//*[@class or @id or @hidden or @style or @aria-hidden or @role or @data-testid or @data-component]"


def prune(root: HtmlElement, headline: HtmlElement | None) -> None:
    """Remove what can't be the article from the tree, in place."""
    keep = {headline, *headline.iterancestors()} if headline is not None else set()
    if headline is not None:
        flatten_layout_tables(headline)
    for element in list(root.iter(*_TAGS)):
        if element not in keep and not (element.tag == "form" and _paragraph_length(element) > _MAX_FORM_CHARACTERS):
            drop(element)
    limit = _MAX_SHARE * _paragraph_length(root)
    # What the headline's own surroundings are called says nothing about boxes: "teaser" may be the article's header.
    own_words = frozenset(word for element in keep for word in class_words(element))
    named = [
        (element, _box_words(names_of(element)) - own_words)
        for element in root.xpath(_NAMED)
        if element.tag not in _FRAME_TAGS and element not in keep
    ]
    _drop_small([box for box, words in named if words & _SURE_WORDS], max(limit, _SURE_CHARACTERS))
    _drop_small([*_sign_ups(root, keep), *(box for box, words in named if words or _is_hidden(box))], limit)
    lines = root.iter("p", "li", "h2", "h3", "h4", "h5")
    _drop_small([line for line in lines if line not in keep and _is_link(line)], limit)


def _sign_ups(root: HtmlElement, keep: set[HtmlElement]) -> Iterator[HtmlElement]:
    """The boxes around input fields: a newsletter to subscribe to, a search."""
    for field in root.iter("input"):
        if (field.get("type") or "text").lower() in _SIGN_UP_FIELDS:
            box = next(field.iterancestors("div", "section", "aside", "td"), None)
            if box is not None and box not in keep:
                yield box


def _drop_small(boxes: list[HtmlElement], limit: float) -> None:
    """Drop the boxes of each class whose paragraphs come to less than `limit` characters in sum.

    In sum, because a class like "paywall" may sit on every paragraph of the text. A long paragraph is never a box.
    """
    lengths: dict[str, int] = {}
    for box in boxes:
        lengths[box.get("class", "")] = lengths.get(box.get("class", ""), 0) + _paragraph_length(box)
    for box in boxes:
        if lengths[box.get("class", "")] <= limit and not (
            box.tag == "p" and _paragraph_length(box) > _MAX_LABEL_CHARACTERS
        ):
            drop(box)


def _is_link(line: HtmlElement) -> bool:
    """Whether the line is nothing but links: pointers to other articles, tools."""
    links = line.findall(".//a")
    if not links:
        return False
    linked = "".join("".join(link.itertext()) for link in links)
    letters = sum(map(str.isalnum, "".join(line.itertext())))
    return len(linked.strip()) >= _MIN_LINK_CHARACTERS and sum(map(str.isalnum, linked)) == letters


def _is_hidden(element: HtmlElement) -> bool:
    """Whether attributes hide the element or give it the role of a box."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return element.tag != "p"
    if "display:none" in (element.get("style") or "").replace(" ", "").lower():
        return True
    return (element.get("role") or "").lower() in _BOX_ROLES


@lru_cache(maxsize=4096)
def _box_words(names: str) -> frozenset[str]:
    return words_of(names) & (_BOX_WORDS | _SURE_WORDS)


def _paragraph_length(element: HtmlElement) -> int:
    """Characters inside <p> under the element."""
    return sum(len("".join(paragraph.itertext())) for paragraph in element.iter("p"))
