"""What portals list and change: sitemaps, archive pages, edits, new addresses, removals, shut doors, certificates."""

import gzip
import re
import socket
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import lxml.etree
import lxml.html
import pytest
from portal_asking import article, base, feed, get

from portal import client
from portal.changes import CHANGES
from portal.client import PortalError, RunningPortal
from portal.listings import PER_PAGE
from portal.world import DEFAULT_ARTICLES, REFERENCE

NAMESPACES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "n": "http://www.google.com/schemas/sitemap-news/0.9",
}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningPortal]:
    """A portal for the tests that leave no trace."""
    with client.start() as portal:
        yield portal


@pytest.fixture(scope="module")
def changing() -> Iterator[RunningPortal]:
    """A portal for the tests that change articles of their own."""
    with client.start(articles=60) as portal:
        yield portal


def texts(xml: bytes, path: str) -> list[str]:
    found: list[str] = lxml.etree.fromstring(xml).xpath(f"{path}/text()", namespaces=NAMESPACES)
    return found


def own(portal: RunningPortal, slug: str) -> list[dict[str, str]]:
    return [one for one in portal.gold() if one["portal"] == slug]


def test_the_news_sitemap_has_the_articles_of_two_days(running: RunningPortal) -> None:
    for portal in running.portals:
        body = get(portal["homepage"] + "news-sitemap.xml").body
        recent = {one["url"]: one for one in own(running, portal["slug"])
                  if REFERENCE - datetime.fromisoformat(one["published"]) <= timedelta(days=2)}  # fmt: skip
        titles = dict(zip(texts(body, "//s:loc"), texts(body, "//n:title"), strict=True))
        assert titles == {url: one["title"] for url, one in recent.items()}
        assert set(texts(body, "//n:language")) == {portal["language"]}
        dates = dict(zip(texts(body, "//s:loc"), texts(body, "//n:publication_date"), strict=True))
        assert dates == {url: one["published"] for url, one in recent.items()}


def test_the_news_sitemap_names_tickers(running: RunningPortal) -> None:
    tickers = [ticker for portal in running.portals
               for ticker in texts(get(portal["homepage"] + "news-sitemap.xml").body, "//n:stock_tickers")]  # fmt: skip
    assert tickers
    assert all(re.fullmatch(r"[A-Z]+:[A-Z.]+(, [A-Z]+:[A-Z.]+)*", ticker) for ticker in tickers)


def test_the_sitemap_index_leads_to_every_article_by_its_day(running: RunningPortal) -> None:
    for portal in running.portals:
        children = texts(get(portal["homepage"] + "sitemap_index.xml").body, "//s:loc")
        assert [child.endswith(".gz") for child in children] == [False] + [True] * (len(children) - 1)
        listed = {}
        for child in children:
            answer = get(child, Accept_Encoding="gzip")
            body = gzip.decompress(answer.body)
            for url, changed in zip(texts(body, "//s:loc"), texts(body, "//s:lastmod"), strict=True):
                assert changed[:10] in child
                listed[url] = changed
        assert set(listed) == {one["url"] for one in own(running, portal["slug"])}


def test_robots_txt_names_the_sitemaps(running: RunningPortal) -> None:
    lines = get(base(running) + "/robots.txt").text.splitlines()
    named = [line.removeprefix("Sitemap: ") for line in lines if line.startswith("Sitemap: ")]
    assert named == [f"{base(running)}/news-sitemap.xml", f"{base(running)}/sitemap_index.xml"]
    assert all(get(url).status == 200 for url in named)


def test_the_archive_lists_every_article_once_newest_first_and_ends() -> None:
    with client.start(articles=8 * PER_PAGE) as portal:
        slug = "alpenboerse"
        portal.publish(slug, PER_PAGE)
        listed, url = [], f"{base(portal)}/archiv"
        while url:
            page = lxml.html.fromstring(get(url).text)
            listed += page.xpath("//article[@class='teaser']")
            url = next((base(portal) + href for href in page.xpath("//a[@rel='next']/@href")), "")
        links = [base(portal) + teaser.xpath(".//h2/a/@href")[0] for teaser in listed]
        times = [datetime.fromisoformat(teaser.xpath(".//time/@datetime")[0]) for teaser in listed]
        assert sorted(links) == sorted(one["url"] for one in own(portal, slug))
        assert times == sorted(times, reverse=True)
        assert len(links) > PER_PAGE
        for beyond in ("0", "99"):
            assert get(f"{base(portal)}/archiv?page={beyond}").status == 404


def test_the_default_world_is_as_large_as_promised(running: RunningPortal) -> None:
    assert (len(running.portals), len(running.gold())) == (8, DEFAULT_ARTICLES)


def test_a_publication_is_in_all_lists_at_once(changing: RunningPortal) -> None:
    slug = "bourse-lutece"
    for path in ("/news-sitemap.xml", "/archiv", "/"):
        get(base(changing, slug) + path)
    (new,) = changing.publish(slug)
    path = urlsplit(new["url"]).path
    for listing in ("/news-sitemap.xml", "/sitemaps/2025-09-24.xml", "/archiv", "/", "/rss/actualites.xml"):
        assert path in get(base(changing, slug) + listing).text, listing


@pytest.mark.parametrize("kind", sorted(CHANGES))
def test_a_change_changes_what_it_says(changing: RunningPortal, kind: str) -> None:
    old = own(changing, "rheinkurier")[sorted(CHANGES).index(kind)]
    before = get(old["url"])
    new = changing.edit(old["id"], kind)
    after = get(new["url"])
    assert before.headers["ETag"] != after.headers["ETag"]
    is_text = kind in ("correction", "body", "title")
    differing = {name for name in old if old[name] != new[name]}
    assert (
        differing - {"modified"}
        == {
            "correction": {"text", "revision"},
            "body": {"text", "revision"},
            "title": {"title", "revision"},
            "advert": set(),
            "timestamp": set(),
        }[kind]
    )
    assert ("modified" in differing) == (kind != "advert")
    assert (new["revision"] == old["revision"]) != is_text
    assert ("Anzeige: Depotwechsel" in after.text) == (kind == "advert")


def test_every_further_advert_is_another(changing: RunningPortal) -> None:
    id_ = own(changing, "tagesfinanz")[0]["id"]
    pages = set()
    for _ in range(3):
        pages.add(get(changing.edit(id_, "advert")["url"]).body)
    assert len(pages) == 3


def test_a_renamed_article_is_at_both_addresses_and_says_which_is_its_own(changing: RunningPortal) -> None:
    old = own(changing, "cornhill-courier")[0]
    first = changing.rename(old["id"])
    second = changing.rename(old["id"])
    assert len({old["url"], first["url"], second["url"]}) == 3
    pages = [get(url) for url in (old["url"], first["url"], second["url"])]
    assert {page.status for page in pages} == {200}
    assert len({page.body for page in pages}) == 1
    assert f'rel="canonical" href="{second["url"]}"' in pages[0].text
    listed = get(base(changing, "cornhill-courier") + "/feed.atom").text
    assert second["url"] in listed
    assert f'"{old["url"]}"' not in listed
    with pytest.raises(PortalError, match="no slug to rewrite"):
        changing.rename(own(changing, "donaumarkt")[0]["id"])


@pytest.mark.parametrize("status", [404, 410])
def test_a_removed_article_leaves_the_lists_and_its_address_says_so(changing: RunningPortal, status: int) -> None:
    old = own(changing, "alpenboerse")[{404: 1, 410: 2}[status]]
    path = urlsplit(old["url"]).path
    assert path in feed(changing).text
    gone = changing.remove(old["id"], status)
    assert gone["gone"] == status
    assert get(old["url"]).status == status
    for listing in ("/rss/news", "/news-sitemap.xml", "/archiv", "/"):
        assert path not in get(base(changing) + listing).text, listing
    assert gone in changing.gold()


def test_wrong_changes_are_refused(changing: RunningPortal) -> None:
    id_ = changing.gold()[0]["id"]
    with pytest.raises(PortalError, match="unknown kind 'mood' of change, known are: correction"):
        changing.edit(id_, "mood")
    with pytest.raises(PortalError, match="answers one of"):
        changing.remove(id_, 503)
    with pytest.raises(PortalError, match="unknown or missing: nobody"):
        changing.shut("nobody")


def test_tracking_parameters_do_not_hide_an_address_in_the_query(running: RunningPortal) -> None:
    url = article(running, "donaumarkt")["url"]
    assert get(f"{url}&utm_source=rss&at_campaign=x").body == get(url).body


def test_a_shut_portal_refuses_connections_until_it_is_opened(changing: RunningPortal) -> None:
    url = base(changing, "harbor-street") + "/feed.json"
    changing.shut("harbor-street")
    with pytest.raises(ConnectionRefusedError):
        get(url)
    assert feed(changing).status == 200
    changing.shut("harbor-street")
    changing.open("harbor-street")
    assert get(url).status == 200
    changing.open("harbor-street")
    assert get(url).status == 200


CERTIFICATES = {"expired": "expired", "wrong_host": "mismatch|not valid for", "self_signed": "self.signed"}


def test_only_the_good_certificate_is_accepted(tmp_path: Path) -> None:
    with client.start(articles=10, tls=tmp_path / "tls") as portal:
        trusting = ssl.create_default_context(cafile=portal.tls["authority"])
        assert handshake(portal.tls["good"], trusting).startswith(b"HTTP/1.1 200")
        for kind, said in CERTIFICATES.items():
            with pytest.raises(ssl.SSLCertVerificationError, match=said):
                handshake(portal.tls[kind], trusting)
        with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
            handshake(portal.tls["good"], ssl.create_default_context())
        assert {path.stat().st_mode & 0o077 for path in (tmp_path / "tls").iterdir()} == {0}


def handshake(url: str, context: ssl.SSLContext) -> bytes:
    """The first line of the answer to a GET over TLS."""
    address = urlsplit(url)
    name = address.hostname or ""
    with (
        socket.create_connection((name, address.port or 0), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        secure.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return secure.recv(64)
