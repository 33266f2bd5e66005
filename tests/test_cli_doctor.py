"""newstape sources doctor, on the sample portal: what is well, what is not, and what it says about it."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config.errors import Misconfigured
from config.settings import settings
from config.source_files import folder_for_new_files, folder_to_edit, shipped_folder, with_verified
from config.sources import load_sources
from flows.cli import newstape
from portal.client import RunningPortal, start

TODAY = datetime.now(UTC).date()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sources")


@pytest.fixture(scope="module")
def shared(files: Path) -> Iterator[RunningPortal]:
    with start(articles=30, real_time=True, sources_dir=files) as running:
        yield running


@pytest.fixture
def running(shared: RunningPortal, monkeypatch: pytest.MonkeyPatch) -> RunningPortal:
    shared.clear_faults()
    shared.clear_ledger()
    monkeypatch.setenv("NEWSTAPE_ALLOW_PRIVATE_ADDRESSES", "true")
    monkeypatch.setenv("NEWSTAPE_HOST_DELAY", "0s")
    monkeypatch.setenv("NEWSTAPE_FETCH_TIMEOUT", "5s")
    monkeypatch.setenv("NEWSTAPE_EXTRACT_PROCESSES", "1")
    settings.cache_clear()
    return shared


def doctor(*arguments: str | Path) -> Result:
    """The command as it is typed; what it raises is raised."""
    done = CliRunner().invoke(newstape, ["sources", "doctor", *map(str, arguments)])
    if isinstance(done.exception, Misconfigured):
        raise done.exception
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done


def examined(files: Path, slug: str = "alpenboerse") -> dict[str, Any]:
    (feed,) = json.loads(doctor(slug, "--sources", files, "--json").stdout)
    assert isinstance(feed, dict)
    return feed


def test_a_feed_that_is_well_is_shown_with_its_newest_article(running: RunningPortal, files: Path) -> None:
    feed = examined(files)
    assert feed["well"]
    assert (feed["robots"], feed["status"], feed["declared_kind"], feed["troubles"]) == ("allowed", 200, "rss", [])
    contents, article = feed["contents"], feed["article"]
    assert (contents["kind"], contents["entries"], contents["dated"]) == (
        "rss",
        contents["entries"],
        contents["entries"],
    )
    gold = {one["url"]: one for one in running.gold() if one["portal"] == "alpenboerse"}[article["url"]]
    assert article["title"] == gold["title"]
    assert article["words"] > 5
    assert article["published"]
    assert article["published_origin"]


# Of each: the orders to the portal, the reason, and what the advice speaks of.
ILL: dict[str, tuple[dict[str, Any], str, str]] = {
    "refused": ({"name": "forbidden", "path": "^/rss"}, "blocked", "NEWSTAPE_CONTACT"),
    "gone": ({"name": "status", "path": "^/rss", "value": 404}, "not_found", "newstape sources add"),
    "throttled": ({"name": "status", "path": "^/rss", "value": 429}, "throttled", "longer delay"),
    "broken": ({"name": "status", "path": "^/rss", "value": 500}, "server_error", "try again later"),
    "a page now": ({"name": "not_a_feed", "path": "^/rss"}, "not_a_feed", "newstape sources add"),
    "empty": ({"name": "empty", "path": "^/rss"}, "empty_body", "without content"),
    "forbidden by robots.txt": ({"name": "robots", "value": "disallow"}, "robots", "ask the portal for leave"),
    "behind a broken robots.txt": ({"name": "status", "path": "^/robots", "value": 503}, "server_error", "robots.txt"),
}


@pytest.mark.parametrize("case", ILL)
def test_a_feed_that_can_not_be_read_is_named_with_what_to_do(case: str, running: RunningPortal, files: Path) -> None:
    order, reason, word = ILL[case]
    running.fault(**order)
    feed = examined(files)
    assert not feed["well"]
    assert feed["reason"] == reason
    assert word in feed["troubles"][0]
    assert feed["contents"] is None
    assert feed["article"] is None


def test_what_robots_txt_forbids_is_not_asked_for(running: RunningPortal, files: Path) -> None:
    running.fault("robots", value="disallow")
    assert examined(files)["robots"] == "disallowed"
    assert [line["path"] for line in running.ledger()] == ["/robots.txt"]


def test_a_feed_that_moved_for_good_is_ill_though_it_answers(running: RunningPortal, files: Path) -> None:
    running.fault("moved", path="^/rss")
    feed = examined(files)
    assert feed["contents"]["entries"] > 0
    assert feed["moved_to"].endswith("/neu/rss/news")
    assert f"{feed['moved_to']}: put that address into the file" in feed["troubles"][0]


def test_a_feed_without_entries_is_ill(running: RunningPortal, files: Path) -> None:
    running.fault("no_items", path="^/rss")
    feed = examined(files)
    assert feed["contents"]["entries"] == 0
    assert "lists no entry" in feed["troubles"][0]


def test_a_feed_is_ill_when_its_newest_article_can_not_be_had(running: RunningPortal, files: Path) -> None:
    running.fault("status", path="nachrichten", value=404)
    feed = examined(files)
    assert feed["contents"]["entries"] > 0
    assert feed["article"]["reason"] == "not_found"
    assert "its newest article" in feed["troubles"][0]


@pytest.fixture
def old_files(running: RunningPortal, tmp_path: Path) -> Iterator[Path]:
    """Source files of a portal that stopped in September 2025."""
    with start(articles=10, sources_dir=tmp_path):
        yield tmp_path


def test_a_feed_whose_newest_entry_is_old_is_stale(old_files: Path) -> None:
    feed = examined(old_files)
    assert "stale: its newest entry is" in feed["troubles"][0]
    assert datetime.fromisoformat(feed["contents"]["newest_at"]) < datetime.now(UTC) - timedelta(days=300)


def test_the_table_has_a_row_for_each_feed_and_a_line_for_each_trouble(running: RunningPortal, files: Path) -> None:
    running.fault("forbidden", portal="alpenboerse", path="^/rss")
    done = doctor("--sources", files)
    rows = [line for line in done.stdout.splitlines() if line.split(" ")[0] in {one["slug"] for one in running.portals}]
    assert len(rows) == sum(len(one["feeds"]) for one in running.portals)
    assert "! alpenboerse " in done.stdout
    assert "7 of 8 sources are well." in done.stdout
    assert done.exit_code == 1


def test_an_index_of_sitemaps_is_judged_by_its_newest_one(running: RunningPortal, tmp_path: Path) -> None:
    base = running.portals[0]["homepage"]
    (tmp_path / "index.yaml").write_text(
        f"slug: index\nname: Index\nhomepage: {base}\nlanguage: de\ncountry: CH\ntime_zone: Europe/Zurich\n"
        f"feeds:\n  - url: {base}sitemap_index.xml\n    kind: sitemap\n"
    )
    feed = examined(tmp_path, "index")
    assert feed["well"], feed
    assert feed["contents"]["children"] > 1
    assert feed["contents"]["entries"] > 0


def test_a_listing_is_read_with_its_selectors_and_other_kinds_are_named(running: RunningPortal, tmp_path: Path) -> None:
    base = running.portals[0]["homepage"]
    (tmp_path / "kinds.yaml").write_text(
        f"slug: kinds\nname: Kinds\nhomepage: {base}\nlanguage: de\ncountry: CH\ntime_zone: Europe/Zurich\nfeeds:\n"
        f"  - url: {base}archiv\n    kind: listing\n    selectors:\n      item: article.teaser\n      date: time\n"
        f"  - url: {base}rss/news\n    kind: atom\n"
    )
    listing, feed = json.loads(doctor("--sources", tmp_path, "--json").stdout)
    assert (listing["contents"]["kind"], listing["well"]) == ("listing", True)
    assert feed["remarks"] == ["it is of kind rss: put that into the file"]
    assert feed["well"]


def test_write_sets_verified_where_all_feeds_are_well_and_changes_nothing_else(
    running: RunningPortal, tmp_path: Path, files: Path
) -> None:
    for slug in ("alpenboerse", "tagesfinanz", "rheinkurier"):
        text = (files / f"{slug}.yaml").read_text()
        (tmp_path / f"{slug}.yaml").write_text(f"# Kept.\n{text}")
    running.fault("forbidden", portal="rheinkurier", path="unternehmen")
    before = {file.name: file.read_text() for file in tmp_path.iterdir()}
    done = doctor("--sources", tmp_path, "--write")
    assert done.exit_code == 1
    assert f"verified: {TODAY} written in {tmp_path} for: alpenboerse, tagesfinanz" in done.stdout
    verified = {source.slug: source.verified for source in load_sources(tmp_path)}
    assert verified == {"alpenboerse": TODAY, "tagesfinanz": TODAY, "rheinkurier": None}
    assert (tmp_path / "rheinkurier.yaml").read_text() == before["rheinkurier.yaml"]
    changed = (tmp_path / "alpenboerse.yaml").read_text().splitlines()
    assert [line for line in changed if not line.startswith("verified:")] == [
        line for line in before["alpenboerse.yaml"].splitlines() if not line.startswith("verified:")
    ]


def test_an_unknown_slug_is_refused_before_anything_is_asked(running: RunningPortal, files: Path) -> None:
    with pytest.raises(Misconfigured, match="No such source: nobody"):
        doctor("nobody", "--sources", files)
    assert running.ledger() == []


# Text before, text after; the day is 2026-11-22.
VERIFIED = {
    "an old day": ("slug: a\nverified: 2025-01-01\nfeeds:\n", "slug: a\nverified: 2026-11-22\nfeeds:\n"),
    "null": ("slug: a\nverified: null\nfeeds:\n", "slug: a\nverified: 2026-11-22\nfeeds:\n"),
    "nothing": ("slug: a\nverified:\nfeeds:\n", "slug: a\nverified: 2026-11-22\nfeeds:\n"),
    "a comment": ("verified: null  # never\nfeeds:\n", "verified: 2026-11-22  # never\nfeeds:\n"),
    "a missing line": ("slug: a # b\nfeeds:\n  - url: x\n", "slug: a # b\nverified: 2026-11-22\nfeeds:\n  - url: x\n"),
    "ends of lines of another system": ("verified: null\r\nfeeds:\r\n", "verified: 2026-11-22\r\nfeeds:\r\n"),
    "a missing line there": ("slug: a\r\nfeeds:\r\n", "slug: a\r\nverified: 2026-11-22\r\nfeeds:\r\n"),
    "a word in the notes": (
        "verified: null\nfeeds:\nnotes: >-\n  not\n  verified: x\n",
        "verified: 2026-11-22\nfeeds:\nnotes: >-\n  not\n  verified: x\n",
    ),
    "the last line": ("feeds:\nverified: null", "feeds:\nverified: 2026-11-22"),
}


@pytest.mark.parametrize("case", VERIFIED)
def test_only_the_line_of_verified_changes(case: str) -> None:
    before, after = VERIFIED[case]
    assert with_verified(before, date(2026, 11, 22)) == after
    assert with_verified(after, date(2026, 11, 22)) == after


def test_a_file_without_lines_of_its_own_is_left_to_its_owner() -> None:
    with pytest.raises(Misconfigured, match="write verified: 2026-11-22 yourself"):
        with_verified("{slug: a, feeds: []}", date(2026, 11, 22))


def test_every_shipped_file_can_be_verified_without_another_change() -> None:
    for file in shipped_folder().iterdir():
        text = file.read_text()
        changed = with_verified(text, date(2026, 11, 22))
        assert changed.replace("verified: 2026-11-22", "verified: null") == text, file.name


def test_new_files_never_go_into_the_shipped_folder(tmp_path: Path) -> None:
    assert folder_for_new_files(tmp_path) == tmp_path
    for folder in (None, shipped_folder()):
        with pytest.raises(Misconfigured, match="set NEWSTAPE_SOURCES_DIR"):
            folder_for_new_files(folder)


def test_files_of_a_checkout_and_of_ones_own_may_be_edited_and_of_nobody_else(tmp_path: Path) -> None:
    assert folder_to_edit(None) == shipped_folder()
    assert folder_to_edit(tmp_path) == tmp_path
    with pytest.raises(Misconfigured, match="can't be changed here"):
        folder_to_edit(tmp_path / "nowhere")
