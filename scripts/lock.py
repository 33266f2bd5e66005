"""Write requirements.lock: the versions that are installed here, as name==version lines and nothing else."""

import sys
from importlib.metadata import distributions
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements.lock"
# Ours, and what comes with every virtual environment.
LEFT_OUT = {"newstape", "pip", "setuptools", "wheel"}
HEADER = "# Frozen versions of all dependencies, the development ones included. Written by `make lock`.\n"


def main() -> int:
    """Write the file; returns the exit code."""
    found = {d.metadata["Name"].lower().replace("_", "-").replace(".", "-"): d.version for d in distributions()}
    pins = [f"{name}=={version}" for name, version in sorted(found.items()) if name not in LEFT_OUT]
    LOCK.write_text(HEADER + "\n".join(pins) + "\n", encoding="utf-8")
    print(f"{LOCK.name}: {len(pins)} pins")
    return 0


if __name__ == "__main__":
    sys.exit(main())
