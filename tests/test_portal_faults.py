"""Every fault of the sample portal does what it says, as often as it was ordered, and only where it was ordered."""

import gzip
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from urllib.parse import urlsplit

import pytest

from portal import client
from portal.client import RunningPortal
from portal.faults import FAULTS

PATH = "/rss/news"


@pytest.fixture(scope="module")
def portal() -> Iterator[RunningPortal]:
    """One portal for all faults; each test withdraws its own."""
    with client.start(articles=20) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults_left(portal: RunningPortal) -> Iterator[None]:
    yield
    portal.clear_faults()


def ask(portal: RunningPortal, path: str = PATH, timeout: float = 5) -> HTTPResponse:
    """The response to a GET on the first portal, its body not yet read."""
    address = urlsplit(portal.portals[0]["homepage"])
    connection = HTTPConnection(address.hostname or "", address.port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip", "Connection": "close"})
        return connection.getresponse()
    except BaseException:
        connection.close()
        raise


def shows_status(portal: RunningPortal) -> None:
    portal.fault("status", value={"status": 429, "retry_after": "30"})
    with ask(portal) as response:
        assert (response.status, response.getheader("Retry-After")) == (429, "30")
    portal.clear_faults()
    portal.fault("status", value=410)
    with ask(portal) as response:
        assert response.status == 410


def hangs(portal: RunningPortal) -> None:
    portal.fault("hang")
    with pytest.raises(TimeoutError):
        ask(portal, timeout=0.3)


def is_slow(portal: RunningPortal) -> None:
    portal.fault("slow", value=300)
    began = time.monotonic()
    with ask(portal) as response:
        assert response.status == 200
    assert time.monotonic() - began >= 0.3


def drips(portal: RunningPortal) -> None:
    portal.fault("drip", value=0.05)
    with ask(portal) as response:
        assert int(response.headers["Content-Length"]) > 100
        began = time.monotonic()
        assert len(response.read(5)) == 5
        assert time.monotonic() - began >= 0.15


def truncates(portal: RunningPortal) -> None:
    portal.fault("truncate")
    with ask(portal) as response, pytest.raises(IncompleteRead) as caught:
        response.read()
    assert caught.value.partial
    assert caught.value.expected


def resets(portal: RunningPortal) -> None:
    portal.fault("reset")
    with pytest.raises((ConnectionResetError, IncompleteRead)), ask(portal) as response:
        response.read()


def redirects(portal: RunningPortal) -> None:
    portal.fault("redirect", value={"to": "http://127.0.0.1:9/x", "status": 301})
    with ask(portal) as response:
        assert (response.status, response.getheader("Location")) == (301, "http://127.0.0.1:9/x")


def loops(portal: RunningPortal) -> None:
    portal.fault("redirect_loop")
    path = PATH
    for hop in range(1, 6):
        with ask(portal, path) as response:
            assert response.status == 302
            path = response.headers["Location"]
        assert path == f"{PATH}?hop={hop}"


def is_empty(portal: RunningPortal) -> None:
    portal.fault("empty")
    with ask(portal) as response:
        assert (response.status, response.read()) == (200, b"")


def is_not_a_feed(portal: RunningPortal) -> None:
    portal.fault("not_a_feed")
    with ask(portal) as response:
        assert response.headers["Content-Type"].startswith("application/rss+xml")
        assert response.read().startswith(b"<!DOCTYPE html>")


def asks_for_consent(portal: RunningPortal) -> None:
    portal.fault("consent")
    with ask(portal) as response:
        assert "Zustimmung" in response.read().decode()


def explodes(portal: RunningPortal) -> None:
    portal.fault("bomb", value=20)
    with ask(portal) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        body = response.read()
    assert len(body) < 100_000
    assert len(zlib.decompress(body, 31)) == 20 << 20


def lies_about_its_encoding(portal: RunningPortal) -> None:
    portal.fault("wrong_encoding_header")
    with ask(portal) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.read().startswith(b"<?xml")


def nests_deeply(portal: RunningPortal) -> None:
    portal.fault("crash_page")
    with ask(portal) as response:
        assert response.read().count(b"<div>") == 50_000


def stays_stale(portal: RunningPortal) -> None:
    portal.fault("stale")
    with ask(portal) as response:
        assert response.status == 304


CHECKS: dict[str, Callable[[RunningPortal], None]] = {
    "status": shows_status,
    "hang": hangs,
    "slow": is_slow,
    "drip": drips,
    "truncate": truncates,
    "reset": resets,
    "redirect": redirects,
    "redirect_loop": loops,
    "empty": is_empty,
    "not_a_feed": is_not_a_feed,
    "consent": asks_for_consent,
    "bomb": explodes,
    "wrong_encoding_header": lies_about_its_encoding,
    "crash_page": nests_deeply,
    "stale": stays_stale,
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_each_fault_does_what_it_says_and_ends_when_withdrawn(portal: RunningPortal, fault: str) -> None:
    CHECKS[fault](portal)
    portal.clear_faults()
    with ask(portal) as response:
        assert gzip.decompress(response.read()).startswith(b"<?xml")


def test_a_fault_happens_as_often_as_ordered(portal: RunningPortal) -> None:
    portal.fault("status", value=503, times=2)
    statuses = []
    for _ in range(3):
        with ask(portal) as response:
            statuses.append(response.status)
    assert statuses == [503, 503, 200]


def test_a_fault_keeps_to_its_portal_and_path(portal: RunningPortal) -> None:
    portal.fault("status", value=503, portal="alpenboerse", path="^/rss/")
    portal.fault("status", value=500, portal="tagesfinanz")
    with ask(portal) as response:
        assert response.status == 503
    with ask(portal, "/robots.txt") as response:
        assert response.status == 200


def test_the_oldest_fault_goes_first(portal: RunningPortal) -> None:
    portal.fault("status", value=500, times=1)
    portal.fault("status", value=404, times=1)
    statuses = []
    for _ in range(2):
        with ask(portal) as response:
            statuses.append(response.status)
    assert statuses == [500, 404]


def test_the_ledger_books_a_request_that_got_no_answer(portal: RunningPortal) -> None:
    portal.clear_ledger()
    portal.fault("hang")
    address = urlsplit(portal.portals[0]["homepage"])
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=5) as connection:
        connection.sendall(b"GET /rss/news HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    deadline = time.monotonic() + 5
    while not portal.ledger() and time.monotonic() < deadline:
        pass
    assert [line["status"] for line in portal.ledger()] == [0]
