"""Parts of a page that can't be its article, taken out of the tree before the body is looked for.

By tag, by class words, by role and by hidden state, and what stands beside the headline's column; nothing that holds
the headline or a good part of the page's paragraphs is ever taken, whatever it is called.
"""

from collections.abc import Iterator

from lxml.etree import XPath
from lxml.etree import _Element as Element

from tasks.extract.named import Named
from tasks.extract.tables import flatten_layout_tables
from tasks.extract.tree import class_words, drop
from tasks.extract.words import name_words, word_set

_TAGS = (
    "script", "style", "noscript", "template", "nav", "svg", "iframe", "button", "form", "dialog", "select", "footer",
    "figcaption",
)  # fmt: skip
# Words that name a part of a page on their own. Pairs of neighbouring words are in the set too ("read" + "more").
_BOX_WORDS = name_words(
    # what else there is to read
    "related relatedarticles relatedcontent recommended recommendation recommendations recommender readmore readalso "
    "readnext morelinks mostread mostpopular trending teaser teasers teaserbox teaserlist outbrain taboola plista "
    # what stands beside the text
    "infobox factbox faktenbox infokasten pullquote "
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
_SURE_WORDS = name_words(
    "newsletter newsletterbox cookie cookies consent cmp gdpr disclaimer imprint relatedarticles relatedcontent "
    "readalso mostread mostpopular outbrain taboola commentlist authorbox authorbio authorcard "
    "twittertweet instagrammedia tiktokembed"
)
# What readers write may be more than the article.
_COMMENT_WORDS = name_words(
    "comments commentlist commentsection commentslist commentsarea commentarea commentthread disqus disqusthread "
    "kommentare kommentarliste kommentarbereich leserkommentare commentaires"
)
_BOX_ROLES = word_set("dialog alertdialog navigation search contentinfo complementary menu toolbar")
_SIGN_UP_FIELDS = ("email", "text", "search", "tel")
_FRAME_TAGS = frozenset({"html", "head", "body", "main"})
# Share of the page's paragraph text that a part may hold and still be taken for a box.
_MAX_SHARE = 0.25
_MAX_COMMENT_SHARE = 0.85
# A box of a sure name may hold this many characters, however short the page is.
_SURE_CHARACTERS = 600
# Old portals put the whole page into one form; a form with this much text is none.
_MAX_FORM_CHARACTERS = 500
_MAX_LABEL_CHARACTERS = 300
_MIN_LINK_CHARACTERS = 15
_HIDDEN = XPath("//@hidden | //@aria-hidden | //@role | //@style")


def prune(root: Element, headline: Element | None, named: tuple[Named, ...]) -> None:
    """Remove what can't be the article from the tree, in place; `named` are its elements with telling names."""
    keep = {headline, *headline.iterancestors()} if headline is not None else set()
    if headline is not None:
        flatten_layout_tables(headline)
    for element in list(root.iter(*_TAGS)):
        if element not in keep and not (element.tag == "form" and _paragraph_length(element) > _MAX_FORM_CHARACTERS):
            drop(element)
    lengths = _paragraph_lengths(root)
    limit = _MAX_SHARE * lengths.get(root, 0)
    # What the headline's own surroundings are called says nothing about boxes: "teaser" may be the article's header.
    own_words = frozenset(word for element in keep for word in class_words(element))
    sure, names = _SURE_WORDS - own_words, (_BOX_WORDS | _SURE_WORDS) - own_words
    boxes = [one for one in named if one.element.tag not in _FRAME_TAGS and one.element not in keep]
    comments = [box for box, words in boxes if words & (_COMMENT_WORDS - own_words)]
    _drop_small(comments, lengths, _MAX_COMMENT_SHARE * lengths.get(root, 0))
    _drop_small([box for box, words in boxes if words & sure], lengths, max(limit, _SURE_CHARACTERS))
    hidden = [element for element in _hidden(root) if element.tag not in _FRAME_TAGS and element not in keep]
    _drop_small([*_sign_ups(root, keep), *(box for box, words in boxes if words & names), *hidden], lengths, limit)


def prune_links(root: Element, headline: Element | None) -> None:
    """Remove the lines that are nothing but links, for body finders that don't look at links; in place."""
    keep = {headline, *headline.iterancestors()} if headline is not None else set()
    lines = root.iter("p", "li", "h2", "h3", "h4", "h5")
    lengths = _paragraph_lengths(root)
    links = [line for line in lines if line not in keep and _is_link(line)]
    _drop_small(links, lengths, _MAX_SHARE * lengths.get(root, 0))


def _sign_ups(root: Element, keep: set[Element]) -> Iterator[Element]:
    """The boxes around input fields: a newsletter to subscribe to, a search."""
    for field in root.iter("input"):
        if (field.get("type") or "text").lower() in _SIGN_UP_FIELDS:
            box = next(field.iterancestors("div", "section", "aside", "td"), None)
            if box is not None and box not in keep:
                yield box


def _drop_small(boxes: list[Element], lengths: dict[Element, int], limit: float) -> None:
    """Drop the boxes of each class whose paragraphs come to less than `limit` characters in sum.

    In sum, because a class like "paywall" may sit on every paragraph of the text. A long paragraph is never a box.
    """
    measured = [(box, lengths.get(box, 0)) for box in boxes]
    sums: dict[str, int] = {}
    for box, length in measured:
        sums[box.get("class", "")] = sums.get(box.get("class", ""), 0) + length
    for box, length in measured:
        all_ = length if length and _leads_elsewhere(box) else sums[box.get("class", "")]
        if all_ <= limit and not (box.tag == "p" and length > _MAX_LABEL_CHARACTERS):
            drop(box)


def _paragraph_lengths(root: Element) -> dict[Element, int]:
    """Characters inside <p> under each element that holds some; a paragraph's own for itself."""
    lengths: dict[Element, int] = {}
    for paragraph in root.iter("p"):
        length = len("".join(paragraph.itertext()))
        for element in (paragraph, *paragraph.iterancestors()):
            lengths[element] = lengths.get(element, 0) + length
    return lengths


def _leads_elsewhere(box: Element) -> bool:
    """Whether the box has a heading that is a link: another article's."""
    heading = next(box.iter("h2", "h3", "h4", "h5", "h6"), None)
    if heading is None:
        return False
    return heading.find(".//a") is not None or next(heading.iterancestors("a"), None) is not None


def _is_link(line: Element) -> bool:
    """Whether the line is nothing but links: pointers to other articles, tools."""
    links = list(line.iter("a"))
    if not links:
        return False
    linked = "".join("".join(link.itertext()) for link in links)
    letters = sum(map(str.isalnum, "".join(line.itertext())))
    return len(linked.strip()) >= _MIN_LINK_CHARACTERS and sum(map(str.isalnum, linked)) == letters


def _hidden(root: Element) -> list[Element]:
    """The elements that attributes hide or give the role of a box."""
    return [element for element in dict.fromkeys(value.getparent() for value in _HIDDEN(root)) if _is_hidden(element)]


def _is_hidden(element: Element) -> bool:
    """Whether attributes hide the element or give it the role of a box."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return element.tag != "p"
    if "display:none" in (element.get("style") or "").replace(" ", "").lower():
        return True
    return (element.get("role") or "").lower() in _BOX_ROLES


def _paragraph_length(element: Element) -> int:
    """Characters inside <p> under the element."""
    return sum(len("".join(paragraph.itertext())) for paragraph in element.iter("p"))
