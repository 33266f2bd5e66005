"""Parts of a page that can't be its article, taken out of the tree before the body is looked for.

By tag, by class words and by hidden state; nothing that holds the headline or a good part of the page's
paragraphs is ever taken, whatever it is called.
"""

from functools import lru_cache

from lxml.html import HtmlElement

from tasks.extract.tree import CLASS_ATTRIBUTES
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
    "breadcrumb breadcrumbs breadcrumbnav pagination toolbar navigation navbar sidebar footer tags taglist "
    "tagcloud keywords "
    # consent, players, pictures' captions
    "cookie cookies consent cmp gdpr audioplayer videoplayer playlist gallery slideshow lightbox caption captions "
    "imagecaption bildunterschrift copyright imagecredit photocredit "
    # the author's and the portal's self-description
    "authorbox authorbio aboutauthor authorinfo authorcard disclaimer imprint screenreader visuallyhidden sronly"
)
_FRAME_TAGS = frozenset({"html", "head", "body", "main"})
# Share of the page's paragraph text that a part may hold and still be taken for a box.
_MAX_SHARE = 0.25
# Old portals put the whole page into one form; a form with this much text is none.
_MAX_FORM_CHARACTERS = 500
_MAX_LABEL_CHARACTERS = 300
_MIN_LINK_CHARACTERS = 15


def prune(root: HtmlElement, headline: HtmlElement | None) -> None:
    """Remove what can't be the article from the tree, in place."""
    keep = {headline, *headline.iterancestors()} if headline is not None else set()
    for element in list(root.iter(*_TAGS)):
        if element not in keep and not (element.tag == "form" and _paragraph_length(element) > _MAX_FORM_CHARACTERS):
            _drop(element)
    limit = _MAX_SHARE * _paragraph_length(root)
    named = root.xpath("//*[@class or @id or @hidden or @style or @aria-hidden]")
    boxes = [
        element for element in named if element.tag not in _FRAME_TAGS and element not in keep and _is_box(element)
    ]
    _drop_small(boxes, limit)
    _drop_small(
        [line for line in root.iter("p", "li", "h2", "h3", "h4", "h5") if line not in keep and _is_link(line)], limit
    )


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
            _drop(box)


def _is_link(line: HtmlElement) -> bool:
    """Whether the line is nothing but one link: a pointer to another article."""
    links = line.findall(".//a")
    if len(links) != 1:
        return False
    text = "".join(line.itertext()).strip()
    return len(text) >= _MIN_LINK_CHARACTERS and "".join(links[0].itertext()).strip() == text


def _is_box(element: HtmlElement) -> bool:
    """Whether attributes name the element a box or hide it."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return element.tag != "p"
    if "display:none" in (element.get("style") or "").replace(" ", "").lower():
        return True
    return _names_a_box(" ".join(element.get(name, "") for name in CLASS_ATTRIBUTES))


@lru_cache(maxsize=4096)
def _names_a_box(names: str) -> bool:
    return bool(words_of(names) & _BOX_WORDS)


def _paragraph_length(element: HtmlElement) -> int:
    """Characters inside <p> under the element."""
    return sum(len("".join(paragraph.itertext())) for paragraph in element.iter("p"))


def _drop(element: HtmlElement) -> None:
    """Take the element out and leave the text behind it in place."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail and element.tail.strip():
        previous = element.getprevious()
        if previous is not None:
            previous.tail = f"{previous.tail or ''} {element.tail}"
        else:
            parent.text = f"{parent.text or ''} {element.tail}"
    parent.remove(element)
