"""The files in a folder and below it, in the order of their paths, never those of another folder."""

import os
from collections.abc import Callable
from pathlib import Path


def files_below(folder: Path, is_wanted: Callable[[str], bool]) -> tuple[list[Path], list[OSError]]:
    """The files with wanted names, and the folders that can't be read; links out of the folder are left out."""
    root = Path(os.path.realpath(folder))
    unread: list[OSError] = []
    found = [
        Path(parent, name)
        for parent, _, names in os.walk(folder, onerror=unread.append)
        for name in names
        if is_wanted(name)
    ]
    # realpath and not Path.resolve, which raises where links go round in a circle.
    return sorted(path for path in found if Path(os.path.realpath(path)).is_relative_to(root)), unread
