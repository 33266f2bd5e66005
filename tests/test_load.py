"""The load places each text once: a new article, a new text of one, a repeat, or a copy in its story."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from makers import NOW, entry_row, extracted, known_feeds, listed, page, said
from sqlalchemy import Connection, Engine, text

from sql.store import articles
from tasks.columns import Row, published_columns
from tasks.extracted import Extracted
from tasks.load import Keys, Known, Writes, load, place
from tasks.model import Article, Precision, Timestamp
from tasks.times import available_at, published
from tasks.urls import url_hash

DAY = timedelta(days=1)


@pytest.fixture
def ids(conn: Connection) -> dict[str, int]:
    """Source ids by slug."""
    return {key.partition("/")[0]: feed[0] for key, feed in known_feeds(conn, "alpha", "beta").items()}


def tape_rows(conn: Connection) -> list[dict[str, Any]]:
    """Articles with their head, in the order of their ids."""
    found = conn.execute(text("SELECT * FROM news.articles ORDER BY article_id")).mappings()
    return [dict(row) for row in found]


def revisions(conn: Connection) -> list[tuple[int, str]]:
    found = conn.execute(text("SELECT number, text FROM tape.revisions ORDER BY article_id, number"))
    return [(row.number, row.text) for row in found]


def states(settled_rows: list[Any]) -> list[str]:
    return [row["state"] for row in settled_rows]


def test_a_new_article_gets_its_own_story_and_its_first_revision(conn: Connection, ids: dict[str, int]) -> None:
    entry = entry_row(7, page(7), ids["alpha"], **published_columns(said(NOW, origin="feed.pubDate")))
    one = extracted(entry, "Zinsen", "Sie steigen.", kicker="Bank", authors=("A. B.",), summary=("Kurz",),
                    tags=("x",), provenance={"title": "jsonld"}, paywall=False, modified=said(NOW + DAY))  # fmt: skip
    (row,) = load(conn, [one])
    (article,) = tape_rows(conn)
    assert (row["state"], row["article_id"], row["source_id"]) == ("loaded", article["article_id"], ids["alpha"])
    assert (article["title"], article["text"], article["kicker"]) == ("Zinsen", "Sie steigen.", "Bank")
    assert (article["authors"], article["summary"], article["tags"]) == (["A. B."], ["Kurz"], ["x"])
    assert (article["revision"], article["story_role"], article["url"]) == (1, "original", page(7))
    assert (article["published_at"], article["published_origin"]) == (NOW, "feed.pubDate")
    assert (article["modified_at"], article["provenance"]) == (NOW + DAY, {"title": "jsonld"})
    assert (article["first_seen_at"], article["revised_at"], article["source"]) == (NOW, NOW, "alpha")


def test_the_same_address_with_the_same_words_changes_nothing(conn: Connection, ids: dict[str, int]) -> None:
    one = extracted(entry_row(1, page(1), ids["alpha"]), "Zinsen", "Sie steigen.")
    (first,) = load(conn, [one])
    again = extracted(one.entry, "ZINSEN", "Sie  steigen")
    assert load(conn, [again]) == [first]
    assert revisions(conn) == [(1, "Sie steigen.")]


def test_the_same_address_with_a_new_text_is_a_revision_and_the_head_moves(
    conn: Connection, ids: dict[str, int]
) -> None:
    entry = entry_row(1, page(1), ids["alpha"])
    for body in ("Erst so.", "Dann so.", "Erst so."):
        assert states(load(conn, [extracted(entry, body=body)])) == ["loaded"]
    assert revisions(conn) == [(1, "Erst so."), (2, "Dann so."), (3, "Erst so.")]
    (article,) = tape_rows(conn)
    assert (article["revision"], article["text"]) == (3, "Erst so.")


def test_two_texts_of_an_entry_in_one_batch_are_two_revisions(conn: Connection, ids: dict[str, int]) -> None:
    entry = entry_row(1, page(1), ids["alpha"])
    load(conn, [extracted(entry, body="Erst so."), extracted(entry, body="Dann so."), extracted(entry, body="Nun so.")])
    assert revisions(conn) == [(1, "Erst so."), (2, "Dann so."), (3, "Nun so.")]
    assert tape_rows(conn)[0]["revision"] == 3


def test_a_variant_that_names_the_article_it_repeats_is_a_duplicate(conn: Connection, ids: dict[str, int]) -> None:
    (first,) = load(conn, [extracted(entry_row(1, page(1), ids["alpha"]), "Zinsen", "Sie steigen.")])
    mobile = entry_row(2, page("m1", "m.alpha.example"), ids["alpha"])
    (row,) = load(conn, [extracted(mobile, "Zinsen", "Sie steigen stark.", canonical_url=page(1))])
    assert (row["state"], row["article_id"]) == ("duplicate", first["article_id"])


CANONICALS = {
    "a link within the site is taken": (page("a-1"), page("a-1")),
    "so is one to the site with www": (page("a-1", "www.alpha.example"), page("a-1", "www.alpha.example")),
    "tracking is dropped from it": (page("a-1?utm_source=x"), page("a-1")),
    "the start page is no article": (page(""), page("1")),
    "another site is not believed": (page("a-1", "beta.example"), page("1")),
    "nonsense is not believed": ("javascript:alert(1)", page("1")),
    "nothing is said": (None, page("1")),
}


@pytest.mark.parametrize(("stated", "expected"), CANONICALS.values(), ids=CANONICALS)
def test_the_canonical_link_of_a_page(conn: Connection, ids: dict[str, int], stated: str | None, expected: str) -> None:
    load(conn, [extracted(entry_row(1, page(1), ids["alpha"]), canonical_url=stated)])
    assert [row["url"] for row in tape_rows(conn)] == [expected]


@pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "one after the other"])
@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 1, 3)])
def test_pages_that_claim_the_address_of_another_article_do_not_get_it_whatever_the_order(
    conn: Connection, ids: dict[str, int], order: tuple[int, ...], *, at_once: bool
) -> None:
    feed = known_feeds(conn, "alpha")["alpha/all"]
    listed(conn, feed, [page(number) for number in order])
    found = conn.execute(text("SELECT id, canonical_url FROM ingest.entries ORDER BY id")).all()
    batch = [
        extracted(entry_row(one.id, one.canonical_url, feed[0]), f"Titel {one.canonical_url}",
                  f"Text von {one.canonical_url}", canonical_url=page(1))
        for one in found
    ]  # fmt: skip
    for part in [batch] if at_once else [[one] for one in batch]:
        assert set(states(load(conn, part))) == {"loaded"}
    assert {(row["url"], row["text"]) for row in tape_rows(conn)} == {(page(n), f"Text von {page(n)}") for n in order}
    assert {row["revision"] for row in tape_rows(conn)} == {1}


def test_where_the_way_back_is_forgotten_the_rightful_text_becomes_a_revision(
    conn: Connection, ids: dict[str, int]
) -> None:
    load(conn, [extracted(entry_row(1, page("liar"), ids["alpha"]), "Anderes", "Fremd.", canonical_url=page(1))])
    assert states(load(conn, [extracted(entry_row(2, page(1), ids["alpha"]), "Echtes", "Eigen.")])) == ["loaded"]
    assert revisions(conn) == [(1, "Fremd."), (2, "Eigen.")]


REPEATS = {
    "at once": (timedelta(0), "duplicate"),
    "within three days": (3 * DAY, "duplicate"),
    "seen earlier, loaded later": (-2 * DAY, "duplicate"),
    "after three days": (3 * DAY + timedelta(seconds=1), "copy"),
    "after seven days": (7 * DAY + timedelta(seconds=1), "original"),
}


@pytest.mark.parametrize(("later", "role"), REPEATS.values(), ids=REPEATS)
def test_the_same_words_from_the_same_source_under_another_address(
    conn: Connection, ids: dict[str, int], later: timedelta, role: str
) -> None:
    (first,) = load(conn, [extracted(entry_row(1, page(1), ids["alpha"]))])
    (row,) = load(conn, [extracted(entry_row(2, page(2), ids["alpha"], first_seen_at=NOW + later))])
    is_duplicate = role == "duplicate"
    assert row["state"] == ("duplicate" if is_duplicate else "loaded")
    assert (row["article_id"] == first["article_id"]) is is_duplicate
    assert [article["story_role"] for article in tape_rows(conn)] == ["original"] + [role] * (not is_duplicate)


COPIES = {
    "at once": (timedelta(0), "copy"),
    "within seven days": (7 * DAY, "copy"),
    "after seven days": (7 * DAY + timedelta(seconds=1), "original"),
}


@pytest.mark.parametrize("beside", [[], [-30 * DAY]], ids=["alone", "beside an old article in the batch"])
@pytest.mark.parametrize(("later", "role"), COPIES.values(), ids=COPIES)
def test_the_same_words_from_another_source(
    conn: Connection, ids: dict[str, int], later: timedelta, role: str, beside: list[timedelta]
) -> None:
    load(conn, [extracted(entry_row(1, page(1), ids["alpha"]))])
    other = extracted(entry_row(2, page(1, "beta.example"), ids["beta"], first_seen_at=NOW + later))
    old = [
        extracted(entry_row(3, page(3), ids["alpha"], first_seen_at=NOW + ago), body="Ein alter Text.")
        for ago in beside
    ]
    assert set(states(load(conn, [other, *old]))) == {"loaded"}
    first, second = tape_rows(conn)[:2]
    assert second["story_role"] == role
    assert (second["story_id"] == first["story_id"]) is (role == "copy")


LONG = " ".join(f"wort{number}" for number in range(60))


@pytest.mark.parametrize(("body", "alike"), [(LONG, True), ("Mehr in Kürze.", False)], ids=["long", "a flash"])
def test_a_text_under_another_title_is_recognised_when_it_says_enough_alone(
    conn: Connection, ids: dict[str, int], body: str, *, alike: bool
) -> None:
    batch = [
        extracted(entry_row(1, page(1), ids["alpha"]), "Stahl wird teurer", body),
        extracted(entry_row(2, page(2), ids["alpha"]), "Ihr eigener Titel", body),
        extracted(entry_row(3, page(3, "beta.example"), ids["beta"]), "Noch ein Titel", body),
    ]
    assert states(load(conn, batch)) == ["loaded", "duplicate" if alike else "loaded", "loaded"]
    assert tape_rows(conn)[-1]["story_role"] == ("copy" if alike else "original")
    assert len(revisions(conn)) == (2 if alike else 3)


def test_a_third_source_joins_the_story_of_the_first(conn: Connection) -> None:
    feeds = known_feeds(conn, "alpha", "beta", "gamma")
    for number, (slug, (source_id, _)) in enumerate(sorted(feeds.items())):
        load(conn, [extracted(entry_row(number, page(number, f"{slug[:-4]}.example"), source_id))])
    rows = tape_rows(conn)
    assert [row["story_role"] for row in rows] == ["original", "copy", "copy"]
    assert len({row["story_id"] for row in rows}) == 1


def test_nothing_to_load_is_fine(conn: Connection) -> None:
    assert load(conn, []) == []


def test_text_that_postgres_can_not_hold_does_not_stop_the_batch(conn: Connection, ids: dict[str, int]) -> None:
    batch = [
        extracted(entry_row(1, page(1), ids["alpha"]), "a\x00b", "c\ud800d", tags=("\x00",)),
        extracted(entry_row(2, page(2), ids["alpha"]), "fine", "fine", provenance={"x": "\udfff"}),
    ]
    assert states(load(conn, batch)) == ["loaded", "loaded"]
    assert [(row["title"], row["text"]) for row in tape_rows(conn)] == [("a\ufffdb", "c\ufffdd"), ("fine", "fine")]


# What is on the tape after a batch, without ids that depend on its history.
def essence(conn: Connection) -> list[tuple[Any, ...]]:
    rows = tape_rows(conn)
    first_of: dict[int, str] = {}
    for row in rows:
        first_of.setdefault(row["story_id"], row["url"])
    return sorted((row["url"], row["text"], row["story_role"], first_of[row["story_id"]]) for row in rows)


STORIES = st.lists(
    st.tuples(st.sampled_from(["alpha", "beta"]), st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=10
)


def batch_of(ids: dict[str, int], drawn: list[tuple[str, int, int]]) -> list[Extracted]:
    return [
        extracted(
            entry_row(number, page(number, f"{slug}.example"), ids[slug], first_seen_at=NOW + day * DAY),
            body=f"Text {words}.",
        )
        for number, (slug, words, day) in enumerate(drawn)
    ]


def test_the_order_inside_a_batch_and_a_second_load_make_no_difference(migrated: Engine) -> None:
    @hypothesis_settings(max_examples=40)
    @given(STORIES, st.randoms(use_true_random=False))
    def check(drawn: list[tuple[str, int, int]], chance: random.Random) -> None:
        seen = []
        for shuffled in (False, True):
            with migrated.connect() as conn:
                known = {key.partition("/")[0]: feed[0] for key, feed in known_feeds(conn, "alpha", "beta").items()}
                batch = batch_of(known, drawn)
                if shuffled:
                    chance.shuffle(batch)
                first = load(conn, batch)
                once = essence(conn)
                assert sorted(row["id"] for row in first) == list(range(len(drawn)))
                assert states(load(conn, batch)) == states(first)
                assert essence(conn) == once
                seen.append(once)
        assert seen[0] == seen[1]

    check()


def test_two_threads_with_overlapping_batches_place_each_text_once(tape: Engine) -> None:
    with tape.begin() as conn:
        source_id = known_feeds(conn, "alpha")["alpha/all"][0]
    everything = [
        extracted(entry_row(number, page(number), source_id), body=f"Text {number % 40}.") for number in range(80)
    ]

    def work(start: int) -> None:
        for offset in range(0, 60, 10):
            with tape.begin() as conn:
                load(conn, everything[start + offset : start + offset + 20][:: 1 if start else -1])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, (0, 10)))
    with tape.connect() as conn:
        assert articles.row_counts(conn) == {"entries": 0, "pages": 0, "articles": 40, "revisions": 40, "stories": 40}


TIMES: dict[str, tuple[Timestamp | None, Timestamp | None, str | None]] = {
    "the page counts": (said(NOW), said(NOW + DAY, origin="feed.pubDate"), "page"),
    "the feed where the page says nothing": (None, said(NOW, origin="feed.pubDate"), "feed"),
    "nobody": (None, None, None),
    "the feed's hour on the page's bare day": (
        said(NOW, Precision.DAY), said(NOW + timedelta(hours=5), origin="feed.pubDate"), "feed"),
    "the page's bare day where the feed means another day": (
        said(NOW, Precision.DAY), said(NOW + DAY, origin="feed.pubDate"), "page"),
    "the page's bare day where the feed lies before it": (
        said(NOW, Precision.DAY), said(NOW - timedelta(seconds=1), origin="feed.pubDate"), "page"),
    "the page's bare day where the feed has no hour either": (
        said(NOW, Precision.DAY), said(NOW, Precision.DAY, "feed.pubDate"), "page"),
    "the page's bare day alone": (said(NOW, Precision.DAY), None, "page"),
}  # fmt: skip


@pytest.mark.parametrize(("on_page", "in_feed", "winner"), TIMES.values(), ids=TIMES)
def test_whose_publication_time_counts(
    on_page: Timestamp | None, in_feed: Timestamp | None, winner: str | None
) -> None:
    article = Article(title="t", text="t", language="de", published=on_page)
    counts = published(article, published_columns(in_feed))
    assert counts == {"page": on_page, "feed": in_feed, None: None}[winner]


def placed(batch: list[Extracted], known: Known | None = None) -> Writes:
    keys = Keys(*(list(range(1, len(batch) + 1)) for _ in range(4)))
    return place(batch, known or Known({}, {}), keys)


def test_placing_needs_no_database() -> None:
    batch = [extracted(entry_row(n, page(n), 1), body=f"Text {n % 2}.") for n in range(4)]
    writes = placed(batch)
    assert states(writes.settled) == ["loaded", "loaded", "duplicate", "duplicate"]
    assert [row["canonical_url"] for row in writes.articles] == [page(0), page(1)]
    assert [(one.arrival.id, one.story_id, one.is_revision) for one in writes.told] == [
        ("1", 1, False),
        ("2", 2, False),
    ]
    assert (len(writes.revisions), writes.heads) == (2, {})


def test_an_article_that_was_revised_in_the_batch_is_no_longer_repeated_by_its_old_text() -> None:
    first = entry_row(1, page(1), 1)
    batch = [
        extracted(first, "A", "Erst."),
        extracted(first, "B", "Dann."),
        extracted(entry_row(2, page(2), 1), "A", "Erst."),
    ]
    writes = placed(batch)
    assert [row["url_hash"] for row in writes.articles] == [url_hash(page(1)), url_hash(page(2))]
    assert writes.heads == {1: {"id": 2, "article_id": 1}}


def again(entry: dict[str, Any], settled: Row, **changes: Any) -> dict[str, Any]:
    """The entry as it is claimed when its article is asked again."""
    return entry | {"article_id": settled["article_id"], "etag": '"1"', "last_modified": "Mon"} | changes


AGAIN = {
    "the same words": ("Zinsen", "Sie steigen.", None, ("rechecked", 1)),
    "other words": ("Zinsen", "Sie fallen.", None, ("loaded", 2)),
    "another title": ("Die Zinsen", "Sie steigen.", None, ("loaded", 2)),
    "other words under an address that the page states now": ("Ganz", "Neu.", page("new"), ("loaded", 2)),
    "the same words under such an address": ("Zinsen", "Sie steigen.", page("new"), ("rechecked", 1)),
}


@pytest.mark.parametrize(("title", "body", "canonical", "outcome"), AGAIN.values(), ids=AGAIN)
def test_what_is_asked_again_is_the_article_that_it_was(
    conn: Connection, ids: dict[str, int], title: str, body: str, canonical: str | None, outcome: tuple[str, int]
) -> None:
    entry = entry_row(1, page(1), ids["alpha"])
    (first,) = load(conn, [extracted(entry, "Zinsen", "Sie steigen.", canonical_url=page("stated"))])
    (row,) = load(conn, [extracted(again(entry, first), title, body, canonical_url=canonical)])
    assert (row["state"], row["counted"], row["article_id"]) == ("loaded", outcome[0], first["article_id"])
    assert (row["etag"], row["last_modified"]) == (None, None)
    (article,) = tape_rows(conn)
    assert (article["url"], article["revision"], article["text"]) == (page("stated"), outcome[1], body)


def test_an_article_that_made_room_in_a_batch_is_the_one_that_is_asked_again(conn: Connection) -> None:
    feed = known_feeds(conn, "alpha")["alpha/all"]
    listed(conn, feed, [page("liar"), page(1)])
    liar, rightful = (
        entry_row(row.id, row.canonical_url, feed[0])
        for row in conn.execute(text("SELECT id, canonical_url FROM ingest.entries ORDER BY id"))
    )
    (first,) = load(conn, [extracted(liar, "Anderes", "Fremd.", canonical_url=page(1))])
    rows = load(conn, [extracted(rightful, "Echtes", "Eigen."), extracted(again(liar, first), "Anderes", "Und mehr.")])
    assert [row["counted"] for row in rows] == ["loaded", "loaded"]
    assert [(row["url"], row["text"], row["revision"]) for row in tape_rows(conn)] == [
        (page("liar"), "Und mehr.", 2), (page(1), "Eigen.", 1),
    ]  # fmt: skip


def test_an_older_text_of_an_article_replaces_nothing(conn: Connection, ids: dict[str, int]) -> None:
    entry = entry_row(1, page(1), ids["alpha"])
    load(conn, [extracted(entry, "Zinsen", "Sie steigen.")])
    capture = replace(extracted(entry, "Zinsen", "Sie steigen noch nicht."), captured_at=NOW - DAY)
    (row,) = load(conn, [capture])
    assert (row["state"], row["counted"]) == ("loaded", "rechecked"), "the entry still is the article's own"
    assert revisions(conn) == [(1, "Sie steigen.")]
    other = entry_row(2, page(1), ids["alpha"]) | {"canonical_url": page(1), "url_hash": url_hash(page(1))}
    (row,) = load(conn, [replace(extracted(other, "Zinsen", "Ganz alt."), captured_at=NOW - 2 * DAY)])
    assert (row["state"], revisions(conn)) == ("duplicate", [(1, "Sie steigen.")])
    (row,) = load(conn, [replace(capture, captured_at=NOW + DAY)])
    assert row["state"] == "loaded"
    assert revisions(conn) == [(1, "Sie steigen."), (2, "Sie steigen noch nicht.")]
    assert tape_rows(conn)[0]["revised_at"] == NOW + DAY


MONTH_AGO = NOW - 30 * DAY
BOUNDS = {
    "a live article": ("listed", None, said(MONTH_AGO), None, NOW),
    "a capture was public when it was made": ("backfill", NOW - 20 * DAY, said(MONTH_AGO), None, NOW - 20 * DAY),
    "a capture of the future is none": ("backfill", NOW + DAY, None, None, NOW),
    "what the page says of its publication": ("backfill", None, said(MONTH_AGO), None, MONTH_AGO),
    "the end of a bare day": ("backfill", None, said(MONTH_AGO, Precision.DAY), None, MONTH_AGO + DAY),
    "its last change": ("backfill", None, said(MONTH_AGO), said(MONTH_AGO + DAY), MONTH_AGO + DAY),
    "a page that says nothing": ("backfill", None, None, None, NOW),
}  # fmt: skip


@pytest.mark.parametrize(("origin", "captured", "published_", "modified", "bound"), BOUNDS.values(), ids=BOUNDS)
def test_from_when_on_an_article_could_be_known(
    origin: str, captured: datetime | None, published_: Timestamp | None, modified: Timestamp | None, bound: datetime
) -> None:
    article = Article(title="t", text="t", language="de", published=published_, modified=modified)
    entry = entry_row(1, page(1), 1) | {"origin": origin}
    assert available_at(article, entry, captured) == bound


def test_the_same_words_a_month_apart_are_two_articles_though_a_backfill_sees_both_at_once(
    conn: Connection, ids: dict[str, int]
) -> None:
    batch = [
        extracted(entry_row(n, page(n), ids["alpha"]) | {"origin": "backfill"}, published=said(NOW - days * DAY))
        for n, days in ((1, 40), (2, 10), (3, 9))
    ]
    assert states(load(conn, batch)) == ["loaded", "loaded", "duplicate"]
