"""A program that extracts in children: prints what came of the orders given to it, and stays to be killed.

Its main module imports a module called prefect, as a flow does; the test says which.
"""

import sys
import threading
import time
from datetime import timedelta

import prefect
import psutil
from hostile import job, work

from tasks.extract.pool import LocalExtractors
from tasks.model import Article


def say(line: str) -> None:
    """Tell the test."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Extract "modules", start the order of the command line, say who our children are."""
    assert sys.modules["prefect"] is prefect
    extractors = LocalExtractors(2, timedelta(seconds=1), 100, work)
    [outcome] = extractors.map([job("modules")])
    say(outcome.title if isinstance(outcome, Article) else outcome.detail)
    for order in sys.argv[1:]:
        threading.Thread(target=extractors.map, args=([job(order)],), daemon=True).start()
    time.sleep(0.2)
    say(" ".join(str(child.pid) for child in psutil.Process().children(recursive=True)))
    time.sleep(60)


if __name__ == "__main__":
    main()
