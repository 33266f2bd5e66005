"""Fail where a dependency has no pin, a pin lies outside its range, or another distribution claims our import names."""

import re
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

LOCK = Path(__file__).parent.parent / "requirements.lock"
OURS = ("flows", "tasks", "sql", "config", "portal")
PIN = re.compile(r"([a-z0-9-]+)==([^\s;]+)")


def problems() -> list[str]:
    """What is wrong, one line each."""
    lines = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    pins = {match[1]: match[2] for line in lines if (match := PIN.fullmatch(line))}
    found = [f"requirements.lock: not a name==version line: {line}" for line in lines if not PIN.fullmatch(line)]
    return found + list(_unpinned(pins)) + list(_claimed())


def _unpinned(pins: dict[str, str]) -> list[str]:
    """Walk all dependencies, ours with the dev extra, as far as they are installed."""
    seen: set[str] = set()
    waiting = [Requirement("newstape[dev]")]
    found = []
    while waiting:
        wanted = waiting.pop()
        name = _normal(wanted.name)
        if name != "newstape":
            if name not in pins:
                found.append(f"requirements.lock: no pin for {name}; run `make lock`")
            elif not wanted.specifier.contains(Version(pins[name]), prereleases=True):
                found.append(f"requirements.lock: {name}=={pins[name]} lies outside {wanted.specifier}")
        key = f"{name}[{','.join(sorted(wanted.extras))}]"
        if key in seen:
            continue
        seen.add(key)
        waiting += [one for one in map(Requirement, distribution(name).requires or []) if _applies(one, wanted.extras)]
    return sorted(set(found))


def _applies(wanted: Requirement, extras: set[str]) -> bool:
    return wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras or {""})


def _claimed() -> list[str]:
    owners = packages_distributions()
    others = {name: sorted(set(owners.get(name, [])) - {"newstape"}) for name in OURS}
    return [f"the import name {name!r} is claimed by {', '.join(names)}" for name, names in others.items() if names]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    wrong = problems()
    print("\n".join(wrong) or "pins and import names are fine")
    sys.exit(1 if wrong else 0)
