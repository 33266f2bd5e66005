"""Faults of connection, status and way: each does what it says, as often as ordered, and only where it was ordered."""

import socket
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from http.client import IncompleteRead
from urllib.parse import urlsplit

import pytest
from portal_asking import FEED, article, base, feed, get, open_answer

from portal import client
from portal.client import PortalError, RunningPortal
from portal.faults import redirects, statuses, wire


@pytest.fixture(scope="module")
def portal() -> Iterator[RunningPortal]:
    """One portal for all faults; each test withdraws its own."""
    with client.start(articles=20) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults_left(portal: RunningPortal) -> Iterator[None]:
    yield
    portal.clear_faults()


def hangs(portal: RunningPortal) -> None:
    portal.fault("hang")
    with pytest.raises(TimeoutError), open_answer(base(portal) + FEED, timeout=0.3):
        pass


def stalls(portal: RunningPortal) -> None:
    portal.fault("stall")
    with open_answer(base(portal) + FEED, timeout=0.5) as response:
        assert response.read(10)
        with pytest.raises(TimeoutError):
            response.read()


def is_slow(portal: RunningPortal) -> None:
    portal.fault("slow", value=300)
    began = time.monotonic()
    assert feed(portal).status == 200
    assert time.monotonic() - began >= 0.3


def drips(portal: RunningPortal) -> None:
    portal.fault("drip", value=0.05)
    with open_answer(base(portal) + FEED) as response:
        assert int(response.headers["Content-Length"]) > 100
        began = time.monotonic()
        assert len(response.read(5)) == 5
        assert time.monotonic() - began >= 0.15


def truncates(portal: RunningPortal) -> None:
    portal.fault("truncate")
    with pytest.raises(IncompleteRead) as caught:
        feed(portal)
    assert caught.value.partial
    assert caught.value.expected


def resets(portal: RunningPortal) -> None:
    portal.fault("reset")
    with pytest.raises((ConnectionResetError, IncompleteRead)):
        feed(portal)


def breaks_a_chunk(portal: RunningPortal) -> None:
    portal.fault("broken_chunk")
    with open_answer(base(portal) + FEED) as response:
        assert response.headers["Transfer-Encoding"] == "chunked"
        with pytest.raises(IncompleteRead) as caught:
            response.read()
    assert b"<?xml" in caught.value.partial


def shows_status(portal: RunningPortal) -> None:
    portal.fault("status", value={"status": 429, "retry_after": "30"})
    answer = feed(portal)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "30")
    portal.clear_faults()
    portal.fault("status", value=410)
    assert feed(portal).status == 410


def shows_statuses_per_address(portal: RunningPortal) -> None:
    portal.fault("statuses", value=[500, 404, 200, 503])
    assert [feed(portal).status for _ in range(6)] == [500, 404, 200, 503, 200, 200]
    assert get(base(portal) + "/").status == 500


def asks_for_patience(portal: RunningPortal) -> None:
    waits = {}
    for form in statuses.RETRY_AFTER:
        portal.fault("retry_after", value=form, times=1)
        answer = feed(portal)
        assert answer.status == 503
        waits[form] = answer.headers.get("Retry-After")
        if form in ("date", "past", "skewed"):
            apart = parsedate_to_datetime(answer.headers["Retry-After"]) - parsedate_to_datetime(answer.headers["Date"])
            waits[form] = "in the past" if apart.total_seconds() < 0 else "in a minute"
    assert waits == {
        "seconds": "5",
        "date": "in a minute",
        "past": "in the past",
        "skewed": "in a minute",
        "negative": "-1",
        "huge": "1000000000",
        "word": "soon",
        "missing": None,
    }
    portal.fault("retry_after", value={"form": "word", "status": 429})
    assert feed(portal).status == 429


def forbids(portal: RunningPortal) -> None:
    portal.fault("forbidden")
    answer = feed(portal)
    assert (answer.status, answer.headers["cf-mitigated"]) == (403, "challenge")
    assert "Zugriff verweigert" in answer.text


def demands_a_name(portal: RunningPortal) -> None:
    portal.fault("unauthorised")
    answer = feed(portal)
    assert (answer.status, answer.headers["Content-Type"]) == (401, "application/json")


def challenges(portal: RunningPortal) -> None:
    portal.fault("challenge")
    answer = feed(portal)
    assert (answer.status, answer.headers["x-amzn-waf-action"]) == (202, "challenge")


def shows_a_captcha(portal: RunningPortal) -> None:
    portal.fault("captcha")
    answer = get(article(portal, "cornhill-courier")["url"])
    assert answer.status == 200
    assert "Are you human?" in answer.text
    assert "captcha" in answer.text


def adds_headers(portal: RunningPortal) -> None:
    portal.fault("headers", value={"X-Robots-Tag": "noarchive", "Expires": "0"})
    answer = feed(portal)
    assert (answer.headers["X-Robots-Tag"], answer.headers["Expires"]) == ("noarchive", "0")
    assert answer.text.startswith("<?xml")


def adds_many_headers(portal: RunningPortal) -> None:
    # More than a hundred headers end the standard library's client, so the lines are counted on the wire.
    portal.fault("many_headers")
    address = urlsplit(base(portal))
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=5) as connection:
        connection.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.count(b"\r\nX-Trace-") == 150


def is_choosy(portal: RunningPortal) -> None:
    portal.fault("choosy", value={"header": "Accept", "wants": r"\*/\*$", "status": 406})
    assert feed(portal, Accept="application/rss+xml").status == 406
    assert feed(portal, Accept="application/rss+xml, */*").status == 200


def redirects_anywhere(portal: RunningPortal) -> None:
    portal.fault("redirect", value={"to": "http://127.0.0.1:9/x", "status": 301})
    answer = feed(portal)
    assert (answer.status, answer.location) == (301, "http://127.0.0.1:9/x")
    portal.clear_faults()
    portal.fault("redirect", value="/")
    assert (feed(portal).status, feed(portal).location) == (302, "/")


def loops(portal: RunningPortal) -> None:
    portal.fault("redirect_loop")
    path = FEED
    for hop in range(1, 6):
        answer = get(base(portal) + path)
        assert (answer.status, answer.location) == (302, f"{FEED}?hop={hop}")
        path = answer.location


def loops_on_itself(portal: RunningPortal) -> None:
    portal.fault("redirect_self")
    assert feed(portal).location == FEED


def wants_a_cookie(portal: RunningPortal) -> None:
    portal.fault("redirect_cookie")
    answer = feed(portal)
    assert (answer.status, answer.location) == (302, FEED)
    assert feed(portal, Cookie=answer.headers["Set-Cookie"].partition(";")[0]).status == 200


def hops(portal: RunningPortal) -> None:
    portal.fault("redirect_hops")
    path, count = FEED, 0
    while (answer := get(base(portal) + path)).status == 302:
        path, count = answer.location, count + 1
    assert count == 40
    assert answer.text.startswith("<?xml")
    portal.clear_faults()
    portal.fault("redirect_hops", value=1)
    url = article(portal, "donaumarkt")["url"]
    onward = get(url).location
    assert onward.endswith("&hop=1")
    assert get(base(portal, "donaumarkt") + onward).status == 200


def leads_inside(portal: RunningPortal) -> None:
    targets = {}
    for name in redirects.INSIDE:
        portal.fault("redirect_inside", value=name, times=1)
        targets[name] = feed(portal).location
    assert targets["metadata"].startswith("http://169.254.169.254/")
    assert targets["mapped"] == "http://[::ffff:10.0.0.1]/"
    assert {urlsplit(target).scheme for target in targets.values()} == {"http", "file", "gopher"}


def moves(portal: RunningPortal) -> None:
    portal.fault("moved", value=308, path="/rss")
    answer = feed(portal)
    assert (answer.status, answer.location) == (308, f"/neu{FEED}")
    assert get(base(portal) + answer.location).text.startswith("<?xml")


CHECKS: dict[str, Callable[[RunningPortal], None]] = {
    "hang": hangs,
    "stall": stalls,
    "slow": is_slow,
    "drip": drips,
    "truncate": truncates,
    "reset": resets,
    "broken_chunk": breaks_a_chunk,
    "status": shows_status,
    "statuses": shows_statuses_per_address,
    "retry_after": asks_for_patience,
    "forbidden": forbids,
    "unauthorised": demands_a_name,
    "challenge": challenges,
    "captcha": shows_a_captcha,
    "headers": adds_headers,
    "many_headers": adds_many_headers,
    "choosy": is_choosy,
    "redirect": redirects_anywhere,
    "redirect_loop": loops,
    "redirect_self": loops_on_itself,
    "redirect_cookie": wants_a_cookie,
    "redirect_hops": hops,
    "redirect_inside": leads_inside,
    "moved": moves,
}


@pytest.mark.parametrize("fault", sorted({**wire.FAULTS, **statuses.FAULTS, **redirects.FAULTS}))
def test_each_fault_does_what_it_says_and_ends_when_withdrawn(portal: RunningPortal, fault: str) -> None:
    CHECKS[fault](portal)
    portal.clear_faults()
    assert feed(portal, Accept_Encoding="gzip").text.startswith("<?xml")


def test_a_fault_happens_as_often_as_ordered(portal: RunningPortal) -> None:
    portal.fault("status", value=503, times=2)
    assert [feed(portal).status for _ in range(3)] == [503, 503, 200]


def test_a_fault_keeps_to_its_portal_and_path(portal: RunningPortal) -> None:
    portal.fault("status", value=503, portal="alpenboerse", path="^/rss/")
    portal.fault("status", value=500, portal="tagesfinanz")
    assert feed(portal).status == 503
    assert get(base(portal) + "/robots.txt").status == 200


def test_a_path_may_name_the_query(portal: RunningPortal) -> None:
    portal.fault("status", value=503, path="page=2$")
    assert get(f"{base(portal)}/archiv?page=1").status == 200
    assert get(f"{base(portal)}/archiv?page=2").status == 503


def test_the_oldest_fault_goes_first(portal: RunningPortal) -> None:
    portal.fault("status", value=500, times=1)
    portal.fault("status", value=404, times=1)
    assert [feed(portal).status for _ in range(2)] == [500, 404]


def test_a_word_that_a_fault_does_not_know_is_refused(portal: RunningPortal) -> None:
    with pytest.raises(PortalError, match="unknown value 'sideways' of redirect_inside, known are: ssh, metadata"):
        portal.fault("redirect_inside", value="sideways")


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
