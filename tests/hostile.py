"""Work for the extraction pool that does what the body of a page says: the worst that a page can do to a process."""

import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from config.errors import Misconfigured
from tasks.extract.pool import Job, Outcome
from tasks.model import Article, Page, Profile

PROFILE = Profile("nordwerk", "Nordwerk", "de", "Europe/Zurich")


def job(order: str) -> Job:
    """A page that orders something; what is no order becomes an article with it as the title."""
    body = order.encode()
    url = "https://nordwerk.example/a"
    return Job(Page(url, url, 200, {}, None, "utf-8", body, b"", datetime(2026, 3, 1, tzinfo=UTC), 7), PROFILE)


def work(jobs: Sequence[Job], max_bytes: int) -> list[Outcome]:
    """The outcomes, if this process lives to give them."""
    return [_obey(one.page.body.decode(), max_bytes) for one in jobs]


def _obey(order: str, max_bytes: int) -> Article:
    if order == "abort":
        os.abort()
    if order == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if order == "leave":
        os._exit(0)
    if order == "nap":
        time.sleep(0.01)
    if order == "sleep":
        time.sleep(60)
    if order == "hang":
        # One long calculation in C: no signal handler of Python runs before it is done.
        _ = 3 ** (10**8)
    if order == "misconfigured":
        raise Misconfigured("a word list is missing")
    titles = {
        "pid": str(os.getpid()),
        "nap": str(os.getpid()),
        "modules": " ".join(sys.modules),
        "limit": str(max_bytes),
    }
    return Article(titles.get(order, order), "text", "de")
