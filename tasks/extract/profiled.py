"""What a source's file says goes before every other layer, with the provenance `profile`; how it is read: told.py."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import dropwhile, islice, takewhile

from config.phrases import Phrase
from tasks.extract.body import Body, find_body
from tasks.extract.lines import Container, Line
from tasks.extract.opening import Opening
from tasks.extract.page import Said, Statements
from tasks.extract.phrases import Matcher, matcher
from tasks.extract.told import Text
from tasks.extract.tree import BULLET_MARKS, blocks_after, lines_of

LAYER = "profile"
# Credits are the first or second line behind the text.
_BEHIND = 2
# Blocks behind the headline that may stand in front of the text, and lines of the text that may be lead or bullets.
_NEAR = 30
_FIRST = 8


def profiled(text: str | None) -> Said | None:
    """A value that the source's selectors gave."""
    return Said(text, LAYER) if text else None


def body_of(page: Statements, lines: list[Line], container: Container | None) -> Body:
    """The text in the elements that the source selects, else what the other layers find; without its own notices.

    The page is pruned already. trafilatura is not asked where the source says where the text is.
    """
    text = page.told.text
    if text is None:
        return _without_notices(page, find_body(page, lines, container))
    after = blocks_after(text.elements[-1]) if text.elements else ()
    behind = tuple(islice((line for block in after for line in lines_of(block)), _BEHIND))
    return _without_notices(page, Body(text.paragraphs, text.headings, LAYER, behind))


def opening_of(page: Statements, opening: Opening) -> Opening:
    """The opening with the lead that the source selects in front; lines that are notices of the source go.

    Where the source says where the text is, lead and bullets are those in front of it and at its beginning.
    """
    told, notices = page.told, page.profile.pages.notices
    if told.text is not None:
        near = _lines_in_front(page, told.text) | set(_beginning(told.text))
        lines = (opening.lead or "", *opening.summary)
        opening = _limited(opening, frozenset(line for line in lines if line in near))
    if told.lead:
        others = tuple(line for line in opening.lines if line not in (told.lead, opening.lead))
        opening = Opening(told.lead, opening.summary, (told.lead, *others))
    if notices:
        free = frozenset(line for line in opening.lines if not is_own_notice(notices, line))
        opening = _limited(opening, free)
    return opening


def _limited(opening: Opening, kept: frozenset[str]) -> Opening:
    """The opening with those of its lines that are kept."""
    summary = tuple(line for line in opening.summary if line in kept)
    return Opening(
        opening.lead if opening.lead in kept else None, summary, tuple(line for line in opening.lines if line in kept)
    )


def _lines_in_front(page: Statements, text: Text) -> set[str]:
    """The lines between the headline and the text; none where pruning took the text's elements away."""
    if page.headline is None or not text.elements or text.elements[0].getroottree().getroot() is not page.root:
        return set()
    first = text.elements[0]
    around = {first, *first.iterancestors()}
    before = takewhile(
        lambda block: block not in around and first not in block.iterancestors(), blocks_after(page.headline)
    )
    return {line.lstrip(BULLET_MARKS) for block in islice(before, _NEAR) for line in lines_of(block)}


def _beginning(text: Text) -> Iterator[str]:
    """The first lines of the text, up to its first section."""
    lines = dropwhile(lambda line: line in text.headings, text.paragraphs)
    return islice(takewhile(lambda line: line not in text.headings, lines), _FIRST)


def is_own_notice(notices: tuple[str, ...], line: str) -> bool:
    """Whether a line begins as one of the notices of the source does."""
    return _matcher(notices).fits(line)


def _without_notices(page: Statements, body: Body) -> Body:
    notices = page.profile.pages.notices
    if not notices:
        return body
    return body._replace(paragraphs=[line for line in body.paragraphs if not is_own_notice(notices, line)])


@lru_cache(maxsize=1024)
def _matcher(notices: tuple[str, ...]) -> Matcher:
    """Once in a process for each source."""
    return matcher([Phrase("note", "begins", text, 0) for text in notices])
