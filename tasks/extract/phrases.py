"""Phrases of the phrase files (config/phrases.py) made fast: a line is compared with those that begin as it does."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from config.phrases import Phrase

# As the phrase files promise: longer lines are no `line`, and fit no pattern that names its end.
MAX_WHOLE_CHARACTERS = 240
_GAP = ".{0,80}?"
_ANY = ""
_QUANTIFIERS = "?*{"


@dataclass(slots=True)
class Group:
    """Patterns by their first letter, the empty one for those that may begin in several ways."""

    by_initial: dict[str, list[str]] = field(default_factory=dict)
    compiled: dict[str, re.Pattern[str]] = field(default_factory=dict)

    def add(self, pattern: str, initials: Iterable[str]) -> None:
        """Take in a pattern; one that is there already changes nothing."""
        for initial in initials:
            patterns = self.by_initial.setdefault(initial, [])
            if pattern not in patterns:
                patterns.append(pattern)

    def fits(self, line: str, initial: str) -> bool:
        """Whether one of the patterns fits at the beginning of the line, whose first letter is `initial`."""
        own, any_ = self.compiled.get(initial), self.compiled.get(_ANY)
        return (own is not None and own.match(line) is not None) or (any_ is not None and any_.match(line) is not None)

    def close(self) -> None:
        """Nothing more is added: the patterns of a letter become one."""
        for initial, patterns in self.by_initial.items():
            joined = "|".join(f"(?:{pattern})" for pattern in patterns)
            self.compiled[initial] = re.compile(joined, re.IGNORECASE)


@dataclass(slots=True)
class Matcher:
    """Phrases by the place where they match: the whole line (prose is longer), its front, or anywhere.

    Those of the last kind go by the longest words in them, since to look for these costs little.
    """

    whole: Group = field(default_factory=Group)
    front: Group = field(default_factory=Group)
    anywhere: dict[str, re.Pattern[str]] = field(default_factory=dict)

    def fits(self, line: str) -> bool:
        """Whether one of the phrases fits the line."""
        initial = line[:1].lower()
        if len(line) <= MAX_WHOLE_CHARACTERS and self.whole.fits(line, initial):
            return True
        if self.front.fits(line, initial):
            return True
        lowered = line.lower()
        # A plain loop: half the time of any() with a generator, on every line of every page.
        for words, pattern in self.anywhere.items():  # noqa: SIM110
            if words in lowered and pattern.search(line):
                return True
        return False


def matcher(phrases: Sequence[Phrase]) -> Matcher:
    """The matcher of all these phrases."""
    made = Matcher()
    anywhere: dict[str, list[str]] = {}
    for phrase in phrases:
        pattern = pattern_of(phrase)
        if phrase.way == "contains":
            words = max(re.split("[…'’]", phrase.text), key=len).strip().lower()
            anywhere.setdefault(words, []).append(pattern)
        elif phrase.way == "line" or phrase.text.endswith("$"):
            made.whole.add(pattern, _initials(phrase))
        else:
            made.front.add(pattern, _initials(phrase))
    made.whole.close()
    made.front.close()
    made.anywhere = {words: re.compile("|".join(each), re.IGNORECASE) for words, each in anywhere.items()}
    return made


def pattern_of(phrase: Phrase) -> str:
    """The regular expression of a phrase, to be matched at the beginning of a line (`contains`: anywhere)."""
    if phrase.way == "pattern":
        return phrase.text
    words = _words_of(phrase.text)
    if phrase.way == "contains":
        return rf"(?<!\w){words}"
    return rf"{words}\W*$" if phrase.way == "line" else words


def _words_of(text: str) -> str:
    """A phrase as it is read by people: … is a gap, any apostrophe will do, and it doesn't end inside a word."""
    escaped = _GAP.join(re.escape(part.strip()) for part in text.split("…")).replace("'", "['’]")
    return escaped + (r"(?!\w)" if text[-1].isalnum() else "")


def _initials(phrase: Phrase) -> Iterable[str]:
    """The first letters, in lower case, of the lines that a phrase can fit; the empty one where that is not plain."""
    if phrase.way != "pattern":
        return (phrase.text[0].lower(),)
    starts = _alternatives(phrase.text)
    is_plain = all(start[:1].isalpha() and start[1:2] not in _QUANTIFIERS for start in starts)
    return {start[0].lower() for start in starts} if starts and is_plain else (_ANY,)


def _alternatives(pattern: str) -> list[str]:
    """The alternatives that a pattern begins with; a pattern without a group at its front is its only one."""
    if not pattern.startswith("("):
        return [] if "|" in _outer(pattern) else [pattern]
    end = _closing(pattern)
    rest = pattern[end + 1 :]
    if rest[:1] in tuple(_QUANTIFIERS) or "|" in _outer(rest):
        return []
    return _outer(pattern[1:end]).split("|")


def _closing(pattern: str) -> int:
    """Where the group at the front of a pattern ends."""
    depth = 0
    for at, sign in enumerate(re.sub(r"\\.", "\0\0", pattern)):
        depth += (sign == "(") - (sign == ")")
        if not depth:
            return at
    return len(pattern)


def _outer(pattern: str) -> str:
    """The pattern without what stands inside its groups; escaped signs and sets stay out as well."""
    plain = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "\0", pattern)
    while (without := re.sub(r"\([^()]*\)", "\0", plain)) != plain:
        plain = without
    return plain
