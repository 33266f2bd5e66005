"""Extraction in child processes: a page can cost itself, never the others, and nobody is left behind."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import psutil
import pytest
from hostile import job, work

from config.errors import Misconfigured
from tasks.extract.pool import CHUNK_PAGES, LocalExtractors, extract_chunk
from tasks.model import Article
from tasks.outcome import Failure, Reason, Stage

TESTS = Path(__file__).parent
TIMEOUT = timedelta(seconds=1)
PAGE = (
    "<html><head><title>{0}</title></head><body><article><h1>{0}</h1>" + "<p>{1}</p>" * 3 + "</article></body></html>"
)
SENTENCE = (
    "Der Gewinn des Herstellers stieg im dritten Quartal auf zwölf Millionen Franken, wie er am Montag mitteilte."
)


@pytest.fixture(scope="module")
def extractors() -> Iterator[LocalExtractors]:
    """Two children that do what the pages say."""
    with LocalExtractors(2, TIMEOUT, 12_345, work) as pool:
        yield pool


def told(extractors: LocalExtractors, *orders: str) -> list[str]:
    """Of each page its title, or the reason why it has none."""
    outcomes = extractors.map([job(order) for order in orders])
    return [outcome.title if isinstance(outcome, Article) else outcome.reason.value for outcome in outcomes]


def children() -> set[int]:
    """The processes below this one."""
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_outcomes_come_in_the_order_of_the_pages(extractors: LocalExtractors) -> None:
    orders = [f"page {number}" for number in range(5 * CHUNK_PAGES + 3)]
    assert told(extractors, *orders) == orders


def test_pages_are_extracted_in_other_processes_at_the_same_time(extractors: LocalExtractors) -> None:
    pids = {int(pid) for pid in told(extractors, *["nap"] * CHUNK_PAGES * 6)}
    assert len(pids) == 2
    assert os.getpid() not in pids


def test_the_body_limit_reaches_the_children(extractors: LocalExtractors) -> None:
    assert told(extractors, "limit") == ["12345"]


@pytest.mark.parametrize("end", ["abort", "segfault"])
def test_a_page_that_ends_its_process_costs_only_itself(extractors: LocalExtractors, end: str) -> None:
    orders = [f"page {number}" for number in range(3 * CHUNK_PAGES)]
    orders[10] = end
    assert told(extractors, *orders) == [*orders[:10], "crash", *orders[11:]]


def test_a_crash_says_how_the_process_ended(extractors: LocalExtractors) -> None:
    [outcome] = extractors.map([job("abort")])
    assert outcome == Failure(Stage.EXTRACT, Reason.CRASH, "the extracting process ended with exit code -6")


def test_a_page_that_never_comes_back_is_hung_and_the_others_are_fine(extractors: LocalExtractors) -> None:
    orders = [f"page {number}" for number in range(2 * CHUNK_PAGES)]
    orders[3], orders[CHUNK_PAGES + 3] = "sleep", "leave"
    expected = [order if order.startswith("page") else "hung" for order in orders]
    assert told(extractors, *orders) == expected


def test_a_page_that_listens_to_no_signal_is_hung_within_its_limit(extractors: LocalExtractors) -> None:
    began = time.monotonic()
    assert told(extractors, "hang", "page") == ["hung", "page"]
    assert time.monotonic() - began < 30


def test_what_a_person_has_to_change_is_no_fault_of_a_page(extractors: LocalExtractors) -> None:
    with pytest.raises(Misconfigured, match="a word list is missing"):
        told(extractors, "page", "misconfigured")
    assert told(extractors, "page") == ["page"]


def test_in_a_child_too_what_a_person_has_to_change_goes_up() -> None:
    class Incomplete:
        def __getattr__(self, name: str) -> None:
            raise Misconfigured(f"nothing says what {name} is")

    with pytest.raises(Misconfigured, match="nothing says"):
        extract_chunk([replace(job(""), page=cast("Any", Incomplete()))], 1000)


def test_children_start_with_the_first_page_and_end_with_the_pool() -> None:
    with LocalExtractors(1, TIMEOUT, 1000, work) as pool:
        assert pool.map([]) == []
        assert pool._pool is None
        [pid] = map(int, told(pool, "pid"))
        assert pid in children()
    assert pid not in children()


def test_a_pool_can_be_closed_twice_and_used_again() -> None:
    pool = LocalExtractors(1, TIMEOUT, 1000, work)
    pool.close()
    assert told(pool, "page") == ["page"]
    pool.close()
    pool.close()
    assert told(pool, "page") == ["page"]
    pool.close()


def test_without_other_work_pages_become_articles() -> None:
    broken = replace(job(""), page=cast("Any", None))
    with LocalExtractors(1, timedelta(seconds=30), 100_000) as pool:
        outcomes = pool.map([job(PAGE.format("Gewinn steigt", SENTENCE)), broken, job("%PDF-1.7 ...")])
    article, crash, pdf = outcomes
    assert isinstance(article, Article)
    assert article.title == "Gewinn steigt"
    assert SENTENCE in article.text
    assert isinstance(crash, Failure)
    assert crash.reason is Reason.CRASH
    assert "Traceback" in crash.detail
    assert "AttributeError" in crash.detail
    assert isinstance(pdf, Failure)
    assert pdf.reason is Reason.NOT_A_PAGE


def test_a_body_above_the_limit_is_refused_here_as_in_a_child() -> None:
    page = job(PAGE.format("Gewinn steigt", SENTENCE))
    [outcome] = extract_chunk([page], 50)
    assert isinstance(outcome, Failure)
    assert outcome.reason is Reason.TOO_LARGE


@pytest.fixture
def program(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Two programs at work whose main module imports prefect (a stand-in): one has idle children, one a hung child."""
    (tmp_path / "prefect.py").write_text("")
    path = os.pathsep.join([str(tmp_path), str(TESTS), str(TESTS.parent)])
    started = [
        subprocess.Popen(
            [sys.executable, TESTS / "hostile_run.py", *orders],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
        )
        for orders in ([], ["hang"])
    ]
    yield started
    for one in started:
        one.kill()
        one.wait()
        if one.stdout:
            one.stdout.close()


def said(program: subprocess.Popen[str]) -> list[str]:
    """The words of the next line that a program prints."""
    assert program.stdout is not None
    words = program.stdout.readline().split()
    assert words, f"the program ended with exit code {program.wait()}"
    return words


def test_children_are_light_and_do_not_outlive_a_killed_parent(program: list[subprocess.Popen[str]]) -> None:
    for one in program:
        modules = said(one)
        assert "tasks.extract.pool" in modules
        assert not {"prefect", "sqlalchemy", "aiohttp", "pydantic"} & set(modules)
    pids = [int(pid) for one in program for pid in said(one)]
    assert len(pids) >= 4
    for one in program:
        one.kill()
    deadline = time.monotonic() + 30
    while alive := [pid for pid in pids if psutil.pid_exists(pid)]:
        assert time.monotonic() < deadline, f"orphans: {alive}"
        time.sleep(0.05)
