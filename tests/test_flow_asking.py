"""Which source an address belongs to, and what is told of an article that was asked for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import NOW

from config.errors import Misconfigured
from flows.asking import Ground, address_of, asked_for, covering
from flows.by_hand import became

GROUNDS = [
    Ground("nord", "https://www.nordwerk.example/", ("https://feeds.verteiler.example/nord.rss",)),
    Ground("nord-geld", "https://geld.nordwerk.example/", ()),
    Ground("nord-boerse", "https://www.nordwerk.example/boerse/", ()),
    Ground(
        "sued", "https://sued.example/", ("https://feeds.verteiler.example/sued.rss",), ("presse.nordwerk.example",)
    ),
    Ground("ost", "https://ost.co.uk/", (), ("ost-dienst.example",), r"/(\d+)$"),
    Ground("loopback", "http://127.0.0.1:8101/", ()),
    Ground("loopback-too", "http://127.0.0.1:8102/", ()),
]
COVERED: dict[str, str | None] = {
    "https://www.nordwerk.example/politik/1": "nord",
    "https://nordwerk.example/politik/1": "nord",
    "https://m.nordwerk.example/politik/1": "nord",
    "https://www.nordwerk.example/boerse/1": "nord-boerse",
    "https://www.nordwerk.example/boersen-abc/1": "nord",
    "https://geld.nordwerk.example/1": "nord-geld",
    "https://amp.geld.nordwerk.example/1": "nord-geld",
    "https://presse.nordwerk.example/1": "sued",
    "https://ost-dienst.example/1": "ost",
    "https://www.ost.co.uk/1": "ost",
    "https://west.co.uk/1": None,
    "https://feeds.verteiler.example/1": "nord",
    "http://127.0.0.1:8102/a": "loopback-too",
    "http://127.0.0.1:8103/a": None,
    "https://nordwerk.example.evil.test/1": None,
    "https://nordwerk.beispiel/1": None,
}


@pytest.mark.parametrize("url", COVERED)
def test_an_address_belongs_to_the_source_whose_ground_is_nearest(url: str) -> None:
    found = covering(url, GROUNDS)
    assert (found.slug if found else None) == COVERED[url]
    turned = covering(url, GROUNDS[::-1])
    assert turned == found


@given(st.text(max_size=60))
def test_whatever_is_typed_is_an_address_or_none(typed: str) -> None:
    address = address_of(typed)
    if address is not None:
        assert address.url.startswith(("http://", "https://"))
        assert covering(address.url, GROUNDS) is None or address.canonical_url


TYPED: dict[str, str | None] = {
    " https://Nordwerk.example/a?utm_source=x#top ": "https://nordwerk.example/a",
    "www.nordwerk.example/a": "https://www.nordwerk.example/a",
    "https://nordwerk.example/zinsen höher": "https://nordwerk.example/zinsen%20h%C3%B6her",
    "nordwerk": None,
    "": None,
    "ftp://nordwerk.example/a": None,
    "/a/b": None,
    "https://": None,
}


@pytest.mark.parametrize("typed", TYPED)
def test_what_is_pasted_becomes_an_address_in_its_normal_form(typed: str) -> None:
    address = address_of(typed)
    assert (address.canonical_url if address else None) == TYPED[typed]


def test_articles_are_asked_for_once_with_their_source_and_article_id() -> None:
    typed = ["https://ost.co.uk/news/77", "https://ost.co.uk/news/77?utm_source=a", "https://sued.example/b"]
    asked = asked_for(typed, GROUNDS)
    assert [(one.address.canonical_url, one.slug, one.portal_id) for one in asked] == [
        ("https://ost.co.uk/news/77", "ost", "77"), ("https://sued.example/b", "sued", None),
    ]  # fmt: skip


def test_every_address_that_cannot_be_asked_for_is_named_with_the_way_on() -> None:
    with pytest.raises(Misconfigured) as refused:
        asked_for(["https://sued.example/b", "quatsch", "https://www.fremd.example/c?d=e"], GROUNDS)
    message = str(refused.value)
    assert "'quatsch' is no web address" in message
    assert "No source covers www.fremd.example" in message
    assert "`newstape sources add https://www.fremd.example/`" in message
    assert "sued.example" not in message


def outcome(state: str, **changes: Any) -> dict[str, Any]:
    """An entry as trail.outcomes gives it."""
    plain: dict[str, Any] = {
        "state": state, "source": "sued", "reason": None, "detail": None, "due_at": NOW, "article_id": None,
        "article_url": None, "title": None, "number": None, "paused_at": None, "paused_until": None,
        "robots_failing_since": None, "next_request_at": NOW,
    }  # fmt: skip
    return plain | changes


ON_TAPE = {"article_id": 7, "title": "Zinsen", "article_url": "https://sued.example/z", "number": 1}
BECAME: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "new": (outcome("pending"), outcome("loaded", **ON_TAPE), "loaded as article 7: Zinsen"),
    "a repeat": (
        outcome("pending"), outcome("duplicate", **ON_TAPE), "duplicate of article 7 (https://sued.example/z): Zinsen",
    ),
    "the same": (
        outcome("loaded", **ON_TAPE), outcome("loaded", **ON_TAPE), "7 was asked again and says the same: Zinsen",
    ),
    "changed": (
        outcome("loaded", **ON_TAPE), outcome("loaded", **(ON_TAPE | {"number": 2})),
        "article 7 says something else now, loaded as its revision 2: Zinsen",
    ),
    "loaded, and refused now": (
        outcome("loaded", **ON_TAPE), outcome("loaded", **ON_TAPE, reason="blocked", detail="403"),
        "article 7 stays as it was; asked again: the portal keeps robots out (blocked: 403)",
    ),
    "forbidden": (
        outcome("pending"), outcome("skipped", reason="robots", detail="for Newstape"),
        "skipped: robots.txt disallows it (robots: for Newstape); `newstape why` tells more",
    ),
    "failed for now": (
        outcome("pending"), outcome("retry", reason="timeout"),
        "failed for now: its host took too long (timeout); the first run after 2026-03-02 09:30:00 UTC tries again",
    ),
    "opened, not asked": (outcome("retry"), outcome("retry"), "noted; the first run after 2026-03-02 09:30:00 UTC"),
    "paused": (
        outcome("pending"), outcome("pending", paused_at=NOW), "but sued is paused; `newstape sources resume sued`",
    ),
    "paused until": (
        outcome("pending"), outcome("pending", paused_at=NOW, paused_until=NOW), "until 2026-03-02 09:30:00 UTC;",
    ),
    "not asked yet": (
        outcome("pending"), outcome("pending"), "noted; the first run after 2026-03-02 09:30:00 UTC asks for it",
    ),
    "in retry, and not asked": (
        outcome("retry", reason="timeout"), outcome("retry", reason="timeout", paused_at=NOW), "but sued is paused",
    ),
    "without robots.txt": (
        outcome("pending"), outcome("pending", robots_failing_since=NOW),
        "noted, but robots.txt of its host can't be had since 2026-03-02 09:30:00 UTC; the first run after 2026-03-02",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BECAME)
def test_what_became_of_an_article_is_told_in_a_line(case: str) -> None:
    before, after, wanted = BECAME[case]
    told = became(before, after)
    assert wanted in told
    assert "\n" not in told
