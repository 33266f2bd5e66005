"""Faults of pages, sitemaps and robots.txt: each does what it says."""

import gzip
import json
import re
from collections.abc import Callable, Iterator

import lxml.html
import pytest
from portal_asking import Answer, article, base, feed, get
from protego import Protego

from portal import client
from portal.client import RunningPortal
from portal.faults import pages, robots, sitemaps

SITEMAP = "/news-sitemap.xml"
INDEX = "/sitemap_index.xml"


@pytest.fixture(scope="module")
def portal() -> Iterator[RunningPortal]:
    """One portal for all faults; each test withdraws its own."""
    with client.start() as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults_left(portal: RunningPortal) -> Iterator[None]:
    yield
    portal.clear_faults()


def words(answer: Answer) -> str:
    text: str = lxml.html.fromstring(answer.text).text_content()
    return text


def locations(text: str) -> list[str]:
    return re.findall(r"<loc>(.*?)</loc>", text)


def shows_instead(fault: str, portal: RunningPortal, **said: str) -> None:
    """Each portal shows this wall in its language under status 200, and nothing of the article."""
    portal.fault(fault)
    for slug, words_there in said.items():
        told = article(portal, slug.replace("_", "-"))
        answer = get(told["url"])
        assert answer.status == 200
        assert words_there in words(answer)
        assert told["text"][:60] not in words(answer)


def asks_for_consent(portal: RunningPortal) -> None:
    shows_instead("consent", portal, alpenboerse="Zustimmung", cornhill_courier="consent", bourse_lutece="consentement")


def asks_to_log_in(portal: RunningPortal) -> None:
    shows_instead("login_wall", portal, alpenboerse="melden Sie sich", harbor_street="sign in")
    assert "type='password'" in get(article(portal)["url"]).text


def says_not_found(portal: RunningPortal) -> None:
    shows_instead("soft_404", portal, donaumarkt="nicht gefunden", harbor_street="could not be found")


def only_says_that_one_was_led_here(portal: RunningPortal) -> None:
    shows_instead("redirect_notice", portal, alpenboerse="weitergeleitet", cornhill_courier="redirected")


def is_a_shell(portal: RunningPortal) -> None:
    portal.fault("js_shell")
    page = lxml.html.fromstring(get(article(portal)["url"]).text)
    assert len(page.xpath("//div[@id='root'][not(node())]")) == 1
    assert len(page.xpath("//script[@src]")) == 1


def leads_on_by_meta_refresh(portal: RunningPortal) -> None:
    for slug in ("alpenboerse", "donaumarkt"):
        portal.fault("meta_refresh", value=3, portal=slug)
        told = article(portal, slug)
        url, count = told["url"], 0
        while match := re.search(r"http-equiv='refresh' content='0; url=([^']*)'", get(url).body.decode("cp1252")):
            url, count = base(portal, slug) + match[1].replace("&amp;", "&"), count + 1
        assert count == 3
        assert told["title"] in lxml.html.fromstring(get(url).body).text_content()


def leads_on_by_script(portal: RunningPortal) -> None:
    portal.fault("js_redirect")
    told = article(portal)
    match = re.search(r'<script>location="([^"]*)"</script>', get(told["url"]).text)
    assert match is not None
    assert told["title"] in words(get(base(portal) + match[1]))


def shows_a_teaser(portal: RunningPortal) -> None:
    for slug in ("alpenboerse", "tagesfinanz", "rheinkurier", "boersenpuls", "harbor-street", "bourse-lutece"):
        told = next(one for one in portal.gold() if one["portal"] == slug and one["text"].count("\n\n") > 3)
        for kind, statement in pages.PAYWALLS.items():
            portal.fault("paywall", value=kind, portal=slug)
            text = get(told["url"]).text
            assert 'class="bezahlschranke"' in text
            assert "@paywall@" not in text
            assert told["text"].split("\n\n")[-1] not in words(get(told["url"]))
            stated = re.findall(r"isAccessibleForFree(?:\"|&quot;): [^,}]*", text)
            assert len(stated) == (0 if statement is None else statement.count("isAccessibleForFree")), (slug, kind)
            for script in re.findall(r'ld\+json">(\{"@context[^<]*NewsArticle", "isAcc[^<]*)</script>', text):
                assert json.loads(script)["@type"] == "NewsArticle"
            portal.clear_faults()
    portal.fault("paywall")
    assert feed(portal).text.startswith("<?xml")


def goes_round_in_circles(portal: RunningPortal) -> None:
    right = locations(get(base(portal) + INDEX).text)
    portal.fault("sitemap_loop", path="sitemap")
    listed = locations(get(base(portal) + INDEX).text)
    assert listed[0] == base(portal) + INDEX
    assert set(right) < set(listed)
    other = get(listed[1])
    assert (other.status, locations(other.text)[0]) == (200, listed[1])
    assert base(portal) + INDEX in locations(other.text)


def has_too_many_addresses(portal: RunningPortal) -> None:
    right = locations(get(base(portal) + SITEMAP).text)
    portal.fault("sitemap_huge")
    listed = locations(get(base(portal) + SITEMAP).text)
    assert len(listed) == len(set(listed)) == 50_001
    assert listed[: len(right)] == right


def is_heavy(portal: RunningPortal) -> None:
    portal.fault("sitemap_heavy")
    packed = get(base(portal) + SITEMAP, Accept_Encoding="gzip").body
    assert len(packed) < 1 << 20
    text = gzip.decompress(packed)
    assert len(text) > 60 << 20
    assert text.endswith(b"</urlset>\n")
    assert b"news:title" in text


def has_bad_dates(portal: RunningPortal) -> None:
    portal.fault("bad_lastmod")
    dates = re.findall(r"<lastmod>(.*?)</lastmod>", get(base(portal) + SITEMAP).text)
    assert dates[:6] == ["0000-00-00", "gestern", "2031-12-31T23:59:59Z", "", "1758715200", "24.09.2025"]


def names_plain_files_gz(portal: RunningPortal) -> None:
    packed = next(url for url in locations(get(base(portal) + INDEX).text) if url.endswith(".gz"))
    right = get(packed)
    assert (right.headers["Content-Type"], right.body[:2]) == ("application/gzip", b"\x1f\x8b")
    portal.fault("false_gz")
    answer = get(packed)
    assert (answer.headers["Content-Type"], answer.body) == ("application/gzip", gzip.decompress(right.body))


def has_other_rules(portal: RunningPortal) -> None:
    read = {}
    for kind in robots.ROBOTS:
        portal.fault("robots", value=kind, times=1)
        read[kind] = get(base(portal) + "/robots.txt")
    allowed = {kind: rules_of(answer).can_fetch(f"{base(portal)}/rss/news", "test") for kind, answer in read.items()}
    assert not allowed.pop("disallow")
    assert not allowed.pop("large"), "whoever reads on beyond 600 KiB is forbidden everything"
    assert set(allowed.values()) == {True}
    assert read["html"].text.startswith("<!DOCTYPE html>")
    assert read["byte_order_mark"].body.startswith(b"\xef\xbb\xbfUser-agent")
    assert b"B\xf6rse".lower() in read["latin-1"].body.lower()
    assert 490_000 < read["large"].body.index(b"Disallow: /intern/") < 500 * 1024
    assert read["large"].body.index(b"Disallow: /\n") > 600 * 1024
    assert rules_of(read["crawl_delay"]).crawl_delay("test") == 3600
    assert read["late_sitemaps"].body.index(b"Sitemap:") > 19_000
    assert len(list(rules_of(read["late_sitemaps"]).sitemaps)) == 2
    longest = rules_of(read["longest_match"])
    paths = ("/nachrichten/a.pdf", "/rss/a.pdf", "/aktien")
    assert [longest.can_fetch(base(portal) + path, "test") for path in paths] == [True, False, False]
    portal.fault("robots", value="disallow")
    assert feed(portal).text.startswith("<?xml")


def rules_of(answer: Answer) -> Protego:
    return Protego.parse(answer.body.decode("utf-8", "replace"))


CHECKS: dict[str, Callable[[RunningPortal], None]] = {
    "consent": asks_for_consent,
    "login_wall": asks_to_log_in,
    "soft_404": says_not_found,
    "redirect_notice": only_says_that_one_was_led_here,
    "js_shell": is_a_shell,
    "meta_refresh": leads_on_by_meta_refresh,
    "js_redirect": leads_on_by_script,
    "paywall": shows_a_teaser,
    "sitemap_loop": goes_round_in_circles,
    "sitemap_huge": has_too_many_addresses,
    "sitemap_heavy": is_heavy,
    "bad_lastmod": has_bad_dates,
    "false_gz": names_plain_files_gz,
    "robots": has_other_rules,
}


@pytest.mark.parametrize("fault", sorted({**pages.FAULTS, **sitemaps.FAULTS, **robots.FAULTS}))
def test_each_fault_does_what_it_says_and_ends_when_withdrawn(portal: RunningPortal, fault: str) -> None:
    CHECKS[fault](portal)
    portal.clear_faults()
    told = article(portal)
    assert told["text"].split("\n\n")[-1] in words(get(told["url"]))


def test_robots_behind_five_redirects_is_found(portal: RunningPortal) -> None:
    portal.fault("redirect_hops", value=5, path="^/robots")
    path, count = "/robots.txt", 0
    while (answer := get(base(portal) + path)).status == 302:
        path, count = answer.location, count + 1
    assert (count, b"Disallow: /intern/" in answer.body) == (5, True)
