"""Which lines of the text's container are the article's: those that are no labels, credits or pointers."""

from itertools import pairwise

from tasks.extract.lines import Line
from tasks.extract.tree import SENTENCE_ENDS, class_words
from tasks.extract.words import name_words

# Share of a line's characters that may be links, and of a sentence's: names of companies and places.
_MAX_LINKED, _MAX_LINKED_IN_SENTENCE = 0.5, 0.8
# Text outside of paragraphs must be a sentence of this many characters: shorter ones are labels. Where it is a smaller
# share of the text than this, the portal writes in paragraphs, and what stands outside is somebody else's.
_LOOSE_CHARACTERS = 60
_MIN_LOOSE_SHARE = 0.15
# A longer line in a block that is called an author or a credit is text.
_CREDIT_CHARACTERS = 120
_CREDIT_WORDS = name_words(
    "author authors byline autor autoren verfasser authorrole authorname credit credits copyright"
)
_ENDS = SENTENCE_ENDS + ":。！？"


def choose(lines: list[Line]) -> list[Line]:
    """The lines of the body in page order, headings among them."""
    inside = [line for line in lines if line.inside]
    takes_loose = _has_loose_text(inside)
    chosen = [_is_text(line) and (takes_loose or line.kind != "text") for line in inside]
    heads_links = [_heads_links(one, next_) for one, next_ in pairwise(inside)]
    boxed = [*heads_links, False][: len(inside)]
    return [line for line, is_text, is_box in zip(inside, chosen, boxed, strict=True) if is_text and not is_box]


def _has_loose_text(lines: list[Line]) -> bool:
    """Whether a good part of the text stands outside of paragraphs, lists and quotations."""
    lengths = {is_loose: sum(len(line.text) for line in lines if (line.kind == "text") is is_loose and not _heads(line))
               for is_loose in (True, False)}  # fmt: skip
    return lengths[True] > _MIN_LOOSE_SHARE * sum(lengths.values())


def _heads(line: Line) -> bool:
    return line.kind == "heading"


def _heads_links(line: Line, next_: Line) -> bool:
    """Whether a heading is that of a list of links: "Most read"."""
    return _heads(line) and not _heads(next_) and not _is_text(next_) and _linked_share(next_) > _MAX_LINKED


def _linked_share(line: Line) -> float:
    """Which share of the line's block are links."""
    return line.linked / max(line.characters, 1)


def _is_text(line: Line) -> bool:
    """Whether a line by itself can be the article's."""
    if len(line.text) <= _CREDIT_CHARACTERS and class_words(line.block) & _CREDIT_WORDS:
        return False
    share, is_sentence = _linked_share(line), line.text[-1] in _ENDS
    if line.kind == "text":
        return is_sentence and len(line.text) >= _LOOSE_CHARACTERS and share <= _MAX_LINKED
    return share <= (_MAX_LINKED_IN_SENTENCE if is_sentence and line.kind == "paragraph" else _MAX_LINKED)
