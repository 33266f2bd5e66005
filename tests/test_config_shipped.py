"""What is shipped in config/sources: how much of which kind, and that what a file claims about itself is so."""

import re
from collections import Counter

import pytest

from config.sources import FeedSpec, Source, load_sources
from tasks.discover.listing_page import parse_listing
from tasks.model import FeedDocument

# Addresses as these portals print them, and the number of the article in them.
ADDRESSES = {
    "derstandard": ("https://www.derstandard.at/story/3000000212345/ein-titel", "3000000212345"),
    "diepresse": ("https://www.diepresse.com/18123456/ein-titel", "18123456"),
    "finanznachrichten": ("https://www.finanznachrichten.de/nachrichten-2026-11/66000001-titel-015.htm", "66000001"),
    "focus": ("https://www.focus.de/finanzen/boerse/ein-titel_id_260000001.html", "260000001"),
    "franceinfo": ("https://www.francetvinfo.fr/economie/bourse/un-titre_7000001.html", "7000001"),
    "ft": (
        "https://www.ft.com/content/0a1b2c3d-0000-4000-8000-0123456789ab",
        "0a1b2c3d-0000-4000-8000-0123456789ab",
    ),
    "handelsblatt": ("https://www.handelsblatt.com/finanzen/maerkte/ein-titel/100123456.html", "100123456"),
    "kurier": ("https://kurier.at/wirtschaft/ein-titel/402900001", "402900001"),
    "lemonde": ("https://www.lemonde.fr/economie/article/2026/11/20/un-titre_6600001_3234.html", "6600001"),
    "manager-magazin": (
        "https://www.manager-magazin.de/finanzen/ein-titel-a-0a1b2c3d-0000-4000-8000-0123456789ab",
        "0a1b2c3d-0000-4000-8000-0123456789ab",
    ),
    "nzz": ("https://www.nzz.ch/finanzen/ein-titel-ld.1900001", "1900001"),
    "presseportal": ("https://www.presseportal.de/pm/12345/5900001", "12345/5900001"),
    "spiegel": (
        "https://www.spiegel.de/wirtschaft/ein-titel-a-0a1b2c3d-0000-4000-8000-0123456789ab",
        "0a1b2c3d-0000-4000-8000-0123456789ab",
    ),
    "t-online": ("https://www.t-online.de/finanzen/boerse/id_100900001/ein-titel.html", "100900001"),
    "tagesanzeiger": ("https://www.tagesanzeiger.ch/ein-titel-123456789012", "123456789012"),
    "wallstreet-online": ("https://www.wallstreet-online.de/nachricht/19900001-ein-titel", "19900001"),
    "wiwo": ("https://www.wiwo.de/finanzen/boerse/ein-titel/30000001.html", "30000001"),
}  # fmt: skip


def feeds(kind: str) -> list[tuple[Source, FeedSpec]]:
    return [(source, feed) for source in load_sources() for feed in source.feeds if feed.kind == kind]


def test_feeds_of_every_useful_kind_are_shipped_in_three_languages() -> None:
    kinds = Counter(feed.kind for source in load_sources() for feed in source.feeds)
    assert kinds["news_sitemap"] == 24
    assert kinds["listing"] == 2
    assert kinds["rss"] >= 100
    assert kinds["rdf"] >= 2
    assert kinds["atom"] >= 1
    assert {source.language for source, _ in feeds("news_sitemap")} == {"de", "en", "fr"}


def test_what_nobody_tried_is_not_called_verified() -> None:
    assert {source.slug for source in load_sources() if source.verified is not None} == set()


def test_portals_that_never_had_a_feed_are_read_by_their_news_sitemap_alone() -> None:
    alone = {source.slug for source, _ in feeds("news_sitemap") if len(source.feeds) == 1}
    assert alone == {
        "20min", "boersen-zeitung", "businessinsider-de", "focus", "kleinezeitung", "reuters", "sn", "tagesanzeiger",
    }  # fmt: skip


@pytest.mark.parametrize("slug", [source.slug for source in load_sources() if source.article_id])
def test_the_article_id_of_a_source_finds_the_number_in_its_addresses(slug: str) -> None:
    pattern = next(source.article_id for source in load_sources() if source.slug == slug)
    address, number = ADDRESSES[slug]
    found = re.search(str(pattern), address)
    assert found
    assert found[1] == number


@pytest.mark.parametrize(
    ("slug", "article", "other"),
    [
        ("agefi-ch", "/actualites/marches/la-bourse-suisse-finit-en-hausse", "/actualites/marches/"),
        ("eqs-news", "/news/adhoc/muster-ag-hebt-die-prognose-an/0a1b2c3d", "/news/adhoc/"),
    ],
)
def test_the_selectors_of_a_shipped_listing_take_articles_and_leave_the_menu(
    slug: str, article: str, other: str
) -> None:
    (feed,) = (feed for source, feed in feeds("listing") if source.slug == slug)
    page = f"<html><body><a href='{other}'>Menu</a><a href='{article}'>A title of some words</a></body></html>"
    assert feed.selectors
    document = parse_listing(page.encode(), feed.url, feed.selectors, zone="Europe/Zurich")
    assert isinstance(document, FeedDocument)
    assert [entry.title for entry in document.entries] == ["A title of some words"]


def test_the_feed_that_prints_local_time_as_gmt_has_its_zone_ignored() -> None:
    ignoring = [(source.slug, feed.time_zone) for source in load_sources() for feed in source.feeds if feed.ignore_zone]
    assert ignoring == [("abcbourse", "Europe/Paris")]


def test_calendars_and_aggregators_are_left_out() -> None:
    addresses = [feed.url for source in load_sources() for feed in source.feeds]
    assert not [url for url in addresses if "/events" in url or "news.google." in url]
