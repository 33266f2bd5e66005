"""Title and kicker. The title is what most layers agree on; the visible headline decides where they don't.

An h1 gives the title without the kicker inside it; og:title, twitter:title and <title> lose the portal's name at
the end. JSON-LD often carries a headline written for search engines: it never outvotes h1 and og:title together.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from lxml.html import HtmlElement

from tasks.extract.datelines import split_dateline
from tasks.extract.page import Said, Statements, site_names, squeezed
from tasks.extract.structured import first, strings
from tasks.extract.tree import blocks_after, blocks_before, class_words, lines_of, text_of
from tasks.extract.words import word_set

# What one source's vote weighs: on 123 pages of the extraction corpus h1 and JSON-LD are right equally often (0.73),
# og:title slightly less (0.72); twitter:title repeats og:title, <title> is often shortened (0.24).
_WEIGHTS = {"h1": 1.1, "jsonld": 1.0, "opengraph": 1.0, "twitter": 0.3, "title": 0.6}
_LAYERS = {"h1": "dom", "jsonld": "jsonld", "opengraph": "opengraph", "twitter": "meta", "title": "meta"}
_KICKER_WORDS = word_set(
    "kicker overline dachzeile rubrik topline spitzmarke eyebrow overtitle pretitle superheadline roofline "
    "ueberzeile supertitle antetitulo surtitre topper headlineprefix titleprefix kickertext kick rubrique"
)
_SITE_BORDER = re.compile(r"\s+(?:[|–—*·•»-]|::)\s+")
_MAX_KICKER_CHARACTERS = 60
# Longer ones are no titles, and the search for their borders would cost.
_MAX_TITLE_CHARACTERS = 400
_MIN_TITLE_WORDS = 3
_SUBJECT_BORDER = re.compile(r"\s*:\s+|\s+[-–—]\s+")
# Letters that a headline must have to be recognised at the end of a longer title.
_MIN_ENDING = 15
# An element without a telling name is a kicker by its place alone, so it must look like one.
_KICKER_TAGS = ("a", "b", "div", "em", "font", "p", "small", "span", "strong")
_NO_KICKER_WORDS = word_set("breadcrumb breadcrumbs crumbs nav navigation date time author byline share logo badge")
_NO_KICKER = re.compile(r"[|/›»>\d@©]|^(?:von|by|par)\s|\bmin\b", re.IGNORECASE)
_MAX_KICKER_WORDS = 4
# How many blocks around the headline are searched for a kicker.
_NEAR = 6


def find_title(page: Statements, kicker: str | None) -> Said | None:
    """The title as printed, without portal name and kicker; None where no layer has one."""
    candidates = _candidates(page)
    printed = dict(candidates).get("h1", "")
    # A headline that repeats its kicker is meant so: "Rates: bank moves its forecast" below "Rates".
    if kicker and not printed.casefold().startswith(kicker.casefold()):
        candidates = [(source, _without_kicker(text, kicker)) for source, text in candidates]
    votes: dict[str, float] = {}
    for source, text in candidates:
        key = _headline_key(text, candidates)
        votes[key] = votes.get(key, 0.0) + _WEIGHTS[source]
    if not votes:
        return None
    winner = max(votes, key=lambda key: votes[key])
    alike = [(source, text) for source, text in candidates if squeezed(text) == winner]
    spelling = Counter(text for _, text in alike).most_common(1)[0][0]
    return Said(spelling, _LAYERS[next(source for source, text in alike if text == spelling)])


def _headline_key(text: str, candidates: list[tuple[str, str]]) -> str:
    """Key of the title that `text` votes for: of "Subject: Headline" the headline, where another layer has it alone."""
    keys = {squeezed(other) for _, other in candidates}
    endings = [squeezed(text[border.end() :]) for border in _SUBJECT_BORDER.finditer(text)]
    return next((key for key in endings if key in keys and len(key) >= _MIN_ENDING), squeezed(text))


def title_spellings(page: Statements) -> list[str]:
    """Every form in which the page gives its title: lines of the text that repeat one are not text."""
    names = ("og:title", "twitter:title", "title", "parsely-title", "sailthru.title", "dc.title")
    metas = [value for name in names for value in page.metas.get(name, ())]
    stated = [text for key in ("headline", "alternativeHeadline", "name") for text in strings(page.article.get(key))]
    printed = [text_of(h1) for h1 in page.root.iter("h1")]
    return [*metas, *stated, *printed, *(text for _, text in _candidates(page))]


def find_kicker(page: Statements) -> Said | None:
    """The line above the title that names its subject or section; a date printed behind it is cut off."""
    if page.headline is None:
        return None
    title = squeezed(text_of(page.headline))
    for element in _kicker_elements(page.headline):
        text, _ = split_dateline(text_of(element))
        text = text.rstrip(" :|–-")
        fits = 1 < len(text) <= _MAX_KICKER_CHARACTERS and "|" not in text
        if fits and squeezed(text) != title and squeezed(text) not in site_names(page):
            return Said(text, "dom")
    return _kicker_with_date(page.headline) or _unnamed_kicker(page)


def _candidates(page: Statements) -> list[tuple[str, str]]:
    """(source, title) of every layer, tails cut; the spelling of the first sources is preferred."""
    stated = [
        ("jsonld", first(page.article, "headline", "name")),
        ("opengraph", page.meta("og:title")),
        ("h1", _headline_text(page.headline) if page.headline is not None else None),
        ("twitter", page.meta("twitter:title", "parsely-title", "sailthru.title", "dc.title", "dcterms.title")),
        ("title", _title_element(page.root)),
    ]
    known = {squeezed(text) for source, text in stated if text and source in ("jsonld", "h1")}
    names = site_names(page)
    cut = [
        (source, _without_site(text, names, known) if source != "h1" else text)
        for source, text in stated
        if text and len(text) <= _MAX_TITLE_CHARACTERS
    ]
    return [(source, text) for source, text in cut if text and squeezed(text) not in names]


def _title_element(root: HtmlElement) -> str | None:
    title = root.find(".//title")
    return text_of(title) if title is not None else None


def _without_site(title: str, names: frozenset[str], known: set[str]) -> str:
    """The title without trailing segments that name the portal (or follow a title that another layer confirms)."""
    for border in _SITE_BORDER.finditer(title):
        if squeezed(title[: border.start()]) in known:
            return title[: border.start()]
    while borders := list(_SITE_BORDER.finditer(title)):
        last = borders[-1]
        tail = squeezed(title[last.end() :])
        # " | " parts nothing but a title from its site; a dash also belongs to titles, so there the name must be known.
        if tail not in names and not ("|" in last[0] and len(title[: last.start()].split()) >= _MIN_TITLE_WORDS):
            break
        title = title[: last.start()]
    return title


def _without_kicker(title: str, kicker: str) -> str:
    """The title without a kicker in front of it, where enough is left to be a title."""
    if not kicker or not title.casefold().startswith(kicker.casefold()):
        return title
    rest = title[len(kicker) :].lstrip(" :|–—-")
    return rest if len(rest.split()) > 1 else title


def _headline_text(headline: HtmlElement) -> str:
    """The text of the h1 without kicker elements inside it."""
    kickers = {element for element in headline.iterdescendants() if _is_kicker(element)}
    whole = text_of(headline)
    for element in kickers:
        whole = _without_kicker(whole, text_of(element))
    return whole


def _kicker_elements(headline: HtmlElement) -> Iterator[HtmlElement]:
    """Elements whose class calls them a kicker: in the h1, then in its neighbours, nearest first."""
    near = [headline, *islice(blocks_before(headline), _NEAR), *islice(blocks_after(headline), 2)]
    for block in near:
        around = [] if block is headline else [block, *islice(block.iterancestors(), 2)]
        for element in (*block.iterdescendants(), *around):
            if _is_kicker(element) and headline not in element.iterdescendants():
                yield element


def _is_kicker(element: HtmlElement) -> bool:
    return isinstance(element.tag, str) and bool(class_words(element) & _KICKER_WORDS)


def _kicker_with_date(headline: HtmlElement) -> Said | None:
    """The words of a line like "Mehrjahres-Hoch 24.09.2025 12:39:05" right above the title."""
    above = next((lines for block in blocks_before(headline) if (lines := lines_of(block))), [])
    if not above:
        return None
    words, date = split_dateline(above[-1])
    fits = 1 < len(words) <= _MAX_KICKER_CHARACTERS and words[-1] not in ".!?:" and ":" not in words
    return Said(words, "text") if date and fits else None


def _unnamed_kicker(page: Statements) -> Said | None:
    """A few words, or a marked part behind a date, in the one element right above the title and in its box."""
    above = next((element for element in _siblings_above(page.headline) if text_of(element)), None)
    if above is None or above.tag not in _KICKER_TAGS or class_words(above) & _NO_KICKER_WORDS or _has_links(above):
        return None
    parts = [part for part in above.iterdescendants() if part.tag in _KICKER_TAGS and text_of(part)]
    text = text_of(above)
    if split_dateline(text)[1]:
        text = text_of(parts[-1]) if parts else ""
    fits = 1 < len(text) <= _MAX_KICKER_CHARACTERS and len(text.split()) <= _MAX_KICKER_WORDS
    is_words = fits and text[-1] not in ".!?:" and not _NO_KICKER.search(text)
    return Said(text, "dom") if is_words and squeezed(text) not in site_names(page) else None


def _siblings_above(headline: HtmlElement | None) -> Iterator[HtmlElement]:
    """Elements in front of the headline in its box, nearest first; none where the box is the whole page."""
    around = headline.getparent() if headline is not None else None
    if headline is not None and around is not None and around.tag not in ("body", "main"):
        yield from headline.itersiblings(preceding=True)


def _has_links(element: HtmlElement) -> bool:
    """Whether several links stand in it: a path or tags."""
    return len(element.findall(".//a")) > 1
