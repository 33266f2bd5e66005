"""Sets of words that rules compare single tokens with: config/lexicons/words, one file a module, [name] a set."""

from functools import cache
from importlib import resources

from config.errors import Misconfigured


def word_set(file: str, name: str) -> frozenset[str]:
    """The words below `[name]` of the file, as written there; Misconfigured where there is no such set."""
    sets = _sets(file)
    if name not in sets:
        raise Misconfigured(
            f"config/lexicons/words/{file}.txt has no section [{name}]; put the words of that set below it"
        )
    return sets[name]


@cache
def _sets(file: str) -> dict[str, frozenset[str]]:
    text = (resources.files("config") / "lexicons" / "words" / f"{file}.txt").read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    words: set[str] = set()
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            words = found.setdefault(line[1:-1], set())
        elif line and not line.startswith("# "):
            words.add(line)
    return {name: frozenset(members) for name, members in found.items()}
