"""The past of a source from its paginated listings: where they end, what shifts, what shows no date."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from announcing import HOME, Heard, asked, days, heard_from, past, web
from fakes import failing, ok
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import Misconfigured
from tasks.archives import archive_of, course
from tasks.archives.asking import May
from tasks.archives.listing import ListingArchive
from tasks.archives.walk import OLDER_IN_A_ROW
from tasks.model import Get, Response
from tasks.outcome import Failure, Reason
from tasks.past import Past, Via

SELECTORS = {"item": "li.meldung", "link": None, "title": None, "date": "time", "date_format": None}
PLACE = "/archiv?seite={page}"
LATEST = date(2026, 3, 20)
Item = tuple[str, date | None]


def listed(*items: Item, following: str = "") -> str:
    """A page of a listing."""
    rows = "".join(
        f'<li class="meldung"><a href="{path}">Meldung {path}</a>{f"<time>{day}</time>" if day else ""}</li>'
        for path, day in items
    )
    return f"<html><body><ul>{rows}</ul>{following and f'<a rel=next href={following!r}>'}</body></html>"


def history(count: int, a_day: int = 3) -> list[Item]:
    """So many items, newest first, `a_day` of them a day."""
    return [(f"/a{number}", LATEST - timedelta(days=number // a_day)) for number in range(count)]


def paged(items: Sequence[Item], size: int = 10) -> dict[str, str]:
    """The items as pages; beyond the last one nothing is there."""
    return {
        PLACE.replace("{page}", str(start // size + 1)): listed(*items[start : start + size])
        for start in range(0, len(items), size)
    }


def of(*wanted: date, place: str | None = PLACE, selectors: Mapping[str, object] | None = SELECTORS) -> Past:
    return replace(past(*wanted, place=place), selectors=selectors)


def heard(get: Get, wanted: Past, may: May | None = None) -> Heard:
    return heard_from(ListingArchive(wanted, get, may), wanted)


def test_the_pages_are_walked_until_the_wanted_days_are_passed() -> None:
    items = history(300)
    fake = web(paged(items))
    wanted = of(*days("2026-03-10", "2026-03-12"))
    found = heard_from(archive_of(Via.LISTING, wanted, fake.get, datetime.now(UTC)), wanted)
    expected = {path: str(day) for path, day in items if day in wanted.days.days}
    assert found.found() == expected
    assert (len(expected), found.complete, found.failed) == (9, set(wanted.days.days), {})
    # 33 items are wanted or younger, twenty in a row have to be older: page 6.
    assert asked(fake) == [PLACE.replace("{page}", str(number)) for number in range(1, 7)]
    assert {one.place for one in found.candidates} <= {f"{HOME}{path}" for path in asked(fake)}


def test_days_are_done_while_the_walk_goes_on() -> None:
    found = heard(web(paged(history(300))).get, of(*days("2026-03-01", "2026-03-20")))
    done = [min(piece.complete) for piece in found.pieces if piece.complete]
    assert len(done) > 3
    assert done == sorted(done, reverse=True)


def test_one_old_item_on_top_does_not_end_the_walk_nor_do_nineteen() -> None:
    old = [(f"/werbung{number}", date(2020, 1, 1)) for number in range(OLDER_IN_A_ROW - 1)]
    items = [*old, *history(60)]
    wanted = of(*days("2026-03-19", "2026-03-20"))
    found = heard(web(paged(items)).get, wanted)
    assert len(found.candidates) == 6
    assert found.complete == set(wanted.days.days)


def test_a_pinned_advert_on_every_page_neither_keeps_the_walk_going_nor_makes_it_read_pages_twice() -> None:
    pinned: Item = ("/werbung", LATEST)
    pages = {path: body.replace("<ul>", f"<ul>{listed(pinned)}") for path, body in paged(history(300)).items()}
    fake = web(pages)
    found = heard(fake.get, of(*days("2026-03-15", "2026-03-16")))
    assert len(fake.asked) == len(set(asked(fake))) < 6
    assert sum(one.url.endswith("/werbung") for one in found.candidates) == 0


def test_a_listing_that_ends_too_early_says_so_for_the_days_before() -> None:
    found = heard(web(paged(history(30))).get, of(*days("2026-03-08", "2026-03-12")))
    assert found.complete == set(days("2026-03-11", "2026-03-12"))
    assert "ends with 2026-03-11" in found.failed[date(2026, 3, 8)]


ENDS = {
    "a page that is not there": failing(Reason.NOT_FOUND, 404),
    "an empty page": listed(),
    "the last page again": listed(*history(12)[10:]),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_the_end_of_a_listing_is_seen(end: str | Failure) -> None:
    pages = paged(history(12))
    found = heard(web({**pages, PLACE.replace("{page}", "3"): end}).get, of(*days("2026-03-17", "2026-03-20")))
    assert len(found.candidates) == 12
    assert (found.complete, found.failed) == (set(days("2026-03-17", "2026-03-20")), {})


@dataclass(slots=True)
class Moving:
    """A listing in pages of five to which so many items are added before its second page is asked for."""

    items: list[Item]
    added: int
    asked: list[int] = field(default_factory=list)

    async def get(self, url: str, _headers: Mapping[str, str]) -> Response | Failure:
        """The page as it is now."""
        number = int(parse_qs(urlsplit(url).query)["seite"][0])
        if number == 2 and 2 not in self.asked:
            self.items = [*((f"/neu{n}", LATEST) for n in range(self.added)), *self.items]
        self.asked.append(number)
        answer = ok(listed(*self.items[(number - 1) * 5 : number * 5]).encode())
        return replace(answer, url=url, final_url=url)


@pytest.mark.parametrize("added", [1, 5, 7])
def test_items_that_are_added_while_one_reads_are_found_by_reading_the_page_before_again(added: int) -> None:
    moving = Moving(history(100), added)
    found = heard(moving.get, of(*days("2026-03-15", "2026-03-20")))
    assert moving.asked[:4] == [1, 2, 1, 3]
    wanted = {path for path, day in history(100) if day and day >= date(2026, 3, 15)}
    assert set(found.found()) == wanted | {f"/neu{n}" for n in range(added)}
    assert len(found.candidates) == len(found.found())
    assert found.complete == set(days("2026-03-15", "2026-03-20"))


def test_pages_that_only_change_the_order_of_their_items_end_the_walk() -> None:
    items = history(6)
    fake = web({PLACE.replace("{page}", str(n)): listed(*items[n % 6 :], *items[: n % 6]) for n in range(1, 6)})
    heard(fake.get, of(*days("2026-03-19")))
    # The first page, two without anything new, and page 1 and 2 again because they moved.
    assert sorted(set(asked(fake))) == [PLACE.replace("{page}", str(n)) for n in (1, 2, 3)]


def test_a_listing_that_stands_still_is_read_once() -> None:
    fake = web(paged(history(100), size=5))
    heard(fake.get, of(*days("2026-03-15", "2026-03-20")))
    assert len(set(asked(fake))) == len(asked(fake))


def test_a_page_that_fails_costs_the_days_between_its_neighbours() -> None:
    pages: dict[str, str | Failure] = {**paged(history(300)), PLACE.replace("{page}", "3"): failing(Reason.TIMEOUT)}
    fake = web(pages)
    found = heard(fake.get, of(*days("2026-03-05", "2026-03-20")))
    assert asked(fake)[:6] == [PLACE.replace("{page}", number) for number in ("1", "2", "3", "3", "3", "4")]
    # Page 2 ends on the 14th, page 4 begins on the 10th.
    assert set(found.failed) == set(days("2026-03-10", "2026-03-14"))
    assert "timeout" in found.failed[date(2026, 3, 12)]
    assert found.complete == set(days("2026-03-05", "2026-03-09")) | set(days("2026-03-15", "2026-03-20"))


def test_two_pages_that_fail_in_a_row_end_the_walk() -> None:
    down = {PLACE.replace("{page}", number): failing(Reason.SERVER_ERROR, 500) for number in ("5", "6")}
    found = heard(web({**paged(history(300)), **down}).get, of(*days("2026-03-05", "2026-03-20")))
    # The last twenty items of page 4 are of the 14th or older.
    assert found.complete == set(days("2026-03-15", "2026-03-20"))
    assert set(found.failed) == set(days("2026-03-05", "2026-03-14"))


def test_undated_items_between_items_of_wanted_days_are_candidates_and_others_are_counted() -> None:
    wanted = days("2026-03-10", "2026-03-11")
    items: list[Item] = [
        ("/jung", date(2026, 3, 12)), ("/vor", None), ("/a", date(2026, 3, 11)), ("/zwischen", None),
        ("/b", date(2026, 3, 10)), ("/nach", None), *((f"/alt{n}", date(2026, 3, 9)) for n in range(25)),
    ]  # fmt: skip
    found = heard(web(paged(items, size=4)).get, of(*wanted))
    assert found.found() == {"/a": "2026-03-11", "/zwischen": None, "/b": "2026-03-10"}
    assert "2 items without a date" in found.left_out
    assert "/vor" in found.left_out
    assert "/nach" in found.left_out


def test_a_listing_that_shows_no_dates_at_all_is_left_after_three_pages() -> None:
    fake = web(paged([(f"/a{number}", None) for number in range(400)]))
    found = heard(fake.get, of(*days("2026-03-10")))
    assert len(fake.asked) == course.PAGES_WITHOUT_DATES
    assert "show no date" in found.failed[date(2026, 3, 10)]
    assert "30 items without a date" in found.left_out


def test_the_date_in_an_address_dates_an_item() -> None:
    items = [(f"/2026/03/{20 - number // 3:02}/a{number}", None) for number in range(57)]
    found = heard(web(paged(items)).get, of(*days("2026-03-18")))
    assert set(found.found().values()) == {"2026-03-18"}
    assert len(found.candidates) == 3


def test_a_listing_from_old_to_new_is_walked_to_its_end() -> None:
    items = history(90)[::-1]
    found = heard(web(paged(items)).get, of(*days("2026-03-18", "2026-03-20")))
    assert (len(found.candidates), found.complete) == (9, set(days("2026-03-18", "2026-03-20")))


def test_a_listing_without_end_is_left_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "MAX_PAGES", 7)
    fake = web(paged(history(300)))
    found = heard(fake.get, of(*days("2026-02-01", "2026-02-02")))
    assert len(fake.asked) == 7
    assert all("first 7 pages" in why for why in found.failed.values())


def test_the_next_page_is_where_the_page_says_and_only_on_its_own_site() -> None:
    items = history(40)
    chain = {
        "/news": listed(*items[:15], following="/news/aelter"),
        "/news/aelter": listed(*items[15:30], following="/news?x=3"),
        "/news?x=3": listed(*items[30:], following="https://anders.example/"),
    }
    fake = web(chain)
    found = heard(fake.get, of(*days("2026-03-07", "2026-03-20"), place="/news"))
    assert asked(fake) == list(chain)
    assert len(found.candidates) == 40
    assert found.complete == set(days("2026-03-07", "2026-03-20"))


def test_next_pages_in_a_circle_end() -> None:
    chain = {"/a": listed(*history(5), following="/b"), "/b": listed(*history(9)[5:], following="/a")}
    fake = web(chain)
    heard(fake.get, of(*days("2026-03-01"), place="/a"))
    assert asked(fake) == ["/a", "/b"]


def test_a_listing_for_each_day_dates_what_shows_no_date() -> None:
    wanted = days("2026-03-28", "2026-03-30")
    fake = web({
        "/2026/03/28/": listed(("/a", None), ("/b", date(2026, 3, 28))), "/2026/03/30/": listed(("/c", None)),
    })  # fmt: skip
    found = heard(fake.get, of(*wanted, place="/{year}/{month2}/{day2}/"))
    assert found.found() == {"/a": "2026-03-28", "/b": "2026-03-28", "/c": "2026-03-30"}
    assert (found.complete, found.failed) == (set(wanted), {})
    assert "/2026/03/29/" in found.left_out


def test_where_no_day_has_a_listing_the_address_is_wrong() -> None:
    found = heard(web({}).get, of(*days("2026-03-28", "2026-03-30"), place="/{year}/{month2}/{day2}/"))
    assert set(found.failed) == set(days("2026-03-28", "2026-03-30"))


def test_a_day_may_have_several_pages() -> None:
    day = date(2026, 3, 10)
    pages = {f"/tag/2026-3-10/{page}": listed(*((f"/a{page}{n}", day) for n in range(30))) for page in (1, 2)}
    found = heard(web(pages).get, of(day, place="/tag/{year}-{month}-{day}/{page}"))
    assert (len(found.candidates), found.complete) == (60, {day})


def test_what_robots_txt_disallows_is_not_asked_for() -> None:
    fake = web(paged(history(30)))
    found = heard(fake.get, of(*days("2026-03-20")), may=lambda _url: False)
    assert (fake.asked, found.requests) == ([], [])
    assert "robots" in found.failed[date(2026, 3, 20)]


def test_a_page_without_selectors_says_what_is_missing() -> None:
    found = heard(web(paged(history(30))).get, of(*days("2026-03-20"), selectors=None))
    assert "selectors" in found.failed[date(2026, 3, 20)]


def test_a_first_page_on_which_the_selectors_find_nothing_is_no_empty_archive() -> None:
    found = heard(web({PLACE.replace("{page}", "1"): "<html><p>neu</p></html>"}).get, of(*days("2026-03-20")))
    assert "item selector" in found.failed[date(2026, 3, 20)]


def test_an_unknown_placeholder_is_refused() -> None:
    with pytest.raises(Misconfigured, match="seite"):
        ListingArchive(of(*days("2026-03-20"), place="/archiv?seite={seite}"), web({}).get)


def feed_of(items: Sequence[Item]) -> str:
    rows = "".join(
        f"<item><link>{HOME}{path}</link><title>T</title><pubDate>{day:%d %b %Y} 12:00:00 +0100</pubDate></item>"
        for path, day in items
        if day
    )
    return f"<rss version='2.0'><channel><title>N</title>{rows}</channel></rss>"


def test_a_feed_with_pages_is_walked_and_ends_with_a_404() -> None:
    items = history(25)
    pages = {f"/feed/?paged={n + 1}": feed_of(items[n * 10 : n * 10 + 10]) for n in range(3)}
    fake = web(pages)
    found = heard(fake.get, of(*days("2026-03-12", "2026-03-20"), place="/feed/?paged={page}", selectors=None))
    assert len(found.candidates) == 25
    assert asked(fake) == [*pages, "/feed/?paged=4"]
    assert found.complete == set(days("2026-03-12", "2026-03-20"))


@dataclass(slots=True)
class WordPress:
    """The posts interface of a portal whose clock is that of Zurich; prints no zone, as the real one."""

    posts: list[tuple[str, datetime]]
    asked: list[dict[str, str]] = field(default_factory=list)

    async def get(self, url: str, _headers: Mapping[str, str]) -> Response | Failure:
        """The posts of a page between the wanted times, newest first; 400 beyond the last page."""
        parts = urlsplit(url)
        assert parts.path == "/wp-json/wp/v2/posts"
        wish = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append(wish)
        after, before = (datetime.fromisoformat(wish[name]) for name in ("after", "before"))
        kept = sorted((post for post in self.posts if after < post[1] < before), key=lambda post: post[1], reverse=True)
        size, page = int(wish["per_page"]), int(wish["page"])
        shown = kept[(page - 1) * size : page * size]
        if page > 1 and not shown:
            return failing(Reason.HTTP_ERROR, 400)
        body = [
            {
                "id": n,
                "link": f"{HOME}{path}",
                "date_gmt": f"{at:%Y-%m-%dT%H:%M:%S}",
                "title": {"rendered": "A &amp; B"},
            }
            for n, (path, at) in enumerate(shown)
        ]
        return replace(ok(json.dumps(body).encode()), url=url, final_url=url)


def test_wordpress_is_asked_for_the_wanted_days_alone_and_needs_no_place() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    portal = WordPress([(f"/p{hour}", start + timedelta(hours=hour)) for hour in range(24 * 40)])
    wanted = days("2026-03-10", "2026-03-16")
    found = heard(portal.get, of(*wanted, place=None, selectors=None))
    window = past(*wanted).days.window
    expected = [path for path, at in portal.posts if window.start <= at < window.end]
    assert sorted(found.found()) == sorted(expected)
    assert (len(expected), found.complete) == (24 * 7, set(wanted))
    assert found.candidates[0].title == "A & B"
    assert [wish["page"] for wish in portal.asked] == ["1", "2", "3"]


def test_days_without_posts_are_done_where_wordpress_says_so() -> None:
    found = heard(WordPress([]).get, of(*days("2026-03-10", "2026-03-11"), place="/wp-json/wp/v2/posts?categories=7"))
    assert found.complete == set(days("2026-03-10", "2026-03-11"))


POSTS_WRONG = {
    "a page": "<html>Hallo</html>",
    "a word of the interface": '{"code": "rest_forbidden", "message": "Nein"}',
    "nothing": "",
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("body", POSTS_WRONG.values(), ids=POSTS_WRONG)
def test_what_is_no_list_of_posts_fails_its_days(body: str) -> None:
    wanted = of(*days("2026-03-10"), place=None)

    async def get(url: str, _headers: Mapping[str, str]) -> Response | Failure:
        return replace(ok(body.encode()), url=url, final_url=url)

    found = heard(get, wanted)
    assert "can't be read" in found.failed[date(2026, 3, 10)]


PATHS = st.sampled_from([f"/a{number}" for number in range(30)])
ITEMS = st.tuples(PATHS, st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 20)))
PAGES = st.lists(ITEMS, max_size=12).map(lambda items: listed(*items))
TROUBLE = st.sampled_from([failing(Reason.NOT_FOUND, 404), failing(Reason.TIMEOUT), failing(Reason.BLOCKED, 403)])
PLACES = st.sampled_from(
    [PLACE, "/tag/{year}-{month}-{day}?seite={page}", "/monat/{year}/{month2}/", "/archiv?seite=1"]
)
ANY_PAGE = PAGES | TROUBLE | st.binary(max_size=30) | st.text(max_size=30)


@settings(max_examples=150, deadline=None)
@given(st.lists(ANY_PAGE, max_size=8), PLACES, st.sets(st.dates(date(2026, 3, 1), date(2026, 3, 20)), min_size=1))
def test_whatever_the_pages_are_each_day_ends_complete_or_failed(
    answers: list[str | bytes | Failure], place: str, wanted: set[date]
) -> None:
    fake = web(dict(enumerate_pages(answers)))
    found = heard(fake.get, of(*sorted(wanted), place=place))
    assert all(one.day is None or one.day in wanted for one in found.candidates)


def enumerate_pages(answers: Sequence[str | bytes | Failure]) -> list[tuple[str, str | bytes | Failure]]:
    """The answers under all the addresses that the places may lead to."""
    forms = ("/archiv?seite={0}", "/tag/2026-3-{0}?seite=1", "/tag/2026-3-{0}?seite=2", "/monat/2026/{0:02}/")
    return [(form.format(number), answer) for number, answer in enumerate(answers, 1) for form in forms]
