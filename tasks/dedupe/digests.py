"""Digests: articles made of the beginnings of several others.

They attract nobody, or all their items would be one story.
"""

from collections import Counter

from tasks.dedupe.learned import Seen
from tasks.dedupe.past import Past
from tasks.dedupe.sketch import Sketch
from tasks.dedupe.titles import is_digest_title

_LEAST_SENTENCE_TOKENS = 6
# An item quotes at least so much of a story, from its first two sentences.
_LEAST_ITEM_TOKENS = 15
_OPENING_SENTENCES = 2
_LEAST_ITEMS = 2
# If one story makes up more of it, it is a copy with a bit of another one.
_MOST_OF_ONE_STORY = 0.6


def is_digest(sketch: Sketch, past: Past) -> bool:
    """Whether the text opens several stories, or its title says that it is a digest."""
    if is_digest_title(sketch.title):
        return True
    quoted: Counter[int] = Counter()
    for sentence, length in zip(sketch.sentences.tolist(), sketch.lengths.tolist(), strict=True):
        seen = past.seen.get(sentence)
        if seen is not None and length >= _LEAST_SENTENCE_TOKENS and _opens_story(sentence, seen, past):
            quoted[seen.stories[0]] += length
    items = [tokens for tokens in quoted.values() if tokens >= _LEAST_ITEM_TOKENS]
    return len(items) >= _LEAST_ITEMS and max(items) < _MOST_OF_ONE_STORY * len(sketch.tokens)


def _opens_story(sentence: int, seen: Seen, past: Past) -> bool:
    """Whether the sentence opens the one story that prints it, and is no title."""
    known = past.documents.get(seen.number)
    if known is None or seen.only_story is None or seen.is_boilerplate or sentence in past.titles:
        return False
    return sentence in known.arrival.sketch.sentences[:_OPENING_SENTENCES].tolist()
