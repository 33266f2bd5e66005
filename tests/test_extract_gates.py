"""Pages that are no articles: each is refused with its reason and the evidence; real articles beside them pass.

tests/data/walls holds pages and expected.json: the reason, a part of the evidence, and where it matters the address
that answered (url) and the one that was asked. The portals' names are in PROFILES by host.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.columns import LONGEST_DETAIL
from tasks.extract import extract_html
from tasks.extract.carried import fill
from tasks.extract.landing import is_home, led_home, led_to, led_to_section
from tasks.extract.tree import not_html, not_markup, parse
from tasks.model import Article, Profile
from tasks.outcome import Failure, Reason, Stage

DATA = Path(__file__).parent / "data"
WALLS: Mapping[str, Mapping[str, str]] = json.loads((DATA / "walls" / "expected.json").read_text(encoding="utf-8"))
PAGES = sorted(path.stem for path in (DATA / "pages").glob("*.html"))
URL = "https://www.kontor.example/maerkte/werft-steigert-umsatz-4711"
KONTOR = Profile("kontor", "Kontor am Morgen", "de", "Europe/Berlin", "https://www.kontor.example/")
PROFILES = {
    "kontor": KONTOR,
    "quayside": Profile("quayside", "Quayside Business", "en", "Europe/London", "https://www.quayside.example/"),
    "quai": Profile("quai", "Le Quai des Affaires", "fr", "Europe/Paris", "https://www.quai.example/"),
}
SENTENCE = "Der Umsatz der Werft stieg im zweiten Quartal um drei Prozent auf vier Millionen Euro, teilte sie mit."
WALL_KINDS = (Reason.BLOCKED, Reason.SOFT_404, Reason.CONSENT_WALL, Reason.LOGIN_WALL)


def refusal(html: str, url: str = URL, asked: str | None = None, profile: Profile = KONTOR) -> Failure:
    """The failure that a page ends with."""
    outcome = extract_html(html, url, profile, asked=asked)
    assert isinstance(outcome, Failure), outcome
    assert outcome.stage is Stage.EXTRACT
    return outcome


def accepted(html: str, url: str = URL, asked: str | None = None) -> Article:
    """The article that a page is."""
    outcome = extract_html(html, url, KONTOR, asked=asked)
    assert isinstance(outcome, Article), outcome
    return outcome


@pytest.mark.parametrize("name", WALLS)
def test_a_page_that_is_no_article_is_refused_with_reason_and_evidence(name: str) -> None:
    gold = WALLS[name]
    url = gold.get("url", URL)
    profile = PROFILES[url.split("/")[2].split(".")[-2]]
    html = (DATA / "walls" / f"{name}.html").read_text(encoding="utf-8")
    failure = refusal(html, url, gold.get("asked"), profile)
    assert (failure.reason, url in failure.detail) == (Reason(gold["reason"]), True), failure.detail
    assert gold["evidence"] in failure.detail
    assert len(failure.detail) <= LONGEST_DETAIL


def test_every_page_of_a_wall_has_its_expectation_and_says_what_it_is() -> None:
    assert sorted(path.stem for path in (DATA / "walls").glob("*.html")) == sorted(WALLS)
    assert {gold["reason"] for gold in WALLS.values()} == {
        "blocked", "soft_404", "consent_wall", "login_wall", "js_only", "paywall", "no_text", "server_error",
    }  # fmt: skip
    unnamed = [name for name in WALLS if "<!-- " not in (DATA / "walls" / f"{name}.html").read_text(encoding="utf-8")]
    assert unnamed == []


# What portals put on every page. A rule that refuses for one of these loses real articles.
FURNITURE = """
<div class="cookie-banner"><h2>Ihre Privatsphäre ist uns wichtig</h2><p>Wir benötigen Ihre Zustimmung.</p>
<button>Alle akzeptieren</button></div>
<div class="modal" hidden><h2>Anmelden</h2><form><input type="password" name="pw"><p>Noch kein Konto?</p></form></div>
<noscript><p>Please enable JavaScript to use this site.</p></noscript><div id="app"></div>
<div class="g-recaptcha"></div><script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>
<script src="https://js.datadome.co/tags.js"></script><script src="/_Incapsula_Resource?SWJIYLWA=1"></script>
<p class="offer">Subscribe now for full access.</p><a href="/login">Login</a>
"""


@pytest.mark.parametrize("layout", PAGES)
def test_an_article_stays_one_between_banners_forms_and_scripts(layout: str) -> None:
    gold: dict[str, Any] = json.loads((DATA / "pages" / f"{layout}.json").read_text(encoding="utf-8"))
    html = (DATA / "pages" / f"{layout}.html").read_text(encoding="utf-8")
    profile = Profile(**gold["profile"])
    plain = extract_html(html, gold["url"], profile)
    furnished = extract_html(html.replace("</body>", f"{FURNITURE}</body>"), gold["url"], profile)
    assert isinstance(plain, Article), plain
    assert isinstance(furnished, Article), furnished
    assert furnished.title == plain.title


FLASHES = {
    "one sentence": f"<h1>Werft steigert Umsatz</h1><p>{SENTENCE}</p>",
    "one short sentence": "<h1>Werft steigert Umsatz</h1><p>Die Aktie gibt nach.</p>",
    "a sentence about cookies": f"<h1>Werft prüft Cookies</h1><time>02.03.2026 09:10</time><p>{SENTENCE}</p>"
    "<p>Wir und unsere Partner verwenden Cookies, sagte der Vorstand.</p>",
    "a headline that asks for patience": f"<h1>Bitte warten: Werft verschiebt Taufe</h1><p>{SENTENCE}</p>",
    "noindex": f"<meta name='robots' content='noindex'><h1>Werft steigert Umsatz</h1><p>{SENTENCE}</p>",
    "the notice of a redirect in front": "<p>Sie wurden auf kontor.example weitergeleitet.</p>"
    f"<h1>Werft steigert Umsatz</h1><p>{SENTENCE}</p>",
    "tags that name the homepage": "<meta property='og:type' content='website'><link rel='canonical' href='/'>"
    f"<h1>Werft steigert Umsatz</h1><p>{SENTENCE}</p>",
    "a shown login and an unnamed banner": "<form><input type='password' name='p'><a>Passwort vergessen?</a></form>"
    f"<div><p>Diese Website verwendet Cookies.</p></div><h1>Werft steigert Umsatz</h1><p>{SENTENCE}</p>",
    "the price of a subscription": "<h1>Filmverleih hebt Preise</h1><p>Ein Abo kostet ab Mai 14 Euro im Monat.</p>",
    "the word consent": "<h1>Werft wartet</h1><p>Für den Kauf braucht sie die Zustimmung der Kartellbehörde.</p>",
}


@pytest.mark.parametrize("case", FLASHES)
def test_a_flash_is_an_article_though_nothing_declares_it(case: str) -> None:
    found = accepted(f"<html lang='de'><title>Werft - Kontor am Morgen</title><body>{FLASHES[case]}</body></html>")
    assert "weitergeleitet" not in found.text
    assert found.word_count > 2


def test_an_article_may_be_paid_for_as_long_as_a_sentence_is_free() -> None:
    said = '{"@type": "NewsArticle", "headline": "Werft", "isAccessibleForFree": %s}'
    node = f'<script type="application/ld+json">{said}</script>'
    for claim, paywall in {"false": True, '"False"': True, '"https://schema.org/False"': True, "true": False}.items():
        assert accepted(f"{node % claim}<h1>Werft</h1><p>{SENTENCE}</p>").paywall is paywall
    locked = refusal(f"{node % 'false'}<h1>Werft</h1>")
    assert (locked.reason, "isAccessibleForFree" in locked.detail) == (Reason.PAYWALL, True)
    assert accepted(f"{node % 'true'}<h1>Werft</h1>").text == ""


def test_a_short_stated_text_is_taken_where_the_page_draws_itself() -> None:
    node = {"@type": "NewsArticle", "headline": "Werft steigert Umsatz", "articleBody": SENTENCE}
    script = f'<script type="application/ld+json">{json.dumps(node)}</script>'
    assert accepted(f"{script}<div id='root'></div><script src='/app.js'></script>").text == SENTENCE


def test_a_shell_without_a_text_in_its_scripts_stays_empty() -> None:
    for script in ('{"body": "Kurz."}', '{"content": "%s"}' % ("Ohne Absatz. " * 40), '{"articleBody": "%s'):
        root = parse(f"<body><div id='root'></div><script>{script}</script></body>")
        assert root is not None
        assert not fill(root)


@pytest.mark.parametrize(
    ("asked", "final", "homepage", "expected"),
    [line.split("\t") for line in (DATA / "landings.tsv").read_text("utf-8").splitlines() if line[0] != "#"],
)
def test_two_addresses_tell_where_a_request_landed(asked: str, final: str, homepage: str, expected: str) -> None:
    told = ["home"] if led_home(asked, final, homepage) else []
    told += ["section"] if led_to_section(asked, final) else []
    told += [reason.value for reason in WALL_KINDS if led_to(reason, asked, final)]
    assert (told or ["article"])[0] == expected


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_strings_are_judged_as_addresses(asked: str, final: str) -> None:
    assert not led_home(asked, asked, final)
    assert led_home(asked, final, "") <= is_home(final, "")
    assert not led_to_section(final, final)


SNIFFED = {
    "a PDF behind a byte order mark and blank lines": (b"\xef\xbb\xbf\r\n %PDF-1.7", "PDF"),
    "an icon": (b"\x00\x00\x01\x00\x01\x00", "image"),
    "a TIFF image": (b"II*\x00\x08\x00", "image"),
    "a film": (b"\x1aE\xdf\xa3\x01", "media"),
    "an old office document": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office document"),
    "a rich text": (b"{\\rtf1\\ansi", "office document"),
    "a page": (b"<!doctype html><p>PDF-", None),
}


@pytest.mark.parametrize("case", SNIFFED)
def test_the_first_bytes_tell_what_is_no_page(case: str) -> None:
    body, kind = SNIFFED[case]
    assert not_html(body) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<?xml version='1.0'?>\n<nitf><head/></nitf>", "XML (nitf)"),
        ("<?xml version='1.0'?><soap:Envelope>", "XML (soap:envelope)"),
        ("<?xml version='1.0'?>\n<!DOCTYPE html>\n<html><p>x</p></html>", None),
        ("<?xml version='1.0'?><div>x</div>", None),
        ("<newsml>", None),
    ],
)
def test_behind_an_xml_declaration_the_root_tells_what_is_no_page(text: str, kind: str | None) -> None:
    assert not_markup(text) == kind


PIECES = [
    (DATA / "walls" / f"{name}.html").read_text(encoding="utf-8").partition("<body")[2].partition(">")[2]
    for name in sorted(WALLS)
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=3))
def test_an_article_that_says_so_and_has_date_and_text_is_never_refused(walls: list[str]) -> None:
    head = (
        "<meta property='og:type' content='article'><meta property='og:title' content='Werft steigert Umsatz'>"
        "<meta property='article:published_time' content='2026-03-02T08:10:00Z'>"
    )
    found = accepted(f"<html><head>{head}</head><body><h1>Werft steigert Umsatz</h1><p>{SENTENCE}</p>{''.join(walls)}")
    assert SENTENCE in found.text


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([*PIECES, "<title>", "</title>", "<h1>", "<noscript>", "<script>", "<!--"]), max_size=5)
)
def test_any_mixture_of_walls_is_judged_without_a_crash(pieces: list[str]) -> None:
    outcome = extract_html("<body>" + "".join(pieces), URL, KONTOR)
    assert isinstance(outcome, Article) or outcome.reason is not Reason.CRASH


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit", ["<h1>", "a", "Bitte ", "die Seite ", "page not ", "Um ", "(", "<div id=root>", '"body":"', "$1"]
)
def test_no_wall_takes_long_to_judge(unit: str) -> None:
    for html in (
        f"<title>{unit * 20_000}</title>",
        f"<h1>{unit * 20_000}</h1><p>{unit * 20_000}</p>",
        f"<script>{unit * 20_000}",
    ):
        outcome = extract_html(f"<body>{html}", URL, KONTOR)
        assert isinstance(outcome, Article) or outcome.reason is not Reason.CRASH
