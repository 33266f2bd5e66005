"""The running sample portal: its program, its answers, its ledger."""

import gzip
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from portal import client
from portal.client import PortalError, RunningPortal

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def running() -> Iterator[RunningPortal]:
    """One portal for the tests that leave no trace."""
    with client.start() as portal:
        yield portal


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers (lower case) and body of a GET."""
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        path = address.path + (f"?{address.query}" if address.query else "")
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def feed_url(running: RunningPortal, slug: str) -> str:
    portal = next(portal for portal in running.portals if portal["slug"] == slug)
    url: str = portal["feeds"][0]["url"]
    return url


def test_every_article_and_feed_answers_200(running: RunningPortal) -> None:
    for article in running.gold():
        assert get(article["url"])[0] == 200, article["id"]
    for portal in running.portals:
        assert get(portal["homepage"])[0] == 200
        for feed in portal["feeds"]:
            assert get(feed["url"])[0] == 200, feed


def test_each_portal_has_a_port_of_its_own(running: RunningPortal) -> None:
    ports = {urlsplit(portal["homepage"]).port for portal in running.portals}
    assert len(ports) == len(running.portals)
    assert urlsplit(running.control).port not in ports


def test_feeds_answer_304_to_their_own_validators(running: RunningPortal) -> None:
    for portal in running.portals:
        for feed in portal["feeds"]:
            _, headers, _ = get(feed["url"])
            assert "etag" in headers or "last-modified" in headers
            if "etag" in headers:
                status, _, body = get(feed["url"], If_None_Match=headers["etag"])
                assert (status, body) == (304, b"")
                assert get(feed["url"], If_None_Match='"other"')[0] == 200
            if "last-modified" in headers:
                assert get(feed["url"], If_Modified_Since=headers["last-modified"])[0] == 304


def test_a_new_article_ends_the_304() -> None:
    with client.start(articles=20) as portal:
        url = feed_url(portal, "tagesfinanz")
        tag = get(url)[1]["etag"]
        assert tag.startswith('W/"')
        portal.publish("tagesfinanz", 2)
        status, headers, _ = get(url, If_None_Match=tag)
        assert status == 200
        assert headers["etag"] != tag


def test_an_edit_is_served() -> None:
    with client.start(articles=20) as portal:
        article = portal.gold()[0]
        before = get(article["url"])[2]
        corrected = portal.edit(article["id"])
        assert corrected["revision"] == 2
        assert get(article["url"])[2] != before


def test_bodies_are_gzipped_for_those_who_take_it(running: RunningPortal) -> None:
    url = running.gold()[0]["url"]
    _, headers, packed = get(url, Accept_Encoding="gzip, deflate")
    assert headers["content-encoding"] == "gzip"
    _, plain_headers, plain = get(url)
    assert "content-encoding" not in plain_headers
    assert gzip.decompress(packed) == plain


def test_charsets_are_named_omitted_and_wrong_as_on_real_portals(running: RunningPortal) -> None:
    types = {
        portal["slug"]: get(next(a["url"] for a in running.gold() if a["portal"] == portal["slug"]))[1]["content-type"]
        for portal in running.portals
    }
    assert types["tagesfinanz"] == "text/html"
    assert types["alpenboerse"] == "text/html; charset=utf-8"
    assert types["donaumarkt"] == "text/html; charset=iso-8859-1"


def test_robots_txt_forbids_a_path_that_the_odd_feed_lists(running: RunningPortal) -> None:
    base = next(portal["homepage"] for portal in running.portals if portal["slug"] == "boersenpuls")
    assert b"Disallow: /intern/" in get(base + "robots.txt")[2]
    assert b"/intern/vorschau" in get(feed_url(running, "boersenpuls"))[2]


def test_tracking_parameters_lead_to_the_same_article(running: RunningPortal) -> None:
    url = next(article["url"] for article in running.gold() if article["portal"] == "boersenpuls")
    assert get(f"{url}?utm_source=rss&utm_medium=feed")[2] == get(url)[2]


def test_an_address_in_the_query_is_an_address(running: RunningPortal) -> None:
    first, second = [article["url"] for article in running.gold() if article["portal"] == "donaumarkt"][:2]
    assert first.partition("?")[0] == second.partition("?")[0]
    assert get(first)[2] != get(second)[2]
    assert get(first.partition("?")[0])[0] == 404


def test_unknown_addresses_are_404(running: RunningPortal) -> None:
    assert get(running.portals[0]["homepage"] + "gibt-es-nicht")[0] == 404
    assert get(running.control + "/unknown")[0] == 404


def test_the_ledger_has_every_request_with_what_it_asked() -> None:
    with client.start(articles=10) as portal:
        url = feed_url(portal, "alpenboerse")
        get(url, If_None_Match='"x"', User_Agent="Probe/1")
        get(portal.portals[0]["homepage"] + "nichts?a=1")
        lines = portal.ledger()
        assert [(line["path"], line["status"]) for line in lines] == [("/rss/news", 200), ("/nichts?a=1", 404)]
        assert lines[0]["if_none_match"] == '"x"'
        assert lines[0]["user_agent"] == "Probe/1"
        assert lines[0]["bytes"] > 0
        assert lines[0]["at"] <= lines[1]["at"]
        summary = portal.summary()
        assert summary["by_status"] == {"200": 1, "404": 1}
        assert summary["portals"]["alpenboerse"]["peak_at_once"] == 1
        portal.clear_ledger()
        assert portal.ledger() == []


def test_source_files_describe_every_portal(tmp_path: Path) -> None:
    with client.start(articles=10, sources_dir=tmp_path, ready_file=tmp_path / "ready.json") as portal:
        for described in portal.portals:
            source = yaml.safe_load((tmp_path / f"{described['slug']}.yaml").read_text("utf-8"))
            assert source["slug"] == described["slug"]
            assert source["feeds"] == described["feeds"]
            assert (source["every"], source["delay"], source["concurrency"]) == ("1m", "0s", 8)
        assert json.loads((tmp_path / "ready.json").read_text("utf-8"))["control"] == portal.control


WRONG_ORDERS = {
    "an unknown fault": ({"fault": "earthquake"}, "unknown fault 'earthquake'"),
    "an unknown portal": ({"fault": "hang", "portal": "nowhere"}, "unknown or missing: nowhere"),
    "a broken pattern": ({"fault": "hang", "path": "("}, "not a regular expression"),
    "an unknown key": ({"fault": "hang", "colour": "red"}, "unknown keys: colour"),
}


@pytest.mark.parametrize(("wish", "message"), WRONG_ORDERS.values(), ids=WRONG_ORDERS.keys())
def test_wrong_orders_are_refused_with_the_reason(running: RunningPortal, wish: dict[str, str], message: str) -> None:
    with pytest.raises(PortalError, match=message):
        running._order("POST", "/faults", wish)


def test_editing_what_is_not_there_is_refused(running: RunningPortal) -> None:
    with pytest.raises(PortalError, match="nothing-of-that-name"):
        running.edit("nothing-of-that-name")


def test_a_portal_that_cannot_start_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PortalError, match="exit code 2"), client.start(articles="many"):
        pass
    assert "invalid int value" in capfd.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_even_while_an_answer_hangs(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "portal", "--articles", "10"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as child:
        assert child.stdout is not None
        ready = json.loads(child.stdout.readline())
        portal = RunningPortal(ready["control"], ready["portals"], child.pid)
        portal.fault("hang")
        address = urlsplit(portal.portals[0]["homepage"])
        waiting = HTTPConnection(address.hostname or "", address.port, timeout=10)
        waiting.request("GET", "/")
        child.send_signal(number)
        assert child.wait(5) == 0
        waiting.close()


def test_it_ends_when_its_parent_goes_away() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "portal", "--articles", "10", "--end-with-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        child.stdin.close()
        assert child.wait(5) == 0


def test_every_answer_waits_for_the_latency() -> None:
    with client.start(articles=10, latency_ms=200, warm=True) as portal:
        began = time.monotonic()
        assert get(feed_url(portal, "alpenboerse"))[0] == 200
        assert time.monotonic() - began >= 0.2


def test_in_real_time_the_newest_articles_are_of_today() -> None:
    with client.start(real_time=True) as portal:
        newest = max(datetime.fromisoformat(article["published"]) for article in portal.gold())
        assert timedelta(0) < datetime.now(UTC) - newest < timedelta(hours=2)


def test_fixed_ports_are_kept() -> None:
    with client.start(articles=10, port_base=18400) as portal:
        assert [urlsplit(p["homepage"]).port for p in portal.portals] == list(range(18400, 18408))
        assert urlsplit(portal.control).port == 18408
