"""newstape sources add, pause, resume, list and show, on the sample portal and a database of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from config.errors import Misconfigured
from config.settings import settings
from config.source_files import shipped_folder
from config.sources import load_sources
from flows.cli import newstape
from flows.commands.pausing import end_of_pause
from flows.definitions import sync_sources
from portal.client import RunningPortal, start
from sql.store import sources as store
from sql.store import warnings

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SWISS = ("--country", "CH", "--language", "de")


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningPortal]:
    with start(articles=60, real_time=True) as running:
        yield running


@pytest.fixture
def running(shared: RunningPortal, monkeypatch: pytest.MonkeyPatch) -> RunningPortal:
    shared.clear_faults()
    shared.clear_ledger()
    monkeypatch.setenv("NEWSTAPE_ALLOW_PRIVATE_ADDRESSES", "true")
    monkeypatch.setenv("NEWSTAPE_HOST_DELAY", "0s")
    monkeypatch.setenv("NEWSTAPE_FETCH_TIMEOUT", "5s")
    settings.cache_clear()
    return shared


def typed(*arguments: str | Path) -> Result:
    """The command as it is typed; what it refuses is raised."""
    done = CliRunner().invoke(newstape, list(map(str, arguments)))
    if isinstance(done.exception, Misconfigured):
        raise done.exception
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done


def home(running: RunningPortal, slug: str = "alpenboerse") -> str:
    return str(next(one["homepage"] for one in running.portals if one["slug"] == slug))


def test_the_homepage_of_a_portal_leads_to_its_feed_and_its_news_sitemap(
    running: RunningPortal, tmp_path: Path
) -> None:
    base = home(running)
    done = typed("sources", "add", base, *SWISS, "--slug", "alpen", "--sources", tmp_path / "mine", "--write")
    assert done.exit_code == 0
    assert [line.split()[0] for line in done.stdout.splitlines() if "proposed" in line] == ["declared", "robots"]
    (source,) = load_sources(tmp_path / "mine")
    assert [(feed.url, feed.kind) for feed in source.feeds] == [
        (f"{base}rss/news", "rss"),
        (f"{base}news-sitemap.xml", "news_sitemap"),
    ]
    assert (source.slug, source.name, source.homepage) == ("alpen", "alpenboerse.ch", base)
    assert (source.language, source.country, source.time_zone) == ("de", "CH", "Europe/Zurich")
    assert source.verified == datetime.now(UTC).date()
    checked = typed("sources", "check", "--sources", tmp_path / "mine")
    assert checked.stdout == "1 sources, 2 feeds: all fine\n"


def test_robots_txt_is_asked_first_and_the_whole_search_is_short(running: RunningPortal) -> None:
    typed("sources", "add", home(running), *SWISS)
    asked = [line["path"] for line in running.ledger()]
    assert asked[:2] == ["/robots.txt", "/"]
    assert len(asked) == len(set(asked)) <= 5


@pytest.mark.prefect
@pytest.mark.xdist_group("prefect")
@pytest.mark.timeout(400)
def test_what_was_found_and_written_is_ingested_by_a_run(
    running: RunningPortal, tmp_path: Path, tape: Engine, prefect_api: str
) -> None:
    typed("sources", "add", home(running), *SWISS, "--slug", "alpen", "--sources", tmp_path, "--write")
    done = subprocess.run(
        [sys.executable, "-m", "flows.cli", "ingest", "--sources", str(tmp_path)],
        env=os.environ | {"PREFECT_API_URL": prefect_api},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with tape.connect() as conn:
        loaded = conn.execute(text("SELECT count(*) FROM news.articles WHERE source = 'alpen'")).scalar_one()
    own = [one for one in running.gold() if one["portal"] == "alpenboerse"]
    assert 0 < loaded <= len(own)


def test_a_second_look_finds_what_is_known_and_changes_nothing(running: RunningPortal, tmp_path: Path) -> None:
    first = ("sources", "add", home(running), *SWISS, "--slug", "alpen", "--sources", tmp_path, "--write")
    assert typed(*first).exit_code == 0
    before = (tmp_path / "alpen.yaml").read_bytes()
    again = typed(*first)
    assert again.exit_code == 1
    assert again.stdout.count("alpen has it already") == 2
    assert "No new feed was found" in again.stdout
    assert (tmp_path / "alpen.yaml").read_bytes() == before


def test_a_file_that_exists_is_never_overwritten(running: RunningPortal, tmp_path: Path) -> None:
    typed("sources", "add", home(running), *SWISS, "--slug", "one", "--sources", tmp_path, "--write")
    with pytest.raises(Misconfigured, match=r"one\.yaml exists already"):
        typed("sources", "add", home(running, "tagesfinanz"), *SWISS, "--slug", "one", "--sources", tmp_path, "--write")


def test_without_write_the_file_is_only_shown(running: RunningPortal, tmp_path: Path) -> None:
    done = typed("sources", "add", home(running), *SWISS, "--slug", "alpen", "--sources", tmp_path)
    shown = yaml.safe_load(done.stdout[done.stdout.index("slug: ") : done.stdout.index("Nothing was written")])
    assert shown["slug"] == "alpen"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", [(), ("--sources", shipped_folder())], ids=["no folder", "the shipped folder"])
def test_the_shipped_folder_is_refused_before_anybody_is_asked(
    folder: tuple[str | Path, ...], running: RunningPortal
) -> None:
    with pytest.raises(Misconfigured, match="set NEWSTAPE_SOURCES_DIR"):
        typed("sources", "add", home(running), *SWISS, "--write", *folder)
    assert running.ledger() == []


def test_what_the_portal_does_not_say_is_asked_for_by_option(running: RunningPortal) -> None:
    with pytest.raises(Misconfigured, match="give --country and --time-zone"):
        typed("sources", "add", home(running))


def test_a_wish_that_is_no_good_is_refused_like_a_mistake_in_a_file(running: RunningPortal) -> None:
    with pytest.raises(Misconfigured, match=r"time_zone: is 'Europe/Zurick'; .*did you mean Europe/Zurich"):
        typed("sources", "add", home(running), *SWISS, "--slug", "alpen", "--time-zone", "Europe/Zurick")


def test_the_address_of_a_feed_gives_a_source_with_that_feed(running: RunningPortal, tmp_path: Path) -> None:
    url = f"{home(running, 'tagesfinanz')}feed/atom.xml"
    typed("sources", "add", url, *SWISS, "--slug", "tf", "--sources", tmp_path, "--write")
    (source,) = load_sources(tmp_path)
    assert [(feed.url, feed.kind) for feed in source.feeds] == [(url, "atom")]
    assert (source.name, source.homepage) == ("Tagesfinanz", home(running, "tagesfinanz"))


def test_only_feeds_of_the_wanted_kind_are_proposed(running: RunningPortal, tmp_path: Path) -> None:
    options = (*SWISS, "--slug", "alpen", "--sources", tmp_path, "--write")
    assert typed("sources", "add", home(running), "--kind", "json_feed", *options).exit_code == 1
    assert typed("sources", "add", home(running), "--kind", "news_sitemap", *options).exit_code == 0
    (source,) = load_sources(tmp_path)
    assert [feed.kind for feed in source.feeds] == ["news_sitemap"]


def test_a_portal_that_answers_nothing_ends_with_what_was_tried(running: RunningPortal) -> None:
    running.fault("status", path="^/(?!robots)", value=404)
    done = typed("sources", "add", home(running), *SWISS)
    assert done.exit_code == 1
    assert "No new feed was found (addresses asked: 12)" in done.stdout
    assert done.stdout.count("not_found") == 13
    assert len(running.ledger()) == 14


def test_what_robots_txt_forbids_is_named_and_not_asked_for(running: RunningPortal) -> None:
    running.fault("robots", value="disallow")
    done = typed("sources", "add", home(running), *SWISS)
    assert done.exit_code == 1
    assert "robots.txt: disallowed" in done.stdout
    assert [line["path"] for line in running.ledger()] == ["/robots.txt"]


def test_a_page_of_headlines_without_a_feed_gives_the_skeleton_of_a_listing(
    running: RunningPortal, tmp_path: Path
) -> None:
    running.fault("status", path="rss|feed|rdf|xml|json|atom|news|sitemap", value=404)
    done = typed("sources", "add", f"{home(running)}archiv", *SWISS)
    assert done.exit_code == 1
    skeleton = yaml.safe_load(done.stdout[done.stdout.index("feeds:") :])
    head = f"slug: a\nname: A\nhomepage: {home(running)}\nlanguage: de\ncountry: CH\ntime_zone: Europe/Zurich\n"
    (tmp_path / "a.yaml").write_text(head + yaml.safe_dump(skeleton))
    examined = typed("sources", "doctor", "--sources", tmp_path)
    assert examined.exit_code == 0, examined.stdout


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(Misconfigured, match="is no web address"):
        typed("sources", "add", "mailto:desk@example.org")


UNTIL = {
    "2026-12-24": datetime(2026, 12, 24, tzinfo=UTC),
    "2026-12-24T08:00": datetime(2026, 12, 24, 8, tzinfo=UTC),
    "2026-12-24T08:00+01:00": datetime(2026, 12, 24, 7, tzinfo=UTC),
    "2d": NOW + timedelta(days=2),
    "1h30m": NOW + timedelta(minutes=90),
}


@pytest.mark.parametrize("written", UNTIL)
def test_the_end_of_a_pause_is_a_day_a_time_or_a_length(written: str) -> None:
    assert end_of_pause(written, NOW) == UNTIL[written]


@pytest.mark.parametrize("written", ["soon", "2026-11-22", "0s", "2026-13-01", "24.12.2026", "-2d", "999999999d", ""])
def test_an_end_that_is_over_or_can_not_be_read_is_refused(written: str) -> None:
    with pytest.raises(Misconfigured, match="--until"):
        end_of_pause(written, NOW)


def test_a_pause_is_shown_everywhere_and_ends(tape: Engine) -> None:
    done = typed("sources", "pause", "nzz", "--until", "2d", "--reason", "they rebuild their site")
    assert "nzz is paused until" in done.stdout
    for command in (("sources", "list"), ("sources", "show", "nzz"), ("status",)):
        assert "they rebuild their site" in typed(*command).stdout, command
    with tape.connect() as conn:
        row = conn.execute(text("SELECT * FROM ingest.sources WHERE slug = 'nzz'")).mappings().one()
        others = conn.execute(text("SELECT count(*) FROM ingest.sources WHERE paused_at IS NOT NULL")).scalar()
    assert timedelta(days=1, hours=23) < row["paused_until"] - row["paused_at"] <= timedelta(days=2)
    assert others == 1
    assert "at work again" in typed("sources", "resume", "nzz").stdout
    assert "was not paused" in typed("sources", "resume", "nzz").stdout
    for command in (("sources", "list"), ("sources", "show", "nzz"), ("status",)):
        assert "they rebuild" not in typed(*command).stdout, command


def test_a_sync_leaves_a_pause_alone(tape: Engine) -> None:
    typed("sources", "pause", "nzz", "--reason", "too slow")
    sync_sources(load_sources(), datetime.now(UTC))
    assert "until it is resumed: too slow" in typed("status").stdout


def test_a_mistyped_slug_is_refused_with_a_near_one(tape: Engine) -> None:
    for command in (("pause", "nzzz", "--reason", "x"), ("resume", "nzzz"), ("show", "nzzz")):
        with pytest.raises(Misconfigured, match=r"No such source: nzzz \(did you mean nzz\?\)"):
            typed("sources", *command)


def test_a_pause_without_a_reason_is_refused(tape: Engine) -> None:
    with pytest.raises(Misconfigured, match="needs a reason"):
        typed("sources", "pause", "nzz", "--reason", " ")
    assert typed("sources", "pause", "nzz").exit_code == 2


def test_list_works_without_a_database_and_says_what_it_can_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSTAPE_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    settings.cache_clear()
    done = typed("sources", "list")
    assert len(done.stdout.splitlines()) == len(load_sources())
    assert "which sources are paused is not known" in done.stderr


def test_show_tells_how_a_feed_is_doing_and_which_warnings_are_open(tape: Engine) -> None:
    sync_sources(load_sources(), NOW)
    with tape.begin() as conn:
        source_id = store.slugs(conn)["snb"]
        feed_id = conn.execute(
            text("SELECT id FROM ingest.feeds WHERE source_id = :id ORDER BY id LIMIT 1"), {"id": source_id}
        ).scalar_one()
        conn.execute(
            text("UPDATE ingest.feeds SET pace = '45 minutes', moved_to = 'https://www.snb.ch/new' WHERE id = :id"),
            {"id": feed_id},
        )
        told = {"kind": "gap", "source_id": source_id, "feed_id": feed_id, "run_id": None, "message": "four hours"}
        warnings.raise_all(conn, [told], NOW)
    shown = typed("sources", "show", "snb").stdout
    assert "polled every 45m; next poll 2026-11-22 12:00:00 UTC" in shown
    assert "moved for good, asked at https://www.snb.ch/new" in shown
    assert "(rss)" in shown
    assert "! gap" in shown
    assert "four hours" in shown
