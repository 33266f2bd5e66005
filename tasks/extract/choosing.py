"""Which lines of the text's container are the article's: those that are not mostly links, labels or pointers."""

from itertools import pairwise

from tasks.extract.lines import Line
from tasks.extract.tree import SENTENCE_ENDS, class_words
from tasks.extract.words import name_words

# Share of a line's characters that may be links, and of a sentence's: names of companies and places.
_MAX_LINKED, _MAX_LINKED_IN_SENTENCE = 0.5, 0.8
# Text outside of paragraphs must be a sentence of this many characters: shorter ones are labels.
_LOOSE_CHARACTERS = 60
_CREDIT_CHARACTERS = 120
_CREDIT_WORDS = name_words(
    "author authors byline autor autoren verfasser authorrole authorname credit credits copyright"
)


def choose(lines: list[Line]) -> list[Line]:
    """The lines of the body in page order, headings among them."""
    inside = [line for line in lines if line.inside]
    whole = sum(len(line.text) for line in inside if line.kind != "heading")
    loose = sum(len(line.text) for line in inside if line.kind == "text")
    chosen = [_is_text(line) and (line.kind != "text" or loose > 0.15 * whole) for line in inside]
    headed = [
        line.kind == "heading" and following.kind != "heading" and not is_text and _share(following) > _MAX_LINKED
        for (line, following), is_text in zip(pairwise(inside), chosen[1:], strict=True)
    ]
    headed.append(False)
    return [line for line, is_text, is_box in zip(inside, chosen, headed, strict=False) if is_text and not is_box]


def _share(line: Line) -> float:
    """Which share of the line's block are links."""
    return line.linked / max(line.characters, 1)


def _is_text(line: Line) -> bool:
    if len(line.text) <= _CREDIT_CHARACTERS and class_words(line.block) & _CREDIT_WORDS:
        return False
    share = _share(line)
    is_sentence = line.text[-1] in SENTENCE_ENDS + ":"
    if line.kind == "text":
        return is_sentence and len(line.text) >= _LOOSE_CHARACTERS and share <= _MAX_LINKED
    return share <= (_MAX_LINKED_IN_SENTENCE if is_sentence and line.kind == "paragraph" else _MAX_LINKED)
