"""Which sitemaps of an index or a robots.txt become feeds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from makers import said

from tasks.discover.children import MAX_CHILDREN, MAX_ROBOTS_SITEMAPS, child_rows, chosen_children, robots_rows
from tasks.model import Feed, FeedKind, SitemapChild, SitemapIndex

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
HOME = "https://www.nordwerk.example/"
PARENT = Feed(
    7, 3, "nordwerk", f"{HOME}sitemap_index.xml", "Europe/Zurich", timedelta(minutes=15), kind=FeedKind.NEWS_SITEMAP,
    look_back=2 * DAY, ignore_zone=True,
)  # fmt: skip


def chosen(*children: SitemapChild) -> list[str]:
    """The names of the chosen children in their order."""
    return [child.url.rpartition("/")[2] for child in chosen_children(SitemapIndex(children), NOW).children]


def child(name: str, days_ago: float | None = None) -> SitemapChild:
    return SitemapChild(f"{HOME}maps/{name}", None if days_ago is None else said(NOW - days_ago * DAY))


def test_the_newest_come_first_and_those_that_show_no_time_last() -> None:
    assert chosen(child("a.xml", 3), child("b.xml"), child("c.xml", 1), child("d.xml")) == [
        "c.xml", "a.xml", "b.xml", "d.xml",
    ]  # fmt: skip


def test_the_date_in_a_name_counts_more_than_a_time_of_change_that_is_that_of_the_build() -> None:
    built = [child(f"news-2026-0{month}.xml", 0.1) for month in (1, 2, 3)]
    assert chosen(*built) == ["news-2026-03.xml", "news-2026-02.xml", "news-2026-01.xml"]


def test_what_is_beyond_fifty_is_counted() -> None:
    found = chosen_children(SitemapIndex(tuple(child(f"{n}.xml", n) for n in range(MAX_CHILDREN + 7))), NOW)
    assert (len(found.children), found.left_out) == (MAX_CHILDREN, 7)
    assert found.children[-1].url.endswith(f"/{MAX_CHILDREN - 1}.xml")


def test_a_child_is_read_like_its_parent_and_at_least_once_a_day() -> None:
    (row,) = child_rows(PARENT, [child("a.xml", 1)], NOW)
    assert (row["kind"], row["origin"], row["parent_id"], row["source_id"]) == ("news_sitemap", "index", 7, 3)
    assert (row["look_back"], row["time_zone"], row["ignore_zone"]) == (2 * DAY, "Europe/Zurich", True)
    assert (row["every"], row["slowest"], row["next_poll_at"]) == (PARENT.every, DAY, NOW)
    assert row["modified_at"] == NOW - DAY


def test_what_hangs_on_a_sitemap_of_robots_txt_is_asked_when_that_one_is() -> None:
    (row,) = child_rows(replace(PARENT, origin="robots"), [child("a.xml")], NOW)
    assert (row["origin"], row["modified_at"]) == ("robots", None)


ROBOTS = f"""User-agent: *
Disallow: /intern/
sitemap: /news-sitemap.xml
Sitemap: {HOME}pages.xml
Sitemap: https://www.anders.example/news.xml
Sitemap: https://maps.nordwerk.example/googlenews.xml
"""


def test_the_news_sitemaps_of_the_portals_own_site_are_taken_from_robots_txt() -> None:
    feed = replace(PARENT, kind=FeedKind.RSS, homepage=HOME, look_back=None)
    rows = robots_rows(feed, ROBOTS, 3 * DAY, NOW)
    assert {row["look_back"] for row in rows} == {3 * DAY}
    assert [row["url"] for row in rows] == [f"{HOME}news-sitemap.xml", "https://maps.nordwerk.example/googlenews.xml"]
    assert {(row["origin"], row["kind"], row["parent_id"]) for row in rows} == {("robots", "news_sitemap", None)}


def test_a_robots_txt_without_end_names_ten_at_most() -> None:
    lines = "\n".join(f"Sitemap: {HOME}news{number}.xml" for number in range(500))
    feed = replace(PARENT, homepage=HOME)
    assert len(robots_rows(feed, lines, DAY, NOW)) == MAX_ROBOTS_SITEMAPS
    assert robots_rows(feed, "", DAY, NOW) == []
