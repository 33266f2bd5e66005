"""Which lines of a page are the portal's notices and not its article; the patterns: config/lexicons/*/notices.txt."""

import re
from functools import lru_cache
from importlib import resources

from config.errors import Misconfigured

LANGUAGES = ("de", "en", "fr")
# As the pattern files promise: longer lines are prose, whatever they start with.
_MAX_WORDS = 60
_DATE_IN_FRONT = re.compile(
    r"^(?:(?:date|datum|stand)\W*)?\d{4}-\d{2}-\d{2}\W+|^\d{1,2}\.\d{1,2}\.\d{4}\W+", re.IGNORECASE
)


def is_notice(line: str) -> bool:
    """Whether the line is one of the portal's own: a redirect, a credit, a "read also", a share button's label.

    All languages are tried: portals mix them, and a pattern of one hardly ever fits a sentence of another.
    """
    return len(line.split()) <= _MAX_WORDS and _notices().match(_DATE_IN_FRONT.sub("", line)) is not None


def read_patterns(language: str) -> list[str]:
    """The patterns of one language in the order of the file; Misconfigured names a line that is no pattern."""
    name = f"lexicons/{language}/notices.txt"
    lines = (resources.files("config") / name).read_text(encoding="utf-8").splitlines()
    numbered = [(number, text) for number, line in enumerate(lines, 1) if (text := line.strip()) and text[0] != "#"]
    for number, pattern in numbered:
        try:
            re.compile(pattern)
        except re.error as error:
            raise Misconfigured(f"config/{name}:{number}: not a pattern ({error}): {pattern}") from error
    return [pattern for _, pattern in numbered]


@lru_cache(maxsize=1)
def _notices() -> re.Pattern[str]:
    """One expression of all patterns; read once in a process."""
    patterns = [pattern for language in LANGUAGES for pattern in read_patterns(language)]
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
