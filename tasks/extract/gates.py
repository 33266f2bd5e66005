"""Which pages under a successful status are no articles: bot walls, consent, login, error pages, shells; and why.

A page that calls itself an article, has a date and text of its own passes without a second look, as does any long text
of a page that calls itself an article. The others are read again as they came, because pruning takes away what gives a
wall away. Every refusal quotes what it rests on. Wordings are in walls.py, marks in marks.py, addresses in landing.py.
"""

import re
from typing import NamedTuple

from lxml.etree import _Element as Element

from tasks.extract.labels import find_canonical, find_paywall
from tasks.extract.landing import in_address, is_home, led_to, led_to_section
from tasks.extract.marks import (
    find_captcha,
    find_challenge,
    find_consent,
    find_password,
    find_refresh,
    find_shell,
    is_noindex,
    quoted,
)
from tasks.extract.page import Statements, declares_article, site_names, squeezed
from tasks.extract.tree import SENTENCE_ENDS, lines_of, text_of
from tasks.extract.walls import is_title_of, is_wall_title, said_by, says, sentences
from tasks.model import Article
from tasks.outcome import Reason

# About 200 words. Longer walls are consent pages with all their purposes, which never call themselves an article.
SHORT_CHARACTERS = 1_300
# What is shorter and does not end like a sentence is a label, a link or a button.
_LABEL_CHARACTERS = 40
# With more text of its own, a page is not refused for a headline alone; titles suffice at any length.
_LITTLE_CHARACTERS = 400
# A date makes an article likely: there a wall's sentences must outweigh the others by this factor.
_DATED_FACTOR = 3
# Share of all words of a page, menus included, that a wall's sentences have where nothing else was found.
_PAGE_SHARE = 0.3
# A portal's name in a title has up to three words.
_NAME_WORDS = 3
_TITLE_BORDER = re.compile(r"\s+[|–—·•»:-]\s+|\s*\|\s*|:\s+")
_PAID = {"jsonld": "isAccessibleForFree is false", "opengraph": "article:content_tier is locked"}
_WALLS = (Reason.BLOCKED, Reason.SOFT_404, Reason.SERVER_ERROR, Reason.CONSENT_WALL, Reason.LOGIN_WALL)

Verdict = tuple[Reason, str]


class Text(NamedTuple):
    """The sentences of a text that are a wall's, by reason, and how many characters its own have."""

    said: dict[Reason, list[str]]
    own: int

    def weight(self, reason: Reason) -> int:
        """How many characters of the text are this wall's."""
        return sum(map(len, self.said.get(reason, ())))


class View(NamedTuple):
    """A suspect page: what it states, its root as it came, the address asked for, and what extraction made of it."""

    page: Statements
    root: Element
    asked: str
    article: Article | None
    text: Text

    @property
    def is_article(self) -> bool:
        """Whether the page calls itself an article and has text of its own."""
        return self.text.own > 0 and declares_article(self.page)

    @property
    def is_dated(self) -> bool:
        """Whether an instant of publication was found."""
        return self.article is not None and self.article.published is not None


def is_suspect(page: Statements, article: Article | None) -> bool:
    """Whether a closer look is due, as for a few of a hundred articles; costs microseconds for the others."""
    if article is None or not declares_article(page):
        return True
    if len(article.text) >= SHORT_CHARACTERS:
        return is_wall_title(article.title)
    return article.published is None or not read_text(article.text).own


def read_text(text: str) -> Text:
    """The text with its sentences sorted; labels and buttons count for neither side, a short sentence does."""
    said: dict[Reason, list[str]] = {}
    own = 0
    for sentence in sentences(text.split("\n\n")):
        reason = said_by(sentence)
        if reason is not None:
            said.setdefault(reason, []).append(sentence)
        elif len(sentence) >= _LABEL_CHARACTERS or sentence[-1] in SENTENCE_ENDS:
            own += len(sentence)
    return Text(said, own)


def find_objection(page: Statements, root: Element, asked: str, article: Article | None) -> Verdict | None:
    """Why a suspect page is no article, with the evidence; None: nothing speaks against it.

    `root` is the page as it came, `page` its statements, `asked` the address that was requested.
    """
    view = View(page, root, asked, article, read_text(article.text if article else ""))
    for reason in (*_WALLS, Reason.PAYWALL):
        if seen := _title(view, reason) or _sign(view, reason):
            return reason, seen
    if view.is_article:
        return None
    return _front_page(view) or _wording(view) or (_emptiness(view) if not view.text.own else None)


def _title(view: View, reason: Reason) -> str | None:
    """A title that is a wall's, beside the portal's name; on a dated article it is a headline."""
    if view.is_article and view.is_dated:
        return None
    element = view.root.find(".//title")
    titles = [*([text_of(element)] if element is not None else []), *view.page.metas.get("og:title", ())]
    found = next((title for title in titles if _is_titled(title, reason, view.page)), None)
    return f"the title {quoted(found)}" if found else None


def _is_titled(title: str, reason: Reason, page: Statements) -> bool:
    """Whether the title, or a part of it beside the portal's name, is one of this wall."""
    if is_title_of(reason, title):
        return True
    parts = [part for part in _TITLE_BORDER.split(title) if part.strip()]
    others = [part for part in parts if not is_title_of(reason, part)]
    if len(others) == len(parts):
        return False
    names = site_names(page)
    # Beside the portal's name, the rest is its motto.
    return any(squeezed(part) in names for part in others) or all(len(part.split()) <= _NAME_WORDS for part in others)


def _sign(view: View, reason: Reason) -> str | None:
    """A mark, an address or a headline of this wall, on a page with little text that calls itself no article."""
    if view.is_article or view.text.own >= SHORT_CHARACTERS:
        return None
    if reason is Reason.BLOCKED and (challenge := find_challenge(view.root)):
        return challenge
    if led_to(reason, view.asked, view.page.url):
        return f"redirected to {view.page.url}"
    headlines = [text for h1 in view.root.iter("h1") if (text := text_of(h1))]
    if view.text.own < _headline_limit(view, reason) and headlines and all(is_title_of(reason, h1) for h1 in headlines):
        return f"the headline {quoted(headlines[0])}"
    is_hidden = reason is Reason.SOFT_404 and view.text.own < _LITTLE_CHARACTERS and is_noindex(_robots(view.page))
    said = view.text.said.get(reason, ()) if is_hidden else ()
    return f"noindex and the sentence {quoted(said[0])}" if said else None


def _headline_limit(view: View, reason: Reason) -> int:
    """Below how much text of its own a headline decides. A banner's headline may be the only h1 of an article."""
    return 1 + view.text.weight(reason) if reason is Reason.CONSENT_WALL else _LITTLE_CHARACTERS


def _front_page(view: View) -> Verdict | None:
    """That the portal shows one of its front pages instead, by addresses and tags; a page with a date is none."""
    page = view.page
    if view.is_dated or declares_article(page) or (view.article and in_address(view.article.title, view.asked)):
        return None
    if led_to_section(view.asked, page.url):
        return Reason.SOFT_404, f"redirected to the section {page.url}"
    canonical = find_canonical(page)
    if canonical is None or (page.meta("og:type") or "").lower() != "website":
        return None
    is_other = is_home(canonical.value, page.profile.homepage) and not is_home(page.url, page.profile.homepage)
    return (Reason.SOFT_404, f"the homepage: its canonical address is {canonical.value}") if is_other else None


def _wording(view: View) -> Verdict | None:
    """The wall whose sentences outweigh the text's own."""
    text = view.text
    reason = max(text.said, key=text.weight, default=None)
    if reason is None or text.weight(reason) < text.own * (_DATED_FACTOR if view.is_dated else 1):
        return None
    said = text.said[reason]
    if reason not in _WALLS and text.own:
        return None
    return reason, f"no text but {quoted(said[0])}" if not text.own else f"the sentence {quoted(said[0])}"


def _emptiness(view: View) -> Verdict | None:
    """Why a page has no text: its script was not run, it must be paid for, or it says something else."""
    root = view.root
    if shell := find_shell(root):
        return Reason.JS_ONLY, shell
    printed = list(sentences(lines_of(root)))
    # Whole sentences: "No account yet?" stands beside every form.
    logins = (line for line in printed if len(line) >= _LABEL_CHARACTERS and says(Reason.LOGIN_WALL, line))
    if (password := find_password(root)) and (login := next(logins, None)):
        return Reason.LOGIN_WALL, f"{password} and the sentence {quoted(login)}"
    is_paid, layer = find_paywall(view.page)
    if is_paid:
        return Reason.PAYWALL, f"no text, and {_PAID[layer]}"
    return None if declares_article(view.page) else _undeclared(view, printed)


def _undeclared(view: View, printed: list[str]) -> Verdict | None:
    """What a page shows that has no text and does not call itself an article."""
    read = read_text("\n\n".join(printed))
    reason = max(read.said, key=read.weight, default=None)
    if reason is not None and read.weight(reason) >= _PAGE_SHARE * sum(map(len, printed)):
        return reason, f"no text but {quoted(read.said[reason][0])}"
    if captcha := find_captcha(view.root):
        return Reason.BLOCKED, f"no text but {captcha}"
    if password := find_password(view.root):
        return Reason.LOGIN_WALL, f"no text but {password}"
    if sum(map(len, printed)) < _LITTLE_CHARACTERS and (consent := find_consent(view.root)):
        return Reason.CONSENT_WALL, f"no text but {consent}"
    refresh = find_refresh(view.root)
    return (Reason.NO_TEXT, f"no text but {refresh}") if refresh else None


def _robots(page: Statements) -> str:
    return ", ".join(page.metas.get("robots", ()))
