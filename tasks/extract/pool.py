"""Extraction in child processes: a page that hangs or aborts its process costs that page, never the batch.

trafilatura and lxml are not thread-safe together (concurrent extractions can abort the process), so a child does
one page at a time. Pages travel compressed, as received; a chunk is about eight of them, so that the hand-over
stays cheap; a chunk that fails is repeated page by page.
"""

import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import context, popen_forkserver
from multiprocessing.process import BaseProcess
from types import ModuleType, TracebackType
from typing import Protocol, Self

from pebble import ProcessExpired, ProcessPool

from config.errors import NewstapeError
from tasks.extract.article import extract_article
from tasks.model import Article, Page, Profile
from tasks.outcome import Failure, Reason, Stage

CHUNK_PAGES = 8
# How long after its limit a child ends by itself: only when nobody is there any more to end it.
GRACE_S = 2.0


@dataclass(frozen=True, slots=True)
class Job:
    """One page to extract, what its source tells about its pages, and what the feed said about this one."""

    page: Page
    profile: Profile
    teaser: str | None = None


Outcome = Article | Failure
# What a child does with a chunk and the body limit in bytes; a function of a module, so that it can be named to it.
Work = Callable[[Sequence[Job], int], list[Outcome]]


class Extractors(Protocol):
    """Where extraction runs."""

    def map(self, jobs: Sequence[Job]) -> list[Outcome]:
        """The outcome of each job, in order."""


class LocalExtractors:
    """A pool of `processes` children on this machine; use as a context manager, or call `close`.

    The children start with the first page, so that a run without news does not pay for them. `timeout` is for a
    chunk and, where that is not enough, for each of its pages; None as `work` is `extract_chunk`.
    """

    def __init__(self, processes: int, timeout: timedelta, max_bytes: int, work: Work | None = None) -> None:
        self._processes = processes
        self._work = work or extract_chunk
        self._timeout_s = timeout.total_seconds()
        self._max_bytes = max_bytes
        self._pool: ProcessPool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def map(self, jobs: Sequence[Job]) -> list[Outcome]:
        """The outcome of each job, in order; a page that hangs is HUNG, one that ends its process is CRASH."""
        if not jobs:
            return []
        chunks = list(_chunks(jobs, CHUNK_PAGES))
        return [outcome for outcomes in self._run(chunks, retry=True) for outcome in outcomes]

    def close(self) -> None:
        """End the children."""
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
            self._pool = None

    def _run(self, chunks: Sequence[Sequence[Job]], *, retry: bool) -> Iterator[list[Outcome]]:
        pool = self._started()
        rest = (self._max_bytes, self._work, self._timeout_s + GRACE_S)
        futures = [pool.schedule(_mortal, args=(chunk, *rest), timeout=self._timeout_s) for chunk in chunks]
        for chunk, future in zip(chunks, futures, strict=True):
            try:
                yield future.result()
            except (FutureTimeoutError, ProcessExpired) as error:
                if retry and len(chunk) > 1:
                    yield [outcome for alone in self._run([[job] for job in chunk], retry=False) for outcome in alone]
                else:
                    yield [self._failure(error)]

    def _failure(self, error: Exception) -> Failure:
        if isinstance(error, ProcessExpired) and error.exitcode != -signal.SIGALRM:
            return Failure(Stage.EXTRACT, Reason.CRASH, f"the extracting process ended with exit code {error.exitcode}")
        return Failure(Stage.EXTRACT, Reason.HUNG, f"extraction took longer than {self._timeout_s:g} s and was ended")

    def _started(self) -> ProcessPool:
        if self._pool is None:
            children = _LightContext()
            # trafilatura is imported with the first page otherwise, by every child anew.
            children.set_forkserver_preload([__name__, self._work.__module__, "trafilatura"])
            self._pool = ProcessPool(max_workers=self._processes, context=children)
        return self._pool


def extract_chunk(jobs: Sequence[Job], max_bytes: int) -> list[Outcome]:
    """The outcome of each job, extracted here and now."""
    return [_extract(job, max_bytes) for job in jobs]


def _mortal(jobs: Sequence[Job], max_bytes: int, work: Work, limit_s: float) -> list[Outcome]:
    """What `work` returns, in a child that the kernel ends after `limit_s` seconds.

    Ending a hung child is the parent's task, but a parent that was killed leaves it running for ever.
    """
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        return work(jobs, max_bytes)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _extract(job: Job, max_bytes: int) -> Outcome:
    """A broad catch: a page must not be able to stop the others. What a person has to act on goes up."""
    try:
        return extract_article(job.page, job.profile, limit=max_bytes, teaser=job.teaser)
    except NewstapeError:
        raise
    except Exception:  # noqa: BLE001 - foreign parsers on foreign input; the traceback is kept
        return Failure(Stage.EXTRACT, Reason.CRASH, traceback.format_exc(limit=-6))


def _chunks(jobs: Sequence[Job], size: int) -> Iterable[Sequence[Job]]:
    return (jobs[start : start + size] for start in range(0, len(jobs), size))


class _LightPopen(popen_forkserver.Popen):
    """Starts a child without telling it our main module: importing Prefect's would cost each child 2 s."""

    def _launch(self, process_obj: BaseProcess) -> None:
        with _no_main():
            super()._launch(process_obj)  # type: ignore[misc]


class _LightProcess(context.ForkServerProcess):
    @staticmethod
    def _Popen(process_obj: BaseProcess) -> popen_forkserver.Popen:  # noqa: N802 - multiprocessing's name
        return _LightPopen(process_obj)


class _LightContext(context.ForkServerContext):
    Process = _LightProcess


@contextmanager
def _no_main() -> Iterator[None]:
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
