"""What stands between headline and text: the lead and the summary bullets, as printed and in the page's order."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from lxml.etree import _Element as Element

from tasks.extract.datelines import is_dateline
from tasks.extract.lines import Line
from tasks.extract.notices import is_notice
from tasks.extract.page import Statements, squeezed
from tasks.extract.structured import first
from tasks.extract.tree import (
    BULLET_MARKS,
    SENTENCE_ENDS,
    class_words,
    is_linked,
    short_text,
    text_of,
)
from tasks.extract.words import name_words

_LEAD_WORDS = name_words(
    "lead leadtext standfirst teasertext intro introduction introtext subline subtitle subheadline subhead dek deck "
    "vorspann vorspanntext summary excerpt sapo chapo chapeau abstract anriss unterzeile lede entradilla sommario "
    "occhiello articlelead articleintro articlesummary articleteaser headlinesub synopsis spoiler description "
    "strapline"
)
_PARTS = ("b", "strong", "em", "i", "span", "font")
_MIN_LEAD_CHARACTERS = 40
_MAX_LEAD_CHARACTERS = 900
# Prose lines are this long at least; shorter ones are labels, bylines, captions.
_PROSE_CHARACTERS = 80
_NEAR = 30
# A summary has two to six points; shorter lines are labels, longer ones paragraphs.
_POINTS = (2, 6)
_POINT_CHARACTERS = (12, 220)
# Descriptions that are cut off often end in a part of a word.
_CUT_CHARACTERS = 3
# A line is nothing but links from this share on, and has this many characters: shorter ones are names of companies.
_ALL_LINKED, _MIN_LINKED = 0.95, 15


class Opening(NamedTuple):
    """Lead and bullets, and all their lines in the order of the page."""

    lead: str | None
    summary: tuple[str, ...]
    lines: tuple[str, ...]


class _Line(NamedTuple):
    text: str
    block: Element
    is_bullet: bool


def find_opening(page: Statements, read: list[Line], found: list[str], captions: frozenset[str]) -> Opening:
    """Lead and bullets beside the headline, on the pruned tree; `found` are the body's paragraphs.

    The lead is the portal's own description, if printed, or a line that the page calls a lead; else the paragraph in
    front of the bullets, a first sentence in bold or, where the body begins later, the first one between headline and
    body. Descriptions are often cut from the first paragraph: they must be set apart from what follows, and so must
    that sentence.
    """
    if page.headline is None:
        return Opening(None, (), ())
    lines = [line for line in islice(_lines(read), _NEAR) if not is_notice(line.text) and not is_dateline(line.text)]
    bullets = _bullets(lines)
    before = _before_body(lines, found, captions)
    lead = (
        _set_apart(_described(lines, page), lines)
        or _named(lines)
        or _before_bullets(lines, bullets)
        or _bold(lines)
        or _set_apart(before, lines)
    )
    wanted = {lead, before, *bullets}
    printed = tuple(dict.fromkeys(line.text for line in lines if line.text in wanted))
    return Opening(lead, bullets, printed)


def _lines(read: list[Line]) -> Iterator[_Line]:
    """The lines behind the headline; bullet signs are cut off."""
    for line in read:
        if (bare := line.text.lstrip(BULLET_MARKS)) and not _is_pointer(line):
            is_point = line.kind == "item" and 2 * line.linked <= line.characters
            yield _Line(bare, line.block, line.text[0] in BULLET_MARKS or is_point)


def _is_pointer(line: Line) -> bool:
    """Whether the line is nothing but links."""
    return line.linked >= _ALL_LINKED * line.characters and line.linked >= _MIN_LINKED


def _bullets(lines: list[_Line]) -> tuple[str, ...]:
    """The first run of two to six short points, before the second paragraph of prose."""
    run: list[str] = []
    prose = 0
    for line in lines:
        if line.is_bullet:
            run.append(line.text)
            continue
        if _are_points(run):
            break
        run = []
        prose += len(line.text) >= _PROSE_CHARACTERS
        if prose > 1:
            break
    return tuple(run) if _are_points(run) else ()


def _are_points(run: list[str]) -> bool:
    fewest, most = _POINTS
    shortest, longest = _POINT_CHARACTERS
    return fewest <= len(run) <= most and all(shortest <= len(text) <= longest for text in run)


def _described(lines: list[_Line], page: Statements) -> str | None:
    """The printed line that is the page's own description, whole or as far as the description was cut."""
    stated = (
        first(page.article, "description", "abstract"),
        page.meta("og:description"),
        page.meta("description"),
        page.meta("twitter:description"),
    )
    for description in dict.fromkeys(text for text in stated if text and len(text) >= _MIN_LEAD_CHARACTERS):
        key = squeezed(description)
        for line in lines:
            printed = squeezed(line.text)
            is_begun = len(key) >= _MIN_LEAD_CHARACTERS and printed.startswith(key[:-_CUT_CHARACTERS])
            if len(line.text) <= _MAX_LEAD_CHARACTERS and (printed == key or is_begun):
                return line.text
    return None


def _set_apart(text: str | None, lines: list[_Line]) -> str | None:
    """The line, if it differs in place, name or weight from the next paragraph; None where there is no next one."""
    at = next((place for place, line in enumerate(lines) if line.text == text), len(lines))
    behind = (line for line in lines[at + 1 :] if len(line.text) >= _PROSE_CHARACTERS and not line.is_bullet)
    following = next(behind, None)
    return text if following is not None and _form(lines[at]) != _form(following) else None


def _form(line: _Line) -> tuple[object, ...]:
    """What the eye tells lines apart by: the names of the block and of what it stands in, and whether all is bold."""
    block, around = line.block, line.block.getparent()
    names = [(element.tag, element.get("class")) for element in (block, around) if element is not None]
    return (*names, _is_bold(line))


def _is_bold(line: _Line) -> bool:
    bold = "".join(text_of(part) for part in line.block.iter("b", "strong"))
    return squeezed(line.text) in squeezed(bold)


def _bold(lines: list[_Line]) -> str | None:
    """The first sentence behind the headline, if it is bold and the next paragraph is not."""
    sentences = [line for line in lines if len(line.text) >= _MIN_LEAD_CHARACTERS and line.text[-1] in SENTENCE_ENDS]
    if len(sentences) > 1 and _is_bold(sentences[0]) and not _is_bold(sentences[1]) and not sentences[0].is_bullet:
        return sentences[0].text
    return None


def _named(lines: list[_Line]) -> str | None:
    """The first line whose block, a part of it with these words, or a small box around it is called a lead."""
    for line in lines:
        if not _MIN_LEAD_CHARACTERS <= len(line.text) <= _MAX_LEAD_CHARACTERS or line.is_bullet:
            continue
        parts = (part for part in line.block.iterchildren(*_PARTS) if text_of(part) == line.text)
        for element in (line.block, *parts, *islice(line.block.iterancestors(), 2)):
            if class_words(element) & _LEAD_WORDS and short_text(element, len(line.text) * 3 // 2 + 40):
                return line.text
    return None


def _before_bullets(lines: list[_Line], bullets: tuple[str, ...]) -> str | None:
    """The one paragraph between headline and bullets."""
    if not bullets:
        return None
    before = [line.text for line in lines[: next(at for at, line in enumerate(lines) if line.text == bullets[0])]]
    prose = [text for text in before if len(text) >= _PROSE_CHARACTERS]
    return prose[0] if len(prose) == 1 else None


def _before_body(lines: list[_Line], found: list[str], captions: frozenset[str]) -> str | None:
    """The first sentence between the headline and the first paragraph of the body."""
    body = {squeezed(text) for text in found}
    for line in lines:
        key = squeezed(line.text)
        if key in body:
            return None
        is_sentence = _PROSE_CHARACTERS <= len(line.text) <= _MAX_LEAD_CHARACTERS and line.text[-1] in SENTENCE_ENDS
        if is_sentence and not line.is_bullet and key not in captions and not is_linked(line.block):
            return line.text
    return None
