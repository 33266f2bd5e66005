"""Source files as files: where they may be written, a new one as text, and the one line of an old one that changes.

What may be in them is said by config/sources.py.
"""

import os
import re
from collections.abc import Mapping
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from config.errors import Misconfigured

# A comment behind the value stays, and so does the end of line that the file has.
_VERIFIED = re.compile(r"^(verified:)[ \t]*[^#\r\n]*?([ \t]+#[^\r\n]*)?(\r?)$", re.MULTILINE)
_FEEDS = re.compile(r"^feeds:", re.MULTILINE)


class _Indented(yaml.SafeDumper):
    """Lists are indented below their key, as in the shipped files."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's signature
        """Begin a level; never without indentation."""
        super().increase_indent(flow, indentless=False)


def as_yaml(content: Mapping[str, Any]) -> str:
    """`content` in the form of a source file: keys in their order, quotes only where YAML wants them."""
    return yaml.dump(dict(content), Dumper=_Indented, sort_keys=False, allow_unicode=True, width=110)


def shipped_folder() -> Path:
    """The folder of the files that come with Newstape."""
    return Path(str(resources.files("config") / "sources")).resolve()


def folder_for_new_files(folder: Path | None) -> Path:
    """`folder`, if new source files may be written there; Misconfigured says what to do where not."""
    if folder is not None and folder.resolve() != shipped_folder():
        return folder
    raise Misconfigured(
        f"Nothing was written: the shipped folder {shipped_folder()} is replaced by the next upgrade. Make a folder of "
        "your own (copy the shipped files that you want to keep), set NEWSTAPE_SOURCES_DIR to it or name it with "
        "--sources, and try again."
    )


def folder_to_edit(folder: Path | None) -> Path:
    """The folder whose files may be edited: the user's own, or the shipped one in a checkout; else Misconfigured."""
    chosen = folder or shipped_folder()
    is_installed = (
        chosen.resolve() == shipped_folder() and not (shipped_folder().parents[1] / "pyproject.toml").exists()
    )
    if is_installed or not os.access(chosen, os.W_OK):
        raise Misconfigured(
            f"Nothing was asked: the source files in {chosen} can't be changed here. Leave --write out, or set "
            "NEWSTAPE_SOURCES_DIR (or --sources) to a folder of your own that may be written to."
        )
    return chosen


def write_new(file: Path, text: str) -> None:
    """Write a new file; Misconfigured where there is one already, or where it can't be written."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise Misconfigured(
            f"{file} exists already and was left as it is. Choose another --slug, or edit it."
        ) from None
    except OSError as error:
        raise Misconfigured(
            f"{file} can't be written: {error.strerror}. Choose another folder with --sources."
        ) from error


def verify(file: Path, day: date) -> bool:
    """Set `verified` in a source file to `day`, leaving all else; whether anything had to change."""
    try:
        before = file.read_bytes()
        after = with_verified(before.decode("utf-8"), day).encode("utf-8")
        if after != before:
            file.write_bytes(after)
    except OSError as error:
        raise Misconfigured(f"{file} can't be changed: {error.strerror}. The files before it were.") from error
    return after != before


def with_verified(text: str, day: date) -> str:
    """The text of a source file with `verified` set to `day`: that line changes, or comes before `feeds`."""
    changed, count = _VERIFIED.subn(rf"\g<1> {day}\g<2>\g<3>", text, count=1)
    if count:
        return changed
    found = _FEEDS.search(text)
    if found is None:
        raise Misconfigured(f"A source file has no line that begins with feeds: write verified: {day} yourself.")
    ending = "\r\n" if "\r\n" in text else "\n"
    return f"{text[: found.start()]}verified: {day}{ending}{text[found.start() :]}"
