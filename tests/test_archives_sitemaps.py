"""The past of a source from its archive sitemaps: which are read, which days are done, what a liar can do."""

import gzip
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from announcing import HOME, Heard, asked, days, heard_from, past, web
from fakes import FakeWeb, failing, ok, run
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import Misconfigured
from tasks.archives import agenda, archive_of
from tasks.archives.asking import May
from tasks.archives.sitemaps import USUAL_PATHS, SitemapArchive
from tasks.outcome import Reason
from tasks.past import Past, Via

MARCH = days("2026-03-01", "2026-03-03")


def urlset(*entries: str) -> str:
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{"".join(entries)}</urlset>'


def item(path: str, lastmod: str = "") -> str:
    return f"<url><loc>{HOME}{path}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}</url>"


def news(path: str, published: str, title: str = "Werft legt zu") -> str:
    return (
        f'<url><loc>{HOME}{path}</loc><n:news xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">'
        f"<n:publication_date>{published}</n:publication_date><n:title>{title}</n:title></n:news></url>"
    )


def index(*children: str | tuple[str, str]) -> str:
    pairs = [(child, "") if isinstance(child, str) else child for child in children]
    listed = "".join(
        f"<sitemap><loc>{HOME}{path}</loc>{f'<lastmod>{lastmod}</lastmod>' if lastmod else ''}</sitemap>"
        for path, lastmod in pairs
    )
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>'


def heard(fake: FakeWeb, of: Past, may: May | None = None) -> Heard:
    return heard_from(SitemapArchive(of, fake.get, may), of)


def test_the_sitemaps_of_robots_txt_lead_to_the_months_that_are_wanted_and_to_their_articles() -> None:
    fake = web({
        "/robots.txt": f"User-agent: *\nDisallow: /intern\n\nSitemap: {HOME}/sitemaps/index.xml\n",
        "/sitemaps/index.xml": index("/m/2026-01.xml", "/m/2026-02.xml", "/m/2026-03.xml", "/m/2026-04.xml"),
        "/m/2026-02.xml": urlset(item("/2026/02/28/kupfer"), item("/2026/03/01/zink")),
        "/m/2026-03.xml": urlset(item("/2026/03/01/dax"), item("/2026/03/02/smi"), item("/2026/03/20/atx")),
    })  # fmt: skip
    of = past(*MARCH)
    found = heard_from(archive_of(Via.SITEMAPS, of, fake.get, datetime.now(UTC)), of)
    # February is read too: its file may hold the first hours of March.
    assert asked(fake) == ["/robots.txt", "/sitemaps/index.xml", "/m/2026-02.xml", "/m/2026-03.xml"]
    assert found.found() == {
        "/2026/03/01/zink": "2026-03-01", "/2026/03/01/dax": "2026-03-01", "/2026/03/02/smi": "2026-03-02",
    }  # fmt: skip
    assert {one.place for one in found.candidates} == {f"{HOME}/m/2026-02.xml", f"{HOME}/m/2026-03.xml"}
    assert (found.complete, found.failed, found.left_out) == (set(MARCH), {}, "")
    assert [one.url.removeprefix(HOME) for one in found.requests] == asked(fake)


def test_days_are_done_as_soon_as_every_document_that_may_hold_them_was_read() -> None:
    wanted = days("2026-01-20", "2026-03-10")
    fake = web({"/i.xml": index(*(f"/m/2026-0{n}.xml" for n in (3, 1, 2)))} | {
        f"/m/2026-0{n}.xml": urlset(item(f"/2026/0{n}/25/dax")) for n in (1, 2, 3)
    })  # fmt: skip
    found = heard(fake, past(*wanted, place="/i.xml"))
    assert asked(fake)[1:] == ["/m/2026-01.xml", "/m/2026-02.xml", "/m/2026-03.xml"]
    done = [(min(piece.complete), max(piece.complete)) for piece in found.pieces if piece.complete]
    assert [(str(first), str(last)) for first, last in done] == [
        ("2026-01-20", "2026-01-29"), ("2026-01-30", "2026-02-26"), ("2026-02-27", "2026-03-10"),
    ]  # fmt: skip


def test_each_request_carries_the_headers_of_the_source_and_says_what_it_takes() -> None:
    fake = web({"/2026.xml": urlset()})
    heard(fake, replace(past(*MARCH, place="/2026.xml"), headers={"User-Agent": "Tape/1 (+desk@nordwerk.example)"}))
    assert fake.asked[0].headers["User-Agent"] == "Tape/1 (+desk@nordwerk.example)"
    assert "application/xml" in fake.asked[0].headers["Accept"]


def test_without_a_word_in_robots_txt_the_usual_names_are_tried_until_one_is_a_sitemap() -> None:
    fake = web({"/sitemap.xml": "<html><body>Willkommen</body></html>", USUAL_PATHS[3]: urlset(item("/2026/03/02/a"))})
    found = heard(fake, past(*MARCH))
    assert asked(fake) == ["/robots.txt", *USUAL_PATHS[:4]]
    assert (found.found(), found.complete) == ({"/2026/03/02/a": "2026-03-02"}, set(MARCH))


def test_a_source_without_any_sitemap_says_what_to_do() -> None:
    found = heard(web({}), past(*MARCH))
    assert set(found.failed) == set(MARCH)
    assert all("name a sitemap" in why and "not_found" in why for why in found.failed.values())
    assert {one.failure.reason for one in found.requests if one.failure} == {Reason.NOT_FOUND}


def test_where_robots_txt_cannot_be_read_nothing_is_taken_for_the_whole() -> None:
    fake = web({"/robots.txt": failing(Reason.SERVER_ERROR, 503), "/sitemap.xml": urlset(item("/2026/03/02/a"))})
    found = heard(fake, past(*MARCH))
    assert asked(fake) == ["/robots.txt"] * 3
    assert all("run the backfill again" in why for why in found.failed.values())
    assert set(found.failed) == set(MARCH)


def test_a_child_that_fails_three_times_costs_the_days_that_it_may_hold_and_no_others() -> None:
    wanted = days("2026-02-10", "2026-03-10")
    fake = web({
        "/i.xml": index("/m/2026-02.xml", "/m/2026-03.xml"),
        "/m/2026-02.xml": failing(Reason.TIMEOUT),
        "/m/2026-03.xml": urlset(item("/2026/03/05/dax")),
    })  # fmt: skip
    found = heard(fake, past(*wanted, place="/i.xml"))
    assert asked(fake).count("/m/2026-02.xml") == 3
    assert set(found.failed) == set(days("2026-02-10", "2026-03-02"))
    assert found.complete == set(days("2026-03-03", "2026-03-10"))
    assert "timeout" in found.failed[date(2026, 2, 10)]
    assert found.found() == {"/2026/03/05/dax": "2026-03-05"}
    assert [one.failure.reason for one in found.requests if one.failure] == [Reason.TIMEOUT] * 3


def test_a_dated_child_that_is_not_there_fails_its_days_and_an_undated_one_is_named() -> None:
    fake = web({"/i.xml": index("/tags.xml", "/m/2026-03.xml"), "/m/2026-03.xml": urlset()})
    found = heard(fake, past(*MARCH, place="/i.xml"))
    assert (found.complete, found.failed) == (set(MARCH), {})
    assert "/tags.xml" in found.left_out
    fake = web({"/i.xml": index("/m/2026-02.xml", "/m/2026-03.xml"), "/m/2026-02.xml": urlset()})
    found = heard(fake, past(*days("2026-02-20", "2026-03-10"), place="/i.xml"))
    assert set(found.failed) == set(days("2026-02-27", "2026-03-10"))


def test_loops_and_doubles_are_read_once() -> None:
    fake = web({
        "/i.xml": index("/i.xml", "/a.xml", "/b.xml", "/a.xml"),
        "/a.xml": index("/b.xml", "/i.xml"),
        "/b.xml": urlset(item("/2026/03/02/a"), item("/2026/03/02/a")),
    })  # fmt: skip
    found = heard(fake, past(*MARCH, place="/i.xml"))
    assert sorted(asked(fake)) == ["/a.xml", "/b.xml", "/i.xml"]
    assert (len(found.candidates), found.complete) == (1, set(MARCH))


def test_an_index_without_end_is_left_after_eleven_levels_and_its_days_are_not_called_complete() -> None:
    fake = web({f"/{level}.xml": index(f"/{level + 1}.xml") for level in range(40)})
    found = heard(fake, past(*MARCH, place="/0.xml"))
    assert len(fake.asked) == agenda.MAX_DEPTH + 1
    assert set(found.failed) == set(MARCH)
    assert "1 sitemaps beyond" in found.left_out


def test_more_documents_than_are_read_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agenda, "MAX_DOCUMENTS", 4)
    fake = web({"/i.xml": index(*(f"/teil-{n}.xml" for n in range(9)))} | {
        f"/teil-{n}.xml": urlset() for n in range(9)
    })  # fmt: skip
    found = heard(fake, past(*MARCH, place="/i.xml"))
    assert len(fake.asked) == 4
    assert "6 sitemaps beyond" in found.left_out
    assert set(found.failed) == set(MARCH)


def test_a_time_of_change_only_rules_out_what_was_last_changed_before_the_wanted_days() -> None:
    fake = web({
        "/i.xml": index(("/teil-1.xml", "2024-05-01"), ("/teil-2.xml", "2026-03-02"), ("/teil-3.xml", "2026-11-01"),
                        "/teil-4.xml"),
        "/teil-2.xml": urlset(), "/teil-3.xml": urlset(), "/teil-4.xml": urlset(),
    })  # fmt: skip
    found = heard(fake, past(*MARCH, place="/i.xml"))
    assert asked(fake)[1:] == ["/teil-2.xml", "/teil-3.xml", "/teil-4.xml"]
    assert "1 sitemaps last changed before the wanted days" in found.left_out
    assert found.complete == set(MARCH)


def test_times_of_change_that_nobody_keeps_rule_out_nothing() -> None:
    fake = web({
        "/i.xml": index(("/teil-1.xml", "2021-05-01"), ("/teil-2.xml", "2021-05-01")),
        "/teil-1.xml": urlset(item("/2026/03/01/a")), "/teil-2.xml": urlset(),
    })  # fmt: skip
    assert heard(fake, past(*MARCH, place="/i.xml")).found() == {"/2026/03/01/a": "2026-03-01"}


ENTRIES = {
    "a date of publication decides": (
        news("/2026/03/09/a", "2026-03-02T08:00:00+01:00"), "/m/2026-03.xml", "2026-03-02"),
    "a day begins at midnight of the portal": (news("/a", "2026-03-03T23:30:00Z"), "/m/2026-03.xml", "out"),
    "a day ends at midnight of the portal": (news("/a", "2026-02-28T23:30:00Z"), "/m/2026-03.xml", "2026-03-01"),
    "the day in the address comes before a change": (item("/2026/03/02/a", "2026-03-03"), "/x.xml", "2026-03-02"),
    "a liar: an address of another month": (item("/2025/11/02/a", "2026-03-03"), "/m/2026-03.xml", "out"),
    "a change is a hint": (item("/a", "2026-03-03"), "/x.xml", "2026-03-03"),
    "a change within the month of the name": (item("/a", "2026-03-03"), "/m/2026-03.xml", "2026-03-03"),
    "a change after the wanted days": (item("/a", "2026-09-03"), "/x.xml", "may be older"),
    "a change before the wanted days": (item("/a", "2025-09-03"), "/x.xml", "out"),
    "no date at all": (item("/a"), "/x.xml", "without a date"),
    "no date, a month of which a part is wanted": (item("/a"), "/m/2026-03.xml", "without a date"),
    "no date, another month beside the wanted days": (item("/a"), "/m/2026-02.xml", "out"),
    "the name says the day": (item("/a", "2026-05-05"), "/tag/20260302.xml", "2026-03-02"),
    "the name says another day": (item("/a"), "/tag/20260304.xml", "out"),
    "the address says the month alone": (item("/2026/03/a", "2026-03-02"), "/x.xml", "2026-03-02"),
    "a change that is no date": (item("/a", "0000-00-00"), "/x.xml", "without a date"),
}  # fmt: skip


@pytest.mark.parametrize(("entry", "child", "outcome"), ENTRIES.values(), ids=ENTRIES)
def test_the_day_of_an_entry(entry: str, child: str, outcome: str) -> None:
    fake = web({"/i.xml": index(child), child: urlset(entry)})
    found = heard(fake, past(*MARCH, place="/i.xml"))
    assert found.complete == set(MARCH)
    if outcome.startswith("2026"):
        assert list(found.found().values()) == [outcome]
    else:
        assert found.found() == {}
        assert (outcome in found.left_out) == (outcome != "out")
        assert outcome != "out" or not found.left_out


def test_undated_entries_are_taken_where_their_sitemap_is_of_wanted_days_alone() -> None:
    wanted = days("2026-02-01", "2026-02-28")
    fake = web({"/i.xml": index("/m/2026-02.xml"), "/m/2026-02.xml": urlset(item("/a"), item("/b", "2026-08-01"))})
    assert heard(fake, past(*wanted, place="/i.xml")).found() == {"/a": None, "/b": None}
    fake = web({"/m/2026-2.xml": urlset(item("/a"))})
    assert heard(fake, past(*wanted, place="/m/{year}-{month}.xml")).found() == {"/a": None}


def test_titles_and_times_come_along() -> None:
    fake = web(
        {"/i.xml": index("/a.xml"), "/a.xml": urlset(news("/a", "2026-03-02T08:15:00+01:00", "Zins &amp; Gold"))}
    )
    (candidate,) = heard(fake, past(*MARCH, place="/i.xml")).candidates
    assert candidate.title == "Zins & Gold"
    assert candidate.published is not None
    assert candidate.published.at == datetime(2026, 3, 2, 7, 15, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_of_a_clock_change_has_its_own_length(day: str, hours: int) -> None:
    (wanted,) = days(day)
    first = past(wanted).days.window.start
    ends = [first, first + timedelta(hours=hours) - timedelta(seconds=1)]
    beside = [first - timedelta(seconds=1), first + timedelta(hours=hours)]
    listed = [news(f"/{at:%Y%m%dT%H%M%S}", f"{at:%Y-%m-%dT%H:%M:%SZ}") for at in (*ends, *beside)]
    found = heard(web({"/i.xml": index("/a.xml"), "/a.xml": urlset(*listed)}), past(wanted, place="/i.xml"))
    assert list(found.found()) == [f"/{at:%Y%m%dT%H%M%S}" for at in ends]


def test_a_place_with_dates_is_one_document_for_each_month_or_day() -> None:
    fake = web({f"/archiv/2026-3-{day}.xml": urlset(item(f"/a{day}")) for day in (1, 2, 3)})
    found = heard(fake, past(*MARCH, place="/archiv/{year}-{month}-{day}.xml"))
    assert found.found() == {"/a1": "2026-03-01", "/a2": "2026-03-02", "/a3": "2026-03-03"}
    assert [piece.complete for piece in found.pieces if piece.complete] == [{day} for day in MARCH]


def test_a_document_of_a_day_that_is_not_there_is_an_empty_day_beside_others_and_a_mistake_alone() -> None:
    place = "/archiv/{year}{month2}{day2}.xml"
    found = heard(web({"/archiv/20260302.xml": urlset(item("/a"))}), past(*MARCH, place=place))
    assert (found.complete, found.failed) == (set(MARCH), {})
    assert "2 sitemaps are not there" in found.left_out or found.left_out.count("1 sitemaps are not there") == 2
    found = heard(web({}), past(*MARCH, place=place))
    assert set(found.failed) == set(MARCH)


def test_a_place_with_an_unknown_placeholder_is_refused_before_anything_is_asked() -> None:
    fake = web({})
    with pytest.raises(Misconfigured, match="jahr"):
        SitemapArchive(past(*MARCH, place="/{jahr}.xml"), fake.get)
    assert fake.asked == []


def test_what_robots_txt_disallows_is_not_asked_for_and_its_days_fail() -> None:
    fake = web({"/i.xml": index("/intern/2026-02.xml", "/m/2026-03.xml"), "/m/2026-03.xml": urlset(item("/a"))})
    of = past(*days("2026-02-20", "2026-03-10"), place="/i.xml")
    found = heard(fake, of, may=lambda url: "/intern/" not in url)
    assert asked(fake) == ["/i.xml", "/m/2026-03.xml"]
    assert set(found.failed) == set(days("2026-02-20", "2026-03-02"))
    assert "robots" in found.failed[date(2026, 2, 20)]
    assert len(found.requests) == 2


def test_robots_txt_itself_is_read_whatever_it_forbids() -> None:
    fake = web({"/robots.txt": f"Sitemap: {HOME}/a.xml", "/a.xml": urlset()})
    heard(fake, past(*MARCH), may=lambda url: url.endswith(".xml"))
    assert asked(fake) == ["/robots.txt", "/a.xml"]


def test_a_news_sitemap_alone_does_not_prove_that_older_days_were_empty() -> None:
    now = datetime.now(UTC)
    listed = [news(f"/a{hours}", f"{now - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}") for hours in (1, 20, 40)]
    robots = f"Sitemap: {HOME}/news.xml"
    found = heard(web({"/robots.txt": robots, "/news.xml": urlset(*listed)}), past(*MARCH[:1]))
    assert "hold the last days alone" in found.failed[MARCH[0]]
    both = f"{robots}\nSitemap: {HOME}/archiv.xml"
    fake = web({"/robots.txt": both, "/news.xml": urlset(*listed), "/archiv.xml": urlset(item("/2026/03/01/a"))})
    assert heard(fake, past(*MARCH)).complete == set(MARCH)


def test_a_news_sitemap_beside_an_archive_does_not_hold_up_its_days() -> None:
    now = datetime.now(UTC)
    fake = web({
        "/robots.txt": f"Sitemap: {HOME}/news.xml\nSitemap: {HOME}/i.xml",
        "/news.xml": urlset(news("/a", f"{now:%Y-%m-%dT%H:%M:%SZ}")),
        "/i.xml": index("/2026-01.xml", "/2026-02.xml", "/2026-03.xml"),
        **{f"/2026-0{n}.xml": urlset(item(f"/2026/0{n}/09/a")) for n in (1, 2, 3)},
    })  # fmt: skip
    found = heard(fake, past(*days("2026-01-05", "2026-03-10")))
    assert [min(piece.complete).month for piece in found.pieces if piece.complete] == [1, 1, 2]
    assert found.failed == {}


def test_compressed_sitemaps_are_read() -> None:
    body = gzip.compress(gzip.compress(urlset(item("/2026/03/01/a")).encode()))
    assert heard(web({"/a.xml.gz": body}), past(*MARCH, place="/a.xml.gz")).found() == {"/2026/03/01/a": "2026-03-01"}


NO_SITEMAPS = {
    "a page": ("<html><body>Seite</body></html>", "not_a_feed"),
    "nothing": ("", "empty_body"),
    "a broken archive": (gzip.compress(b"<urlset/>" * 99)[:-12], "truncated"),
}


@pytest.mark.parametrize(("body", "reason"), NO_SITEMAPS.values(), ids=NO_SITEMAPS)
def test_a_place_that_is_no_sitemap_fails_its_days_with_what_it_is(body: str | bytes, reason: str) -> None:
    found = heard(web({"/a.xml": body}), past(*MARCH, place="/a.xml"))
    assert set(found.failed) == set(MARCH)
    assert all(reason in why for why in found.failed.values())
    assert all(one.failure is not None for one in found.requests)


def test_links_to_other_sites_are_no_candidates_and_named_once_a_document() -> None:
    strange = "<url><loc>https://anders.example/2026/03/01/x</loc></url>" * 5
    found = heard(web({"/a.xml": urlset(item("/2026/03/01/a"), strange)}), past(*MARCH, place="/a.xml"))
    assert list(found.found()) == ["/2026/03/01/a"]
    assert "anders.example" in found.left_out
    assert len(found.left_out.splitlines()) == 1


def test_a_sitemap_in_a_store_of_files_may_list_the_articles_of_the_source() -> None:
    store = "https://nordwerk.dateilager.example/s.xml"
    of = replace(past(*MARCH), place=store)
    fake = FakeWeb({store: ok(urlset(item("/2026/03/01/a")).encode())})
    assert list(heard(fake, of).found()) == ["/2026/03/01/a"]


def test_a_sitemap_of_many_articles_comes_in_pieces() -> None:
    listed = [item(f"/2026/03/02/a{number}") for number in range(2_500)]
    found = heard(web({"/a.xml": urlset(*listed)}), past(*MARCH, place="/a.xml"))
    assert [len(piece.candidates) for piece in found.pieces if piece.candidates] == [1_000, 1_000, 500]
    assert [bool(piece.complete) for piece in found.pieces if piece.candidates] == [False, False, True]


def test_a_document_is_asked_for_when_its_piece_is_wanted_and_not_before() -> None:
    fake = web({"/i.xml": index(*(f"/m/2026-0{n}.xml" for n in (1, 2, 3)))} | {
        f"/m/2026-0{n}.xml": urlset(*(item(f"/2026/0{n}/05/a{k}") for k in range(1_500))) for n in (1, 2, 3)
    })  # fmt: skip

    async def first_candidates() -> int:
        archive = SitemapArchive(past(*days("2026-01-01", "2026-03-31"), place="/i.xml"), fake.get)
        return await anext(len(piece.candidates) async for piece in archive.announced() if piece.candidates)

    assert run(first_candidates()) == 1_000
    assert asked(fake) == ["/i.xml", "/m/2026-01.xml"]


NAMES = st.sampled_from([
    "/i.xml", "/a.xml", "/2026-02.xml", "/2026-03.xml", "/2026-3.xml", "/2025.xml", "/tag/20260302.xml", "/b.xml.gz",
])  # fmt: skip
CHANGES = st.sampled_from(["", "2025-01-01", "2026-03-02", "2026-09-09T10:00:00Z", "gestern"])
INDEXES = st.lists(st.tuples(NAMES, CHANGES), max_size=8).map(lambda children: index(*children))
PATHS = st.sampled_from(["/a", "/2026/03/01/b", "/2026/03/c", "/2025/01/01/d"])
URLSETS = st.lists(st.builds(item, PATHS, CHANGES) | st.builds(news, PATHS, CHANGES), max_size=6).map(
    lambda entries: urlset(*entries)
)
TROUBLE = st.sampled_from([failing(Reason.NOT_FOUND, 404), failing(Reason.TIMEOUT), failing(Reason.BLOCKED, 403)])
ANSWERS = st.dictionaries(NAMES, INDEXES | URLSETS | TROUBLE | st.text(max_size=20) | st.binary(max_size=20))


@settings(max_examples=150, deadline=None)
@given(ANSWERS, st.lists(st.dates(date(2026, 2, 20), date(2026, 3, 10)), min_size=1, unique=True).map(sorted))
def test_whatever_stands_in_the_sitemaps_each_day_ends_complete_or_failed(
    answers: dict[str, str | bytes], wanted: Sequence[date]
) -> None:
    found = heard(web(answers), past(*wanted, place="/i.xml"))
    assert all(one.day is None or one.day in wanted for one in found.candidates)
