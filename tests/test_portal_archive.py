"""The archives of the sample portal: what they list, where, and how it changes."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import lxml.html
import pytest
from past_asking import SLUGS, gold_of, new_world
from portal_asking import base, get

from portal import client
from portal.catalogue import load_portals
from portal.client import PortalError, RunningPortal
from portal.past import Past

MONTHS = {
    "alpenboerse": ["archive-2026-2", "archive-2026-3", "archive-2026-4"],
    "cornhill-courier": ["archive-2026-02", "archive-2026-03", "archive-2026-04"],
}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningPortal]:
    """One portal for the tests that change nothing but faults; each withdraws its own."""
    with client.start(articles=40) as portal:
        yield portal


@pytest.fixture(autouse=True)
def _no_faults_left(running: RunningPortal) -> Iterator[None]:
    yield
    running.clear_faults()


def month_of(one: dict[str, Any]) -> str:
    return str(one["published"][:7])


def locations(text: str) -> list[str]:
    return re.findall(r"<loc>(.*?)</loc>", text)


def child(portal: RunningPortal, slug: str, name: str) -> list[str]:
    return locations(get(f"{base(portal, slug)}/sitemaps/{name}.xml").text)


def links(page: str) -> list[str]:
    return [str(link) for link in lxml.html.fromstring(page).xpath("//article//a/@href")]


@pytest.mark.parametrize("slug", SLUGS)
def test_the_index_leads_to_every_article_by_the_months_of_the_portals_zone(running: RunningPortal, slug: str) -> None:
    children = locations(get(f"{base(running, slug)}/sitemaps/index.xml").text)
    assert [re.findall(r"archive-[\d-]+", one)[0] for one in children] == MONTHS[slug][::-1]
    gold = gold_of(running, slug)
    for name, month in zip(MONTHS[slug], ("2026-02", "2026-03", "2026-04"), strict=True):
        assert set(child(running, slug, name)) == {one["url"] for one in gold if month_of(one) == month}


def test_robots_txt_of_one_portal_names_the_index_and_that_of_the_other_does_not(running: RunningPortal) -> None:
    named = {slug: "/sitemaps/index.xml" in get(base(running, slug) + "/robots.txt").text for slug in SLUGS}
    assert named == {"alpenboerse": False, "cornhill-courier": True}


def test_the_articles_of_the_archive_are_on_many_days_but_not_on_each(running: RunningPortal) -> None:
    days = Counter(date.fromisoformat(one["published"][:10]) for one in gold_of(running, "alpenboerse"))
    march = {day: days[day] for day in (date(2026, 3, 1) + timedelta(days=k) for k in range(20))}
    assert march.pop(date(2026, 3, 8)) == 0
    assert set(march.values()) == {4}
    assert days[date(2026, 3, 29)] == 4


def test_around_the_change_of_clocks_the_printed_times_have_both_offsets(running: RunningPortal) -> None:
    printed = [one["published"] for one in gold_of(running, "alpenboerse") if one["published"] > "2026-03-29"]
    assert {"2026-03-29T00:30:00+01:00", "2026-03-29T03:30:00+02:00"} <= set(printed)


def test_some_articles_have_another_day_or_month_in_utc(running: RunningPortal) -> None:
    early = [datetime.fromisoformat(one["published"]) for one in running.archive_gold()]
    assert any(at.date() != at.astimezone(UTC).date() for at in early)
    assert any(at.month != at.astimezone(UTC).month for at in early)


def test_what_the_archive_lists_is_nowhere_else_and_its_pages_are_true_to_their_gold(running: RunningPortal) -> None:
    listed = "".join(get(feed["url"]).body.decode("latin-1") for one in running.portals for feed in one["feeds"])
    live = {one["url"] for one in running.gold()}
    for one in running.archive_gold():
        assert one["url"] not in listed
        assert one["url"] not in live
    for one in running.archive_gold()[::7]:
        page = re.sub(r"\s+", "", lxml.html.fromstring(get(one["url"]).text).text_content())
        assert all(re.sub(r"\s+", "", paragraph) in page for paragraph in one["text"].split("\n\n"))


def test_the_live_part_of_a_portal_does_not_know_its_archive(running: RunningPortal) -> None:
    for path in ("/archiv", "/news-sitemap.xml", "/sitemap_index.xml", "/", "/robots.txt"):
        assert "2026" not in get(base(running) + path).text, path


def test_the_listing_has_every_article_once_newest_first_ten_a_page(running: RunningPortal) -> None:
    seen: list[str] = []
    path: str | None = "/archiv?seite=1"
    while path:
        page = get(base(running) + path).text
        seen += links(page)
        following = lxml.html.fromstring(page).xpath("//a[@rel='next']/@href")
        path = str(following[0]) if following else None
    gold = sorted(gold_of(running, "alpenboerse"), key=lambda one: datetime.fromisoformat(one["published"]))
    assert [base(running) + one for one in seen] == [one["url"] for one in gold[::-1]]
    assert [get(f"{base(running)}/archiv?seite={number}").status for number in (0, 10, 11)] == [404, 200, 404]


def test_every_day_has_a_page_of_its_own_and_an_empty_one_where_nothing_appeared(running: RunningPortal) -> None:
    def day(path: str) -> list[str]:
        return links(get(f"{base(running)}/archiv/{path}/").text)

    assert [len(day(path)) for path in ("2026/03/01", "2026/03/29", "2026/02/28")] == [4, 4, 2]
    empty = get(f"{base(running)}/archiv/2026/03/08/")
    assert (empty.status, links(empty.text)) == (200, [])
    wrong = ("2025/03/08", "2026/02/30", "2026/13/01")
    assert {get(f"{base(running)}/archiv/{path}/").status for path in wrong} == {404}


def test_children_that_lie_hold_another_month_or_begin_two_days_late(running: RunningPortal) -> None:
    right = {name: child(running, "alpenboerse", name) for name in MONTHS["alpenboerse"]}
    running.fault("lying_child")
    held = {name: child(running, "alpenboerse", name) for name in MONTHS["alpenboerse"]}
    february, march, april = MONTHS["alpenboerse"]
    assert (held[february], held[march], held[april]) == (right[march], right[april], right[february])
    running.clear_faults()
    running.fault("lying_child", value="late")
    late = set(child(running, "alpenboerse", march))
    days = {one["url"]: one["published"][:10] for one in gold_of(running, "alpenboerse")}
    assert late == {url for url, day in days.items() if "2026-03-03" <= day <= "2026-04-02"}
    assert get(f"{base(running)}/sitemaps/index.xml").status == 200
    assert get(f"{base(running, 'tagesfinanz')}/sitemaps/archive-2026-3.xml").status == 404


def test_a_listing_shifts_while_articles_appear_and_then_stands_still() -> None:
    with client.start(articles=10) as portal:
        first = links(get(f"{base(portal)}/archiv?seite=1").text)
        portal.fault("new_in_archive", path="seite=", times=2, portal="alpenboerse")
        shifted = links(get(f"{base(portal)}/archiv?seite=1").text)
        second = links(get(f"{base(portal)}/archiv?seite=2").text)
        assert shifted[1:] == first[:9]
        assert second[:2] == first[8:]
        assert links(get(f"{base(portal)}/archiv?seite=2").text) == second
        assert get(base(portal) + shifted[0]).status == 200
        assert len(gold_of(portal, "alpenboerse")) == 98
        assert shifted[0] in child(portal, "alpenboerse", "archive-2026-4")[1]


def test_articles_of_the_archive_can_be_edited_and_removed_but_not_renamed() -> None:
    with client.start(articles=10) as portal:
        before = next(one for one in portal.archive_gold() if one["id"] == "past-alpenboerse-4")
        after = portal.edit("past-alpenboerse-4")
        assert (after["revision"], after["url"]) == (2, before["url"])
        assert after["modified"] > after["published"]
        assert after["text"].split()[-1] in get(before["url"]).text
        gone = portal.remove("past-alpenboerse-5", 410)
        assert get(gone["url"]).status == 410
        assert gone["url"] not in child(portal, "alpenboerse", "archive-2026-3")
        with pytest.raises(PortalError, match="keep their addresses"):
            portal.rename("past-alpenboerse-6")


def test_a_larger_archive_keeps_the_articles_of_the_smaller_one_and_their_days() -> None:
    portal = load_portals()[0]
    small, large = Past(portal, 1, 1), Past(portal, 1, 105)
    assert len(large) > 10_000
    assert [large.first(number) for number in range(20)] == [small.first(number) for number in range(20)]
    assert {large.day(number) for number in range(len(large))} == {small.day(number) for number in range(len(small))}
    assert len({large.path(number) for number in range(0, len(large), 50)}) == len(range(0, len(large), 50))


def test_pages_of_the_archive_are_not_kept() -> None:
    world = new_world()
    past = world.archives.pasts["alpenboerse"]
    before = len(world._documents)
    assert all(world.document("alpenboerse", past.path(number)) for number in range(30))
    assert world.document("alpenboerse", "/archiv?seite=2")
    assert len(world._documents) == before


def test_a_scale_out_of_bounds_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PortalError), client.start(archive_scale=251):
        pytest.fail("a scale of 251 was taken")
    assert "251 is not between 1 and 250" in capfd.readouterr().err


def test_the_day_of_an_article_is_that_of_the_portals_zone() -> None:
    past = Past(next(one for one in load_portals() if one.slug == "alpenboerse"), 1, 3)
    for number in range(len(past)):
        assert past.day(number) == past.published(number).astimezone(ZoneInfo("Europe/Zurich")).date()
