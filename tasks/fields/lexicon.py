"""Words with a meaning, read from config/lexicons/<language>/fields/*.txt, and found in tokens.

A file has sections: `[kind value]` and below it one phrase a line. `steig{en,t}` stands for several forms, `*umsatz`
for the end of a longer German word. A phrase with capitals is found only as written, others in any case; # begins a
comment.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

from babel import Locale

from config.errors import Misconfigured
from tasks.fields.tokens import NUMBER, WORD, Token, tokenize

LANGUAGES = ("de", "en", "fr")
_HEADER = re.compile(r"\[(\w+)(?: ([^\]]+))?\]$")
_BRACES = re.compile(r"\{([^{}]*)\}")
_SHORTEST_END = 3
# Kinds that keep their meaning at the beginning of a longer phrase: "loss of" is a direction, and still a loss.
_NESTED = frozenset(("metric", "loss", "anaph", "share", "adj"))
_MOST_REMEMBERED = 100_000
# Signs that begin no phrase.
_MEANINGLESS = ".,;:()\"'\n"


class Meaning(NamedTuple):
    """What a phrase stands for: its kind (section) and the value of the section."""

    kind: str
    value: str


class Mark(NamedTuple):
    """A phrase found: the tokens `first` up to, but without, `last`."""

    kind: str
    value: str
    first: int
    last: int


class _Node:
    __slots__ = ("meanings", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Node] = {}
        self.meanings: tuple[Meaning, ...] = ()


# The meanings of a word that stands alone, and the words that can follow it in a longer phrase.
_Known = tuple[tuple[Meaning, ...], frozenset[str]]
_NOTHING: _Known = ((), frozenset())


class Lexicon:
    """All phrases of one language as a tree over tokens; finding costs one lookup per token without a phrase."""

    def __init__(self, phrases: Iterable[tuple[str, Meaning]]) -> None:
        self._root = _Node()
        self._ends: dict[str, list[Meaning]] = {}
        self._words: dict[str, frozenset[str]] = {}
        self._lowered: dict[str, frozenset[str]] = {}
        self._known: dict[str, _Known] = dict.fromkeys(_MEANINGLESS, _NOTHING)
        for phrase, meaning in phrases:
            self._add(phrase, meaning)
        ends = sorted(self._ends, key=len, reverse=True)
        self._end = re.compile(f"(?:{'|'.join(map(re.escape, ends))})$") if ends else None

    def _add(self, phrase: str, meaning: Meaning) -> None:
        if phrase.startswith("*"):
            self._ends.setdefault(phrase[1:], []).append(meaning)
            return
        node = self._root
        for token in tokenize(phrase):
            node = node.next.setdefault(token.text, _Node())
        if meaning not in node.meanings:
            node.meanings += (meaning,)

    def words(self, kind: str) -> frozenset[str]:
        """The one-word phrases of `kind`, as written."""
        if kind not in self._words:
            nodes = self._root.next.items()
            self._words[kind] = frozenset(
                word for word, node in nodes if any(meaning.kind == kind for meaning in node.meanings)
            )
        return self._words[kind]

    def lowered(self, kind: str) -> frozenset[str]:
        """The one-word phrases of `kind` in lower case."""
        if kind not in self._lowered:
            self._lowered[kind] = frozenset(word.lower() for word in self.words(kind))
        return self._lowered[kind]

    def marks(self, tokens: list[Token]) -> list[Mark]:
        """All phrases in order; none begins inside another, and a phrase may have several meanings."""
        found: list[Mark] = []
        after, last = 0, len(tokens) - 1
        new, mark = tuple.__new__, Mark
        for index, known in self._meaningful(tokens):
            if index < after:
                continue
            meanings, ways = known
            if ways and index < last:
                ahead = tokens[index + 1]
                if ahead[1] in ways or ahead[2] in ways:
                    longest = self._longest(tokens, index)
                    if longest:
                        found += [Mark(meaning.kind, meaning.value, index, stop) for stop, meaning in longest]
                        after = longest[0][0]
                        continue
            for kind, value in meanings:
                found.append(new(mark, (kind, value, index, index + 1)))
        return found

    def _meaningful(self, tokens: list[Token]) -> list[tuple[int, _Known]]:
        """The tokens that mean something or begin a phrase; the others, which are most, cost one lookup."""
        found = list(map(self._known.get, [token[1] for token in tokens]))
        if None in found:
            found = [known or self._learned(token) for known, token in zip(found, tokens, strict=True)]
        return [(index, known) for index, known in enumerate(found) if known is not None and known is not _NOTHING]

    def _learned(self, token: Token) -> _Known:
        """What a word means alone, and the words that a longer phrase can go on with; remembered but for numbers."""
        begins = self._begins(token)
        if token.kind == NUMBER and not begins:
            return _NOTHING
        meanings = tuple(dict.fromkeys(meaning for node in begins for meaning in node.meanings))
        if not meanings and token.kind == WORD:
            meanings = self._ending(token)
        ways = frozenset(word for node in begins for word in node.next)
        known = (meanings, ways) if meanings or ways else _NOTHING
        if token.kind != NUMBER and len(self._known) < _MOST_REMEMBERED:
            self._known[token.text] = known
        return known

    def _begins(self, token: Token) -> list[_Node]:
        root = self._root.next
        both = (root.get(token.text), root.get(token.low) if token.low != token.text else None)
        return [node for node in both if node is not None]

    def _longest(self, tokens: list[Token], index: int) -> list[tuple[int, Meaning]]:
        """What phrases that begin at `index` stand for, each with the index after it; the longest first."""
        found: list[tuple[int, Meaning]] = []
        for begin in self._begins(tokens[index]):
            node: _Node | None = begin
            at = index + 1
            while node is not None:
                found.extend((at, meaning) for meaning in node.meanings)
                if at >= len(tokens):
                    break
                ahead = tokens[at]
                node, at = node.next.get(ahead.text) or node.next.get(ahead.low), at + 1
        if len(found) > 1:
            found = sorted(dict.fromkeys(found), key=_length, reverse=True)
            longest: dict[str, int] = {}
            most = found[0][0]
            found = [
                (stop, m) for stop, m in found
                if longest.setdefault(m.kind, stop) == stop and (stop == most or m.kind in _NESTED)
            ]  # fmt: skip
        return found

    def _ending(self, token: Token) -> tuple[Meaning, ...]:
        """Meanings of the end of a long word (Jahresumsatz)."""
        match = self._end.search(token.low) if self._end else None
        known = match and match.start() >= _SHORTEST_END
        return tuple(self._ends[match.group()]) if match and known else ()


def _length(found: tuple[int, Meaning]) -> int:
    return found[0]


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of `language` (its first two letters count); English for a language without one."""
    code = language[:2] if language[:2] in LANGUAGES else "en"
    folders = [resources.files("config") / "lexicons" / name / "fields" for name in ("common", code)]
    files = [file for folder in folders for file in sorted(folder.iterdir(), key=lambda file: file.name)]
    from tasks.fields.currencies import currency_phrases

    phrases = [pair for file in files for pair in _phrases(file.name, file.read_text(encoding="utf-8"))]
    currencies = ((name, Meaning("currency", iso)) for name, iso in currency_phrases(code))
    countries = ((name, Meaning("place", "")) for name in Locale(code).territories.values())
    return Lexicon([*phrases, *currencies, *countries])


def _phrases(name: str, text: str) -> Iterator[tuple[str, Meaning]]:
    meaning = None
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition("#")[0].strip()
        header = _HEADER.match(line)
        if header:
            meaning = Meaning(header[1], header[2] or "")
        elif line and meaning is None:
            raise Misconfigured(f"Lexicon {name}:{number}: a phrase before the first [kind]; put it below a section")
        elif line and meaning:
            yield from ((phrase, meaning) for phrase in expanded(line))


def expanded(phrase: str) -> Iterator[str]:
    """All forms of a phrase with braces: steig{en,t} is steigen and steigt."""
    braces = _BRACES.search(phrase)
    if not braces:
        yield phrase
        return
    for form in braces[1].split(","):
        yield from expanded(phrase[: braces.start()] + form.strip() + phrase[braces.end() :])
