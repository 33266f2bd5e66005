"""Captures of a web archive: recognised by their address, asked in its rhythm, read as the portal's own pages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from makers import NOW

from tasks.captures import as_kept, as_published, least_delay
from tasks.model import Page
from tasks.rows import visits_of

OWN = "https://www.nordwerk.example/markt/zinsen-12"
CAPTURE = f"https://web.archive.org/web/20260303091500id_/{OWN}"


def page(url: str, final_url: str | None = None, captured_at: datetime | None = None) -> Page:
    return Page(url, final_url or url, 200, {}, None, "utf-8", b"x", b"", NOW, 7, captured_at)


def test_the_time_of_a_capture_is_that_of_the_address_that_answered() -> None:
    kept = as_kept(page(CAPTURE, CAPTURE.replace("091500", "093000")))
    assert kept.captured_at == datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
    assert kept.final_url == CAPTURE.replace("091500", "093000"), "the archive keeps what was asked and what answered"


def test_a_page_of_the_portal_is_no_capture() -> None:
    plain = page(OWN)
    assert as_kept(plain) is plain
    assert as_published(plain) is plain


def test_a_capture_is_read_under_the_address_of_the_portal() -> None:
    shown = as_published(as_kept(page(CAPTURE)))
    assert (shown.url, shown.final_url) == (OWN, OWN)


def test_a_page_that_came_along_keeps_its_own_address() -> None:
    along = page(OWN, captured_at=NOW)
    assert as_published(along) is along


def entry(entry_id: int, url: str, delay: timedelta, concurrency: int) -> dict[str, Any]:
    plain: dict[str, Any] = {"host": "h:443", "page_id": None, "user_agent": None, "headers": None, "article_id": None}
    return plain | {"id": entry_id, "url": url, "delay": delay, "concurrency": concurrency}


PACES = {
    "a portal is asked as its source wishes": (OWN, timedelta(seconds=0.1), timedelta(seconds=0.1), 4),
    "a web archive has its own distance": (CAPTURE, timedelta(seconds=0.1), timedelta(seconds=1.5), 1),
    "a more careful source keeps its distance": (CAPTURE, timedelta(seconds=9), timedelta(seconds=9), 1),
}


@pytest.mark.parametrize(("url", "wished", "delay", "concurrency"), PACES.values(), ids=PACES)
def test_the_pace_of_a_visit(url: str, wished: timedelta, delay: timedelta, concurrency: int) -> None:
    host = {"host": "h:443", "robots_status": None, "robots_expires_at": None, "next_request_at": NOW}
    (visit,) = visits_of([host], [entry(1, url, wished, 4), entry(2, url, wished, 4)])
    assert (visit.delay, visit.concurrency) == (delay, concurrency)


def test_only_a_capture_asks_for_patience() -> None:
    assert least_delay([OWN]) is None
    assert least_delay([OWN, CAPTURE]) == timedelta(seconds=1.5)


@pytest.mark.parametrize(
    ("url", "told"), [(OWN, {"Cookie": "ours", "User-Agent": "N"}), (CAPTURE, {"User-Agent": "N"})]
)
def test_what_a_source_wants_to_be_told_is_kept_from_a_web_archive(url: str, told: dict[str, str]) -> None:
    host = {"host": "h:443", "robots_status": None, "robots_expires_at": None, "next_request_at": NOW}
    row = entry(1, url, timedelta(seconds=1), 1) | {"user_agent": "N", "headers": {"Cookie": "ours"}}
    (visit,) = visits_of([host], [row])
    assert visit.wanted[0].headers == told
