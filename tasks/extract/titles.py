"""Title and kicker. The title is og:title, which newsrooms write to be passed on; without it the layers vote.

On 51 of 123 pages of the extraction corpus the layers differ. og:title alone is right on 0.86 of the pages, JSON-LD's
headline on 0.84, h1 on 0.76, <title> on 0.69; against h1 and JSON-LD together og:title is right on 10 of 17. JSON-LD
and <title> are often written for search engines, an h1 for a reader who sees picture and section beside it. So:

- og:title, twitter:title, JSON-LD and <title> lose the portal's name at the end, an h1 the kicker inside it.
- og:title does not count where it is cut short or shares no word with anything else that the page says of itself.
- "Subject: Headline" is the headline where the rival, JSON-LD or else h1, has it alone; the same words in front of
  JSON-LD's headline and og:title belong to the title, also where the page prints them as a kicker.
- Without og:title: h1 and JSON-LD with a vote each, then <title>, then twitter:title.
- The title is spelt as most layers spell it, quotation marks and dashes as they came; a tie goes to og:title.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from lxml.etree import _Element as Element

from tasks.extract.datelines import split_dateline
from tasks.extract.page import Said, Statements, site_names, squeezed
from tasks.extract.structured import first, strings
from tasks.extract.tree import class_words, text_of
from tasks.extract.words import name_words

# What one source's vote weighs where og:title is missing or not believed; h1 decides a tie, being what is seen.
_WEIGHTS = {"h1": 1.1, "jsonld": 1.0, "opengraph": 1.0, "twitter": 0.3, "title": 0.6}
_LAYERS = {"h1": "dom", "jsonld": "jsonld", "opengraph": "opengraph", "twitter": "meta", "title": "meta"}
_KICKER_WORDS = name_words(
    "kicker overline dachzeile rubrik topline spitzmarke eyebrow overtitle pretitle superheadline roofline "
    "ueberzeile supertitle antetitulo surtitre topper headlineprefix titleprefix kickertext kick rubrique"
)
_SITE_BORDER = re.compile(r"\s+(?:[|–—*·•»-]|::)\s+|\s*[｜ㅣ│：]\s*")
# Behind a headline that another layer confirms a sign is a border without blanks, too.
_CONFIRMED_BORDER = re.compile(r"\s+(?:[|–—*·•»-]|::)\s+|\s*[｜ㅣ│：|]\s*|(?<=\S)[-–—](?=\S)")
_SITE_ENDING = re.compile(
    r"(?:online|news|nachrichten|digital|magazine?|zeitung|com|net|org|info|de|at|ch|couk|fr|it|es|nl)$"
)
_MAX_KICKER_CHARACTERS = 60
# Longer ones are no titles, and the search for their borders would cost.
_MAX_TITLE_CHARACTERS = 400
_MIN_TITLE_WORDS = 3
_SUBJECT_BORDER = re.compile(r"\s*:\s+|\s+[-–—]\s+")
_CUT_SHORT = ("...", "…")
_LONG_WORD = re.compile(r"\w{4,}")
# Letters that a headline must have to be recognised at the end of a longer title.
_MIN_ENDING = 15
# An element without a telling name is a kicker by its place alone, so it must look like one.
_KICKER_TAGS = ("a", "b", "div", "em", "font", "p", "small", "span", "strong")
_NO_KICKER_WORDS = name_words("breadcrumb breadcrumbs crumbs nav navigation date time author byline share logo badge")
_NO_KICKER = re.compile(r"[|/›»>\d@©]|^(?:von|by|par)\s|\bmin\b", re.IGNORECASE)
_MAX_KICKER_WORDS = 4


def find_title(page: Statements, kicker: str | None) -> Said | None:
    """The title without portal name, and without kicker where it is no part of it; None where no layer has one."""
    candidates = _candidates(page)
    if kicker and not _is_part_of_title(kicker, candidates):
        candidates = [(source, _without_kicker(text, kicker)) for source, text in candidates]
    if not candidates:
        return None
    winner = _shared_key(page, candidates) or _voted_key(candidates)
    alike = [(source, text) for source, text in candidates if squeezed(text) == winner]
    # twitter:title repeats another source with its signs simplified, so it has no say in the spelling.
    counted = Counter(text for source, text in alike if source != "twitter") or Counter(text for _, text in alike)
    spelling = counted.most_common(1)[0][0]
    return Said(spelling, _LAYERS[next(source for source, text in alike if text == spelling)])


def _is_part_of_title(kicker: str, candidates: list[tuple[str, str]]) -> bool:
    """Whether the printed headline or both og:title and JSON-LD begin with the kicker: then it is meant so."""
    begin = {source for source, text in candidates if text.casefold().startswith(kicker.casefold())}
    return "h1" in begin or {"opengraph", "jsonld"} <= begin


def _shared_key(page: Statements, candidates: list[tuple[str, str]]) -> str | None:
    """Key of og:title, of "Subject: Headline" the headline alone; None where it is cut short or nobody's."""
    texts = dict(candidates)
    shared = texts.get("opengraph")
    if shared is None or (shared.endswith(_CUT_SHORT) and len(texts) > 1) or not _is_about_this(page, shared, texts):
        return None
    rival = texts.get("jsonld") or texts.get("h1")
    return _headline_key(shared, [("", rival)]) if rival else squeezed(shared)


def _is_about_this(page: Statements, shared: str, texts: dict[str, str]) -> bool:
    """Whether another title or the description has a word of og:title: portals leave their default title in it."""
    others = [text for source, text in texts.items() if source != "opengraph"]
    described = page.meta("description", "og:description") or ""
    known = {word for text in (*others, described) for word in _long_words(text)}
    return not others or bool(known & _long_words(shared)) or not _long_words(shared)


def _long_words(text: str) -> set[str]:
    return set(_LONG_WORD.findall(text.casefold()))


def _voted_key(candidates: list[tuple[str, str]]) -> str:
    """Key of the title that has the most votes."""
    votes: dict[str, float] = {}
    for source, text in candidates:
        key = _headline_key(text, candidates)
        votes[key] = votes.get(key, 0.0) + _WEIGHTS[source]
    return max(votes, key=lambda key: votes[key])


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


def stated_titles(page: Statements) -> list[Said]:
    """The title as each layer has it, without the portal's name."""
    return [Said(text, _LAYERS[source]) for source, text in _candidates(page)]


def find_kicker(page: Statements) -> Said | None:
    """The line above the title that names its subject or section; a date printed behind it is cut off."""
    if page.headline is None:
        return None
    title = squeezed(text_of(page.headline))
    for element in _kicker_elements(page, page.headline):
        text, _ = split_dateline(text_of(element))
        text = text.rstrip(" :|–-")
        fits = 1 < len(text) <= _MAX_KICKER_CHARACTERS and "|" not in text
        if fits and squeezed(text) != title and squeezed(text) not in site_names(page):
            return Said(text, "dom")
    return _kicker_with_date(page) or _unnamed_kicker(page)


@lru_cache(maxsize=1)
def _candidates(page: Statements) -> list[tuple[str, str]]:
    """(source, title) of every layer, tails cut; the spelling of the first sources is preferred."""
    stated = [
        ("opengraph", page.meta("og:title")),
        ("jsonld", first(page.article, "headline", "name")),
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


def _title_element(root: Element) -> str | None:
    title = root.find(".//title")
    return text_of(title) if title is not None else None


def _without_site(title: str, names: frozenset[str], known: set[str]) -> str:
    """The title without trailing segments that name the portal (or follow a title that another layer confirms)."""
    for border in _CONFIRMED_BORDER.finditer(title):
        front = squeezed(title[: border.start()])
        # "Acme" behind which "-Chef geht" stands is no headline with a tail; a longer one is.
        if front in known and (len(front) >= _MIN_ENDING or border[0] != border[0].strip()):
            return title[: border.start()]
    while borders := list(_SITE_BORDER.finditer(title)):
        last = borders[-1]
        tail = squeezed(title[last.end() :])
        # " | " parts nothing but a title from its site; a dash also belongs to titles, so there the name must be known.
        if not _is_site(tail, names) and not (
            "|" in last[0] and len(title[: last.start()].split()) >= _MIN_TITLE_WORDS
        ):
            break
        title = title[: last.start()]
    return title


def _is_site(tail: str, names: frozenset[str]) -> bool:
    """Whether the key names the portal, also as "Kontor Online" or without its article."""
    forms = {tail, _SITE_ENDING.sub("", tail), tail.removeprefix("the"), f"the{tail}"}
    return not forms.isdisjoint(names)


def _without_kicker(title: str, kicker: str) -> str:
    """The title without a kicker in front of it, where enough is left to be a title."""
    if not kicker or not title.casefold().startswith(kicker.casefold()):
        return title
    rest = title[len(kicker) :].lstrip(" :|–—-")
    return rest if len(rest.split()) > 1 else title


def _headline_text(headline: Element) -> str:
    """The text of the h1 without kicker elements inside it."""
    kickers = {element for element in headline.iterdescendants() if _is_kicker(element)}
    whole = text_of(headline)
    for element in kickers:
        whole = _without_kicker(whole, text_of(element))
    return whole


def _kicker_elements(page: Statements, headline: Element) -> Iterator[Element]:
    """Elements whose class calls them a kicker: in the h1, then in its neighbours, nearest first."""
    near = [headline, *(block.element for block in (*page.above, *page.below[:2]))]
    for block in near:
        around = [] if block is headline else [block, *islice(block.iterancestors(), 2)]
        for element in (*block.iterdescendants(), *around):
            if _is_kicker(element) and headline not in element.iterdescendants():
                yield element


def _is_kicker(element: Element) -> bool:
    return isinstance(element.tag, str) and bool(class_words(element) & _KICKER_WORDS)


def _kicker_with_date(page: Statements) -> Said | None:
    """The words of a line like "Mehrjahres-Hoch 24.09.2025 12:39:05" right above the title."""
    above = next((block.lines for block in page.above if block.lines), ())
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


def _siblings_above(headline: Element | None) -> Iterator[Element]:
    """Elements in front of the headline in its box, nearest first; none where the box is the whole page."""
    around = headline.getparent() if headline is not None else None
    if headline is not None and around is not None and around.tag not in ("body", "main"):
        yield from headline.itersiblings(preceding=True)


def _has_links(element: Element) -> bool:
    """Whether several links stand in it: a path or tags."""
    return len(element.findall(".//a")) > 1
