"""The article's own paragraphs: the strategies that find them, and what is in between and no text of the article."""

import re
from dataclasses import dataclass
from itertools import dropwhile, islice, pairwise
from typing import NamedTuple

from tasks.extract.agencies import is_credit_of
from tasks.extract.choosing import choose
from tasks.extract.datelines import is_dateline
from tasks.extract.lines import Container, Line
from tasks.extract.notices import is_notice
from tasks.extract.page import Statements, declares_article, squeezed
from tasks.extract.preparing import printed_paragraphs
from tasks.extract.pruning import prune_links
from tasks.extract.structured import plain
from tasks.extract.tree import BULLET_MARKS, SENTENCE_ENDS, blocks_after, is_linked, lines_of, text_of
from tasks.extract.walls import says
from tasks.outcome import Reason

# The shortest line that is taken for a paragraph of the text when looking for its beginning.
_PROSE_CHARACTERS = 80
_LABEL_WORDS = 5
# trafilatura's own least size is 250; below, its rescues take over.
_SHORT_CHARACTERS = 300
_SENTENCE_CHARACTERS = 25
_NEAR = 12
# Credits are the first or second line behind the text.
_BEHIND = 2
# A tenth of the articleBody values of the extraction corpus are teasers of 77 to 502 characters.
_MIN_STATED_CHARACTERS = 600
# Below this share of the stated text the page shows a preview, or draws its text by script.
_MIN_PRINTED_SHARE = 0.3
_STATED_BREAK = re.compile(r"\n|</p>|<br\s*/?>", re.IGNORECASE)
_MAX_DATELINE_CHARACTERS = 120
_MIN_TITLE_CHARACTERS = 15
_MAX_TITLE_EXTRA = 40
_GLUED_SHARE = 0.6
# Notes about the author stand in this many last paragraphs.
_CLOSING = 4
_NOTE_VERB = re.compile(
    r",? (?:ist|war|arbeitet|schreibt|berichtet|leitet|is|was|writes|covers|reports|works|has been|joined|est)\b"
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is printed around the text, as `squeezed` keys: lines equal to one of them are not body.

    `opening` are the lines of lead and bullets, which stay whatever they look like.
    """

    titles: frozenset[str]
    names: tuple[str, ...]
    bylines: frozenset[str]
    captions: frozenset[str]
    opening: frozenset[str]
    agency: str | None = None


class Body(NamedTuple):
    """Paragraphs and headings in page order, not yet freed of what stands around them, and the layer they are from.

    `headings` are those of the paragraphs that the page marks as headings, `behind` the lines printed behind the last.
    """

    paragraphs: list[str]
    headings: frozenset[str] = frozenset()
    layer: str = "dom"
    behind: tuple[str, ...] = ()


def find_body(page: Statements, lines: list[Line], container: Container | None) -> Body:
    """The lines of the text's container; what trafilatura finds in the pruned tree where there is none or little in it.

    A flash is too short for either: trafilatura returns the whole page as one line, the headline in it. There the
    sentences behind the headline are taken instead; where next to nothing was found, too, if the page calls itself an
    article (an error page has a title and a sentence as well). JSON-LD's articleBody is taken where all that is a
    fraction of it; it comes last because it has no paragraph breaks on 57 of the 70 pages of the extraction corpus
    that state it.
    """
    body = container_paragraphs(lines) if container else None
    if body is None or is_little(body.paragraphs):
        prune_links(page.root, page.headline)
        body = Body(*printed_paragraphs(page), layer="trafilatura")
        is_short = is_little(body.paragraphs) and declares_article(page)
        if (is_short or _is_glued(page, body.paragraphs)) and (sentences := short_paragraphs(page)):
            body = body._replace(paragraphs=sentences, layer="dom")
        body = body._replace(behind=_lines_behind(page, body.paragraphs))
    # Where the page prints nothing at all, a teaser is what there is to read.
    least = _MIN_STATED_CHARACTERS if body.paragraphs else _SENTENCE_CHARACTERS
    stated = stated_paragraphs(page.article.get("articleBody"), least)
    if _characters(body.paragraphs) < _MIN_PRINTED_SHARE * _characters(stated):
        return Body(stated, layer="jsonld")
    return body


def keep_body(body: Body, frame: Frame) -> list[str]:
    """The paragraphs without repeated title, kicker, bylines, captions, datelines, notices and offers, each once."""
    kept = [text for text in _without_boxes(body) if not _is_framing(text, frame)]
    start = next((at for at, text in enumerate(kept) if len(text) >= _PROSE_CHARACTERS), 0)
    head = [text for text in kept[:start] if not _is_label(text) or squeezed(text) in frame.opening]
    tail = kept[start:]
    ending = [text for text in tail[-_CLOSING:] if not _is_author_note(text, frame.names)]
    texts = _without_closing_headings(head + tail[:-_CLOSING] + ending, body.headings)
    # What follows a teaser; where there is nothing else, the gates want to see it.
    free = [text for text in texts[-_CLOSING:] if not says(Reason.PAYWALL, text)]
    return _without_closing_headings([*texts[:-_CLOSING], *free], body.headings) or texts


def _is_glued(page: Statements, printed: list[str]) -> bool:
    """Whether a paragraph swallowed the headline and most of the page."""
    title = squeezed(text_of(page.headline)) if page.headline is not None else ""
    longest = max(printed, key=len, default="")
    holds_most = len(longest) >= _GLUED_SHARE * sum(map(len, printed)) and len(longest) > len(title) + _MAX_TITLE_EXTRA
    return holds_most and len(title) >= _MIN_TITLE_CHARACTERS and title in squeezed(longest)


def _without_boxes(body: Body) -> list[str]:
    """The paragraphs, each once, without headings of boxes: those that are followed by nothing but a notice."""
    texts = list(dict.fromkeys(body.paragraphs))
    followed = pairwise([*texts, ""])
    return [text for text, next_ in followed if not (text in body.headings and _is_box_text(next_))]


def _is_box_text(text: str) -> bool:
    """Whether the text is a notice in whole words; a label like "Advertisement" stands below real headings, too."""
    return len(text.split()) > _LABEL_WORDS and is_notice(text)


def _without_closing_headings(texts: list[str], headings: frozenset[str]) -> list[str]:
    """The texts up to the last that is no heading: what it headed was no part of the article."""
    while len(texts) > 1 and texts[-1] in headings:
        texts = texts[:-1]
    return texts


def container_paragraphs(lines: list[Line]) -> Body | None:
    """The lines that are the article's, with those behind them; None where none is."""
    chosen = choose(lines)
    if not chosen:
        return None
    behind = lines[lines.index(chosen[-1]) + 1 :][:_BEHIND]
    texts = [(text, line.kind) for line in chosen if (text := line.text.lstrip(BULLET_MARKS))]
    headings = frozenset(text for text, kind in texts if kind == "heading")
    return Body([text for text, _ in texts], headings, behind=tuple(line.text for line in behind))


def is_little(texts: list[str]) -> bool:
    """Whether these paragraphs are so little that another way to the text must be tried."""
    return _characters(texts) < _SHORT_CHARACTERS


def _characters(texts: list[str]) -> int:
    return sum(map(len, texts))


def short_paragraphs(page: Statements) -> list[str]:
    """The sentences in the blocks behind the headline."""
    if page.headline is None:
        return []
    near = (block for block in islice(blocks_after(page.headline), _NEAR) if not is_linked(block))
    lines = (line for block in near for line in lines_of(block))
    return [line for line in lines if len(line) >= _SENTENCE_CHARACTERS and line[-1] in SENTENCE_ENDS]


def _lines_behind(page: Statements, printed: list[str]) -> tuple[str, ...]:
    """The lines that the page prints behind the last paragraph, where a credit may stand."""
    last = next((text for text in reversed(printed) if not is_notice(text)), None)
    behind = dropwhile(lambda line: line != last, lines_of(page.root) if last else ())
    return tuple(islice(behind, 1, 1 + _BEHIND))


def stated_paragraphs(article_body: object, least: int) -> list[str]:
    """The paragraphs of a JSON-LD articleBody; [] where it has fewer than `least` characters."""
    if not isinstance(article_body, str) or len(article_body) < least:
        return []
    return [text for line in _STATED_BREAK.split(article_body) if (text := plain(line))]


def _is_framing(text: str, frame: Frame) -> bool:
    """Whether the line stands around the text and not in it."""
    key = squeezed(text)
    if key in frame.opening:
        return False
    if not key or key in frame.bylines or key in frame.captions or _repeats_title(key, frame.titles):
        return True
    if frame.agency and is_credit_of(text, frame.agency):
        return True
    return is_notice(text) or (len(text) < _MAX_DATELINE_CHARACTERS and is_dateline(text))


def _repeats_title(key: str, titles: frozenset[str]) -> bool:
    """Whether a line is a title, alone or with a kicker or the portal's name at either end."""
    return key in titles or any(
        len(title) >= _MIN_TITLE_CHARACTERS
        and len(key) <= len(title) + _MAX_TITLE_EXTRA
        and (key.endswith(title) or key.startswith(title))
        for title in titles
    )


def _is_label(text: str) -> bool:
    """Whether a line in front of the text is a rubric or a place, not a sentence."""
    return len(text.split()) <= _LABEL_WORDS and text[-1] not in '.!?:…“”"»'


def _is_author_note(text: str, names: tuple[str, ...]) -> bool:
    """Whether a closing line introduces one of the authors: "A. B. ist Redakteurin für ..."."""
    return any(_NOTE_VERB.match(text.split(name, 1)[1]) for name in names if name in text[: len(name) + 40])
