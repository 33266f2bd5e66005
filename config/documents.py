"""YAML documents as plain text, lists and dicts, with the line of everything in them and what is wrong with them.

Scalars stay the text that was written (`country: NO` is Norway, not false), only null means something else.
What a document may say is not known here: that is for the models that read it (config/sources.py).
"""

from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from typing import NamedTuple

import yaml

_NULL_TAG = "tag:yaml.org,2002:null"
_NO_SOURCE = "holds no source; a file begins with its slug, as in slug: cash-ch"
_DEEPEST = 8  # keys and positions on the way to a value
_LOADER = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # libyaml where the wheel has it: 9 ms against 76 ms for 91 files (2026-11-22)

Location = tuple[str | int, ...]
Plain = str | None | list["Plain"] | dict[str, "Plain"]


class Problem(NamedTuple):
    """One mistake in one file, printed as `file.yaml:LINE: key: what is wrong; what would be right`."""

    file: str
    line: int
    key: str
    text: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (f"{self.file}:{self.line}", self.key, self.text)))


@dataclass(slots=True)
class Document:
    """What one file says, where it says it, and what is wrong with it; `content` is None where it can't be read."""

    file: str
    content: dict[str, Plain] | None = None
    lines: dict[Location, int] = field(default_factory=lambda: {(): 1})
    problems: list[Problem] = field(default_factory=list)
    collections: set[int] = field(default_factory=set)

    def line(self, place: Location) -> int:
        """Line of `place`, or of the nearest thing around it that the file has."""
        while place not in self.lines:
            place = place[:-1]
        return self.lines[place]

    def add(self, place: Location, text: str, line: int | None = None) -> None:
        """Book a problem at `place`; `line` where it is another than that of the place."""
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
        self.problems.append(Problem(self.file, line or self.line(place), key, text))


def read_document(file: Traversable, no_mapping: str = _NO_SOURCE) -> Document:
    """The document in `file`; what keeps it from being read is among its problems (`no_mapping`: it has no keys)."""
    document = Document(file.name)
    body = b""
    try:
        body = file.read_bytes()
        root = yaml.compose(body.decode("utf-8-sig"), Loader=_LOADER)
        if isinstance(root, yaml.MappingNode):
            document.content = _mapping(root, (), document)
        else:
            document.add((), no_mapping)
    except OSError as error:
        document.add((), f"can't be read ({error.strerror}); a source file is a plain file that we may read")
    except UnicodeDecodeError as error:
        document.add((), "is not UTF-8; save it in that encoding", _line_at(body, error.start))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        document.add((), f"is not YAML ({error.problem}); look at quotes, colons and indentation", line)
    except yaml.reader.ReaderError as error:
        document.add((), f"is not YAML ({error.reason}); remove the character", _line_at(body, error.position))
    return document


def _line_at(body: bytes, position: int) -> int:
    return body.count(b"\n", 0, position) + 1


def _plain(node: yaml.Node, place: Location, document: Document) -> Plain:
    """What `node` says as text, None, list or dict; the lines of everything in it go to `document`."""
    document.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return None if node.tag == _NULL_TAG else str(node.value)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, document)
    _visit(node, place, document)
    return [_plain(child, (*place, index), document) for index, child in enumerate(node.value)]


def _mapping(node: yaml.MappingNode, place: Location, document: Document) -> dict[str, Plain]:
    """What `node` says as a dict; of a key that is there twice the first counts, the second is a problem."""
    _visit(node, place, document)
    content: dict[str, Plain] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key that is no text", problem_mark=key.start_mark)
        inside = (*place, str(key.value))
        if key.value in content:
            document.add(inside, f"is already in line {document.line(inside)}; keep one of the two", line)
            continue
        document.lines[inside] = line
        content[key.value] = _plain(value, inside, document)
    return content


def _visit(node: yaml.Node, place: Location, document: Document) -> None:
    """Refuse what would make a small file endless: a collection inside itself or repeated by alias, and depth."""
    if id(node) in document.collections:
        raise yaml.MarkedYAMLError(problem="an alias repeats this", problem_mark=node.start_mark)
    if len(place) > _DEEPEST:
        raise yaml.MarkedYAMLError(problem="this is too deep inside others", problem_mark=node.start_mark)
    document.collections.add(id(node))
