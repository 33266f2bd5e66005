"""Sitemaps and listings of the sample portal's past: every article of it is announced, on its day and on no other."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from announcing import Heard, days, hear
from asking import LIMITS
from fakes import run

from portal import client
from portal.client import RunningPortal
from tasks.archives import archive_of
from tasks.fetch.client import Client
from tasks.past import Days, Past, Via

ALL = days("2026-02-27", "2026-04-01")
SELECTORS = {"item": "article", "date": "time"}
Found = dict[str, date | None]


@pytest.fixture(scope="module")
def portal() -> Iterator[RunningPortal]:
    with client.start(articles=10) as running:
        yield running


def announced(portal: RunningPortal, slug: str, via: Via, wanted: tuple[date, ...], place: str = "") -> Heard:
    """What an archive of one of the sample portals announces."""
    described = next(one for one in portal.portals if one["slug"] == slug)
    homepage = described["homepage"]
    of = Past(slug, homepage, Days(wanted, described["time_zone"]), f"{homepage}{place}" if place else None,
              delay=timedelta(0), selectors=SELECTORS)  # fmt: skip

    async def listen() -> Heard:
        async with Client(LIMITS) as web:
            return await hear(archive_of(via, of, web.get, datetime.now(UTC)), wanted)

    return run(listen())


def expected(portal: RunningPortal, slug: str, wanted: tuple[date, ...]) -> Found:
    """The articles of the past by address, with their days, as far as these are wanted."""
    zone = ZoneInfo(next(one["time_zone"] for one in portal.portals if one["slug"] == slug))
    gold = [one for one in portal.archive_gold() if one["portal"] == slug]
    dated = {one["url"]: datetime.fromisoformat(one["published"]).astimezone(zone).date() for one in gold}
    return {url: day for url, day in dated.items() if day in wanted}


def found_by(heard: Heard) -> Found:
    """The addresses that were announced, with their days."""
    return {one.url: one.day for one in heard.candidates}


@pytest.mark.parametrize("slug", ["alpenboerse", "cornhill-courier"])
@pytest.mark.parametrize(
    "wanted", [ALL, days("2026-03-28", "2026-03-30"), days("2026-03-08")], ids=["all", "clock change", "empty"]
)
def test_the_listing_announces_every_article_of_the_wanted_days(
    portal: RunningPortal, slug: str, wanted: tuple[date, ...]
) -> None:
    heard = announced(portal, slug, Via.LISTING, wanted, "archiv?seite={page}")
    assert found_by(heard) == expected(portal, slug, wanted)
    assert (heard.complete, heard.failed) == (set(wanted), {})


@pytest.mark.parametrize("slug", ["alpenboerse", "cornhill-courier"])
def test_the_pages_of_days_announce_every_article_and_empty_days_are_complete(portal: RunningPortal, slug: str) -> None:
    heard = announced(portal, slug, Via.LISTING, ALL, "archiv/{year}/{month2}/{day2}/")
    assert found_by(heard) == expected(portal, slug, ALL)
    assert (heard.complete, heard.failed) == (set(ALL), {})


def test_the_next_links_of_the_listing_lead_through_it(portal: RunningPortal) -> None:
    heard = announced(portal, "alpenboerse", Via.LISTING, ALL, "archiv?seite=1")
    assert found_by(heard) == expected(portal, "alpenboerse", ALL)


def test_articles_that_appear_while_one_reads_lose_none(portal: RunningPortal) -> None:
    before = expected(portal, "alpenboerse", ALL)
    portal.fault("new_in_archive", path="seite=", times=5)
    try:
        heard = announced(portal, "alpenboerse", Via.LISTING, ALL, "archiv?seite={page}")
    finally:
        portal.clear_faults()
    # What appears on top after the first page was left is for the next backfill, or for the feeds.
    assert set(before) < set(found_by(heard))
    assert heard.complete == set(ALL)


PLACES = {
    "an index": ("alpenboerse", "sitemaps/index.xml"),
    "an index with padded months": ("cornhill-courier", "sitemaps/index.xml"),
    "robots.txt": ("cornhill-courier", ""),
    "an address with months": ("alpenboerse", "sitemaps/archive-{year}-{month}.xml"),
    "an address with padded months": ("cornhill-courier", "sitemaps/archive-{year}-{month2}.xml"),
}


@pytest.mark.parametrize(("slug", "place"), PLACES.values(), ids=PLACES)
def test_the_sitemaps_announce_every_article(portal: RunningPortal, slug: str, place: str) -> None:
    heard = announced(portal, slug, Via.SITEMAPS, ALL, place)
    assert set(expected(portal, slug, ALL)) <= set(found_by(heard))
    assert (heard.complete, heard.failed) == (set(ALL), {})


def test_a_few_days_of_the_sitemaps_are_those_days(portal: RunningPortal) -> None:
    wanted = days("2026-03-28", "2026-03-30")
    heard = announced(portal, "alpenboerse", Via.SITEMAPS, wanted, "sitemaps/index.xml")
    assert found_by(heard) == expected(portal, "alpenboerse", wanted)


@pytest.mark.parametrize("value", ["month", "late"])
def test_months_that_lie_about_their_name_lose_nothing(portal: RunningPortal, value: str) -> None:
    portal.fault("lying_child", value=value)
    try:
        heard = announced(portal, "alpenboerse", Via.SITEMAPS, ALL, "sitemaps/index.xml")
    finally:
        portal.clear_faults()
    assert set(expected(portal, "alpenboerse", ALL)) <= set(found_by(heard))
