"""What a feed lists becomes rows of the frontier; what an address tells is taken before it is stripped."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers import NOW, said

from tasks.listed import hints, isins, listed_rows, listing_hash, portal_id
from tasks.model import FeedEntry
from tasks.urls import url_hash

URL = "https://alpha.example/a-1"


def entry(**more: Any) -> FeedEntry:
    values: dict[str, Any] = {"url": URL, "canonical_url": URL}
    return FeedEntry(**(values | more))


def test_a_document_s_entries_become_rows_in_its_order() -> None:
    urls = ("https://alpha.example/b?utm_source=x", "http://m.alpha.example:8080/a")
    canonical = ("https://alpha.example/b", "http://m.alpha.example:8080/a")
    entries = [FeedEntry(u, c, f"g{u}", "T", None, said(NOW)) for u, c in zip(urls, canonical, strict=True)]
    listed = listed_rows(3, 2, entries, None)
    assert [row["position"] for row in listed] == [0, 1]
    assert [row["host"] for row in listed] == ["alpha.example:443", "m.alpha.example:8080"]
    assert {(row["feed_id"], row["source_id"], row["portal_id"]) for row in listed} == {(3, 2, None)}
    assert listed[0]["url_hash"] == url_hash(canonical[0])
    assert listed[0]["listed_hash"] == url_hash(urls[0])
    assert {row["published_at"] for row in listed} == {NOW}
    assert listed_rows(3, 2, [], re.compile("(.)")) == []


IDS: dict[str, tuple[str, tuple[str, ...], str | None]] = {
    "in the path": (r"-(\d{4,})$", ("https://a.example/stahl-4711",), "4711"),
    "the first address counts": (r"-(\d+)", ("https://a.example/a-1", "https://a.example/b-2"), "1"),
    "else the address as listed": (r"[?&]nr=(\d+)", ("https://a.example/a", "https://a.example/a?nr=7"), "7"),
    "no fit": (r"-(\d{4,})$", ("https://a.example/stahl-47",), None),
    "an empty id is none": (r"-(\d*)$", ("https://a.example/stahl-",), None),
    "a group that took no part is none": (r"stahl(?:-(\d+))?", ("https://a.example/stahl",), None),
}


@pytest.mark.parametrize(("pattern", "addresses", "expected"), IDS.values(), ids=IDS)
def test_the_portal_s_own_article_id(pattern: str, addresses: tuple[str, ...], expected: str | None) -> None:
    assert portal_id(re.compile(pattern), *addresses) == expected
    assert portal_id(None, *addresses) is None


def test_a_listing_has_a_digest_of_title_and_time_of_change_alone() -> None:
    first = entry(title="A", modified=said(NOW))
    same = entry(title="A", modified=said(NOW), summary="S", guid="g", published=said(NOW), keywords=("k",))
    others = [entry(title="B", modified=said(NOW)), entry(title="A"), entry(modified=said(NOW))]
    assert listing_hash(first) == listing_hash(same)
    assert len({listing_hash(one) for one in [first, *others]}) == 4
    assert len(listing_hash(first) or b"") == 16
    assert listing_hash(entry(summary="S")) is None
    assert listing_hash(entry(title="\ud83d")) is not None


def test_only_what_is_said_is_a_hint() -> None:
    assert hints(entry()) == {}
    full = entry(
        url=f"{URL}?utm_content=CH0012005267",
        tickers=("XETR:SAP",),
        keywords=("Chemie", "DE0007164600", "CH0012005267"),
        modified=said(NOW),
        language="de",
        publication="Alpha",
    )
    assert hints(full) == {
        "tickers": ["XETR:SAP"],
        "keywords": ["Chemie", "DE0007164600", "CH0012005267"],
        "isins": ["CH0012005267", "DE0007164600"],
        "modified": "2026-03-02T09:30:00+00:00",
        "language": "de",
        "publication": "Alpha",
    }


ISINS = {
    "in a parameter": ("https://a.example/x?utm_content=CH0012005267", ["CH0012005267"]),
    "in the path, in small letters": ("https://a.example/aktien/de0007164600-sap", ["DE0007164600"]),
    "with letters inside": ("GB00B03MLX29", ["GB00B03MLX29"]),
    "two of them": ("US0378331005,US5949181045", ["US0378331005", "US5949181045"]),
    "a wrong check digit": ("US0378331006", []),
    "a placeholder": ("noisin000001 NOISIN000008", []),
    "no such country": ("QQ0378331005", []),
    "glued to more": ("AUS0378331005 US03783310055", []),
    "a letter at the end": ("CH001200526X", []),
    "nothing": ("", []),
}


@pytest.mark.parametrize(("text", "expected"), ISINS.values(), ids=ISINS)
def test_isins_are_found_and_checked(text: str, expected: list[str]) -> None:
    assert list(isins(text)) == expected


@given(st.from_regex(r"\A(CH|DE|US|XS)[0-9A-Z]{9}\Z"))
def test_exactly_one_check_digit_fits(stem: str) -> None:
    assert len([digit for digit in range(10) if list(isins(f"{stem}{digit}"))]) == 1


@given(st.text())
def test_any_text_has_isins_or_none(text: str) -> None:
    assert all(len(isin) == 12 and isin.isupper() for isin in isins(text))
