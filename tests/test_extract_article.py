"""The gates of extraction: what is refused and why, and that no body whatsoever makes it raise."""

import gzip
import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.extract import extract_article, extract_html
from tasks.extract.tree import MAX_ELEMENTS
from tasks.model import Article, Page, Profile
from tasks.outcome import Failure, Reason, Stage

PROFILE = Profile("kontor", "Kontor am Morgen", "de", "Europe/Berlin")
URL = "https://www.kontor.example/a/1"
LIMIT = 4_000_000
SENTENCE = "Der Umsatz der Werft stieg im zweiten Quartal um drei Prozent auf vier Millionen Euro, teilte sie mit. "
TEXT = f"<p>{SENTENCE * 3}</p>"
PAGE = f"<html><body><h1>Werft steigert den Umsatz</h1>{TEXT}</body></html>"
LAYOUT = (Path(__file__).parent / "data" / "pages" / "jsonld_full.html").read_bytes()


def page(body: bytes, *, encoding: str | None = None, charset: str | None = None) -> Page:
    """A 200 answer with this body."""
    digest = hashlib.sha256(body).digest()
    return Page(URL, URL, 200, {}, encoding, charset, body, digest, datetime(2026, 1, 1, tzinfo=UTC), 12)


def outcome(body: bytes, *, encoding: str | None = None, limit: int = LIMIT) -> Article | Failure:
    """What extraction makes of a body."""
    return extract_article(page(body, encoding=encoding), PROFILE, limit=limit)


def test_a_compressed_page_gives_the_article_of_the_plain_one() -> None:
    plain = outcome(LAYOUT)
    assert isinstance(plain, Article)
    assert outcome(gzip.compress(LAYOUT)) == plain
    assert outcome(LAYOUT, encoding="gzip") == plain


def test_a_page_in_windows_1252_keeps_its_umlauts() -> None:
    body = PAGE.replace("Werft", "Börse").encode("cp1252")
    found = outcome(body)
    assert isinstance(found, Article)
    assert found.title == "Börse steigert den Umsatz"


REFUSED = {
    "a PDF": (b"%PDF-1.7 ...", Reason.NOT_A_PAGE),
    "an image": (b"\x89PNG\r\n\x1a\n....", Reason.NOT_A_PAGE),
    "a feed": (b"<?xml version='1.0'?>\n<rss version='2.0'><channel></channel></rss>", Reason.NOT_A_PAGE),
    "an Atom feed behind a comment": (
        b"<!-- x --><feed xmlns='http://www.w3.org/2005/Atom'></feed>",
        Reason.NOT_A_PAGE,
    ),
    "a sitemap": (b"<urlset></urlset>", Reason.NOT_A_PAGE),
    "JSON": (b' {"error": "moved"}', Reason.NOT_A_PAGE),
    "plain text": (b"Not found, 3 < 4 but 5 > 4.", Reason.NOT_A_PAGE),
    "nothing": (b"", Reason.EMPTY_BODY),
    "blanks": (b" \r\n\t ", Reason.EMPTY_BODY),
    "a title and nothing else": (b"<html><head><title>Startseite</title></head><body></body></html>", Reason.NO_TEXT),
    "text without a title": (f"<html><body>{TEXT}</body></html>".encode(), Reason.NO_TEXT),
    "a frameset": (b"<frameset><frame src='x'></frameset>", Reason.NO_TEXT),
    "a comment that never ends": (b"<!-- " + b"x" * 50_000, Reason.NO_TEXT),
    "a broken gzip": (gzip.compress(LAYOUT)[:-40], Reason.TRUNCATED),
    "100,000 open elements": (b"<h1>Titel der Seite</h1>" + b"<div>" * 100_000, Reason.TOO_LARGE),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_article_is_refused_with_its_reason(case: str) -> None:
    body, reason = REFUSED[case]
    failure = outcome(body)
    assert isinstance(failure, Failure)
    assert (failure.stage, failure.reason) == (Stage.EXTRACT, reason)
    assert URL in failure.detail


def test_a_body_that_inflates_beyond_the_limit_is_too_large() -> None:
    failure = outcome(gzip.compress(LAYOUT), limit=1000)
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.TOO_LARGE


def test_elements_nested_deeper_than_the_python_stack_still_give_their_text() -> None:
    found = extract_html(f"<html><body><h1>Werft steigert den Umsatz</h1>{'<div>' * 1500}{TEXT}", URL, PROFILE)
    assert isinstance(found, Article)
    assert SENTENCE.strip() in found.text


def test_a_page_of_hundreds_of_thousands_of_elements_is_too_large() -> None:
    html = f"<html><body><h1>Werft steigert den Umsatz</h1>{TEXT}{'<i></i>' * MAX_ELEMENTS}"
    failure = extract_html(html, URL, PROFILE)
    assert isinstance(failure, Failure)
    assert (failure.reason, str(MAX_ELEMENTS) in failure.detail) == (Reason.TOO_LARGE, True)


def test_an_error_page_with_one_sentence_is_no_flash() -> None:
    html = "<html><body><h1>Seite nicht gefunden</h1><p>Diese Seite gibt es nicht mehr.</p></body></html>"
    failure = extract_html(html, URL, PROFILE)
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.SOFT_404


def test_a_crash_of_a_library_is_a_failure_with_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RecursionError("too deep for the library")

    monkeypatch.setattr("trafilatura.bare_extraction", crash)
    failure = extract_html(PAGE, URL, PROFILE)
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.CRASH
    assert "too deep for the library" in failure.detail


def test_the_same_page_gives_the_same_article_twice() -> None:
    assert outcome(LAYOUT) == outcome(LAYOUT)


def test_importing_extraction_loads_no_heavy_library() -> None:
    heavy = {"trafilatura", "justext", "htmldate", "prefect", "sqlalchemy"}
    script = f"import sys, tasks.extract; print(*sorted({heavy!r} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ""


PIECES = st.sampled_from([
    "<html>", "<body>", "<h1>", "</h1>", "<p>", "</p>", "<div class='lead'>", "</div>", "<ul>", "<li>", "</li>", "<br>",
    "<table>", "<td>", "<article>", "<time datetime='2026-01-01'>", "<figure>", "<figcaption>", "<span class=kicker>",
    "<meta property='og:title' content='Titel | X'>", "<meta name=author content='A, B (c)'>", "<title>", "</title>",
    '<script type="application/ld+json">{"@type":"NewsArticle","author":[null,{"@id":"#"}]}</script>', "<!--", "-->",
    "<svg>", "<![CDATA[", "&nbsp;", "&#x0;", "\0", "\ud800", "• ", "Von A. B.",
    "24.09.2025 12:39", "(dpa) - ",
    "Foto: X", "<a href='x'>", "</a>", SENTENCE, "<form>", "<b>", "<link rel=canonical href='//['>",
])  # fmt: skip


@settings(max_examples=60)
@given(st.binary(max_size=400))
def test_any_bytes_are_an_article_or_a_failure_that_is_no_crash(body: bytes) -> None:
    found = outcome(body)
    assert isinstance(found, Article) or found.reason is not Reason.CRASH


@settings(max_examples=120)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_markup_is_an_article_or_a_failure_that_is_no_crash(html: str) -> None:
    found = extract_html(html, URL, PROFILE)
    if isinstance(found, Failure):
        assert found.reason is not Reason.CRASH, found.detail
        return
    assert found.title
    assert "\0" not in found.text
    assert found.word_count == len(found.text.split())
    found.text.encode()


KEYS = (
    "headline", "name", "author", "creator", "publisher", "image", "datePublished", "dateModified", "description",
    "articleBody", "articleSection", "keywords", "isAccessibleForFree", "inLanguage", "url", "@id", "mainEntityOfPage",
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("//[x") | st.just(URL)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, "@value"]), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=120)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8))
def test_any_statement_about_an_article_is_survived(statement: dict[str, object]) -> None:
    node = json.dumps(statement | {"@type": "NewsArticle"}).replace("</", "<\\/")
    html = PAGE.replace("<body>", f'<body><script type="application/ld+json">{node}</script>')
    found = extract_html(html, URL, PROFILE)
    assert isinstance(found, Article), found
    assert SENTENCE.strip() in found.text
