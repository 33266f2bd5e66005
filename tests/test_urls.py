"""Addresses: one article has one normal form, and what is no address never becomes one."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.urls import absolute_url, canonical_url, host_key, url_hash

FOLDER = Path(__file__).parent / "data"
BASE = "https://www.nordwerk.example/markt/feed.xml"


def rows(name: str) -> list[tuple[str, str | None]]:
    """The first two columns of a table in tests/data; an empty second one is None."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    columns = [line.split("\t") for line in lines if not line.startswith("# ")]
    return [(raw, expected or None) for raw, expected, _why in columns]


# Addresses in pieces that matter, so that hypothesis soon meets their combinations.
PIECES = st.sampled_from([
    "http", "https", "://", "//", "/", ":", "?", "&", "=", "#", ".", "..", "...", "%2e", "%2F", "%41", "%", "%C3%BC",
    "ü", "ß", "a", "B", "www.", "nordwerk.example", "[::1]", "@", ":80", ":8080", "127.0.0.1", ";jsessionid=",
    "%3Bjsessionid%3D", "utm_x=1", "amp;", "sid=", "0123456789abcdef", "ref=", "~", "|", "'", "\ud83d", "\\", "\t", " ",
])  # fmt: skip
ADDRESSES = st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=80)
WEB_ADDRESSES = ADDRESSES.map(lambda tail: f"http://nordwerk.example/{tail}")


@pytest.mark.parametrize(("raw", "expected"), rows("urls.tsv"))
def test_an_address_has_the_normal_form_of_the_table(raw: str, expected: str | None) -> None:
    assert canonical_url(raw) == expected


@pytest.mark.parametrize(("link", "expected"), rows("links.tsv"))
def test_a_link_means_the_address_of_the_table(link: str, expected: str | None) -> None:
    assert absolute_url(BASE, link) == expected


def test_a_link_over_several_lines_is_joined() -> None:
    assert absolute_url(BASE, "\n  https://markttag.example/\n  a\tb\n") == "https://markttag.example/ab"


@given(ADDRESSES | WEB_ADDRESSES)
@example("https://a.example/?&amp;amp;a")
@example("https://a.example/:///b//")
def test_the_normal_form_of_a_normal_form_is_itself(raw: str) -> None:
    canonical = canonical_url(raw)
    if canonical is not None:
        assert canonical_url(canonical) == canonical
        assert canonical.isascii()
        assert len(canonical) <= 2048
        assert urlsplit(canonical).hostname


@given(WEB_ADDRESSES, st.sampled_from(["utm_source=x", "fbclid=1", "sid=0123456789abcdef"]))
def test_a_click_number_at_the_end_changes_nothing(raw: str, noise: str) -> None:
    canonical = canonical_url(raw)
    if canonical is not None and len(canonical) < 2000:
        assert canonical_url(f"{canonical}{'&' if '?' in canonical else '?'}{noise}#x") == canonical


@given(ADDRESSES | WEB_ADDRESSES)
def test_a_resolved_link_can_be_requested(link: str) -> None:
    url = absolute_url(BASE, link)
    if url is not None:
        assert url.isascii()
        assert " " not in url
        assert canonical_url(url) is not None
        assert absolute_url(BASE, url) == url


@pytest.mark.parametrize("length", [2048, 2049])
def test_an_address_above_2048_characters_is_none(length: int) -> None:
    url = "https://nordwerk.example/".ljust(length, "a")
    assert (canonical_url(url) is None) == (length > 2048)
    assert (absolute_url(BASE, url) is None) == (length > 2048)


def test_an_address_that_outgrows_the_limit_by_encoding_is_none() -> None:
    assert canonical_url("https://nordwerk.example/" + "ü" * 1000) is None
    assert absolute_url(BASE, "/" + "ü" * 1000) is None


def test_the_unit_of_politeness_is_host_and_port() -> None:
    assert host_key("https://WWW.Nordwerk.example/a") == "www.nordwerk.example:443"
    assert host_key("http://nordwerk.example") == "nordwerk.example:80"
    assert host_key("http://nordwerk.example:8080/a") == "nordwerk.example:8080"
    assert host_key("http://[::1]:81/a") == "[::1]:81"
    assert host_key("https://börse.example/") == "xn--brse-5qa.example:443"


@pytest.mark.parametrize("address", ["", "nordwerk.example", "mailto:a@nordwerk.example", "https://:80/"])
def test_an_address_without_a_host_has_no_unit_of_politeness(address: str) -> None:
    with pytest.raises(ValueError, match="not a web address"):
        host_key(address)


def test_the_digest_of_an_address_has_16_bytes_and_tells_addresses_apart() -> None:
    digests = {url_hash(f"https://nordwerk.example/{number}") for number in range(1000)}
    assert len(digests) == 1000
    assert {len(digest) for digest in digests} == {16}
    assert url_hash("https://nordwerk.example/0") in digests
