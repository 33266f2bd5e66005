"""The trail of an address: found under all its names, told in order, with what happens next."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from makers import LEASE, NOW, entries_by_url, extracted, feed_row, known_feeds, listed, listed_row, page, source_row
from sqlalchemy import Engine, text

from config.errors import Misconfigured
from config.settings import settings
from flows.commands.why import why
from flows.conclusion import MEANINGS
from sql.store import frontier, sources
from tasks.load import load
from tasks.outcome import Reason
from tasks.urls import url_hash

ADDRESS = page("nachrichten/zinsen-4711")


def ask(*arguments: str) -> Result:
    return CliRunner().invoke(why, arguments)


def told(*arguments: str, code: int = 0) -> str:
    """What `newstape why` prints; white space is layout."""
    done = ask(*arguments)
    assert done.exit_code == code, (done.output, done.exception)
    return " ".join(done.output.split())


def as_json(url: str, code: int = 0) -> dict[str, Any]:
    done = ask("--json", url)
    assert done.exit_code == code, (done.output, done.exception)
    found: dict[str, Any] = json.loads(done.output)
    return found


def run_sql(tape: Engine, statement: str, **values: Any) -> None:
    with tape.begin() as conn:
        conn.execute(text(statement), values)


def event(tape: Engine, **changes: Any) -> None:
    """A request of the log; `entry` and `feed` are ids."""
    plain: dict[str, Any] = {
        "at": NOW, "entry": None, "feed": None, "what": "page", "outcome": "fetched", "reason": None, "detail": None,
        "status": 200,
    }  # fmt: skip
    run_sql(tape, "INSERT INTO ingest.fetch_events (at, entry_id, feed_id, what, url, outcome, reason, detail, status, "
                  "bytes, requests) VALUES (:at, :entry, :feed, :what, 'https://alpha.example/x', :outcome, :reason, "
                  ":detail, :status, 512, 2)", **(plain | changes))  # fmt: skip


@pytest.fixture
def entry(tape: Engine) -> int:
    """An entry that the feed of `alpha` has listed; its state is pending."""
    with tape.begin() as conn:
        feed = known_feeds(conn, "alpha")["alpha/all"]
        listed(conn, feed, [ADDRESS])
        return entries_by_url(conn)[ADDRESS]


def in_state(tape: Engine, entry: int, state: str, reason: str | None = None, **columns: Any) -> None:
    """Put the entry into a state, with a reason and further columns."""
    changed = {"state": state, "reason": reason, "due_at": NOW + timedelta(minutes=4)} | columns
    assignments = ", ".join(f"{name} = :{name}" for name in changed)
    run_sql(tape, f"UPDATE ingest.entries SET {assignments} WHERE id = :id", id=entry, **changed)


def robots(tape: Engine, body: str | None, status: int = 200, **columns: Any) -> None:
    """What the host of `alpha` said when it was asked for robots.txt."""
    changed = {"robots_body": body, "robots_status": status, "robots_expires_at": NOW + timedelta(days=1)} | columns
    assignments = ", ".join(f"{name} = :{name}" for name in changed)
    run_sql(tape, f"UPDATE ingest.hosts SET {assignments} WHERE host = 'alpha.example:443'", **changed)


def put_on_tape(tape: Engine, entry: int) -> int:
    """Load an article of the entry as the pipeline does; its id."""
    with tape.begin() as conn:
        frontier.claim(conn, "me", NOW, LEASE, frontier.Share(10, 10, timedelta(seconds=10)))
        row = dict(conn.execute(text("SELECT * FROM ingest.entries WHERE id = :id"), {"id": entry}).mappings().one())
        row["slug"] = "alpha"
        settled = load(conn, [extracted(row, "Die Notenbank bleibt dabei", "Der Leitzins bleibt, wo er war.")])
        frontier.settle(conn, "me", settled, NOW)
        return int(settled[0]["article_id"])


def test_an_entry_is_found_under_every_name_that_its_address_goes_by(tape: Engine) -> None:
    with tape.begin() as conn:
        rows = [source_row("alpha", article_id=r"-(\d+)$")]
        sources.sync(conn, rows, [feed_row("alpha")], NOW)
        ((source_id, feed_id),) = conn.execute(text("SELECT source_id, id FROM ingest.feeds")).all()
        listed(conn, (source_id, feed_id), [ADDRESS])
        conn.execute(text("UPDATE ingest.entries SET portal_id = '4711'"))
        moved = listed_row((source_id, feed_id), page("kurz/abc"))
        conn.execute(
            text("UPDATE ingest.sightings SET listed_hash = :hash, listed_url = :url"),
            {"hash": moved["listed_hash"], "url": moved["url"]},
        )
    found_by = {
        ADDRESS: "address",
        f"{ADDRESS}?utm_source=mail#kurse": "address",
        f"  {ADDRESS} ": "address",
        page("kurz/abc"): "listed address",
        page("meldungen/ein-anderer-titel-4711"): "article id",
    }
    assert {url: as_json(url)["found_by"] for url in found_by} == found_by


def test_the_address_of_an_article_leads_to_the_entry_that_it_came_from(tape: Engine, entry: int) -> None:
    article_id = put_on_tape(tape, entry)
    run_sql(tape, "UPDATE tape.articles SET canonical_url = :url, url_hash = :hash",
            url=page("zinsen"), hash=url_hash(page("zinsen")))  # fmt: skip
    found = as_json(page("zinsen"))
    assert (found["found_by"], found["entry"]["id"], found["article"]["id"]) == (
        "address of the article",
        entry,
        article_id,
    )


def test_an_article_whose_entry_was_forgotten_is_still_known(tape: Engine, entry: int) -> None:
    article_id = put_on_tape(tape, entry)
    run_sql(tape, "DELETE FROM ingest.sightings")
    run_sql(tape, "DELETE FROM ingest.entries")
    assert f"On the tape as article {article_id}; its entry is no longer kept" in told(ADDRESS)


def test_the_trail_is_told_in_the_order_of_time(tape: Engine, entry: int) -> None:
    with tape.begin() as conn:
        feed_id = conn.execute(text("SELECT id FROM ingest.feeds")).scalar_one()
    event(tape, what="feed", feed=feed_id, outcome="changed", at=NOW - timedelta(seconds=1))
    event(tape, what="feed", feed=feed_id, outcome="not_modified", at=NOW - timedelta(minutes=15), status=304)
    event(tape, what="feed", feed=feed_id, outcome="not_modified", at=NOW - timedelta(minutes=30), status=304)
    event(tape, what="feed", feed=feed_id, outcome="failed", reason="timeout", at=NOW + timedelta(hours=3), status=None)
    event(tape, entry=entry, outcome="failed", reason="server_error", status=503, detail="maintenance",
          at=NOW + timedelta(minutes=1))  # fmt: skip
    event(tape, entry=entry, at=NOW + timedelta(minutes=3))
    run_sql(tape, "INSERT INTO ingest.rights (page_id, page_fetched_at, entry_id, robots, x_robots_tag) "
                  "VALUES (7, :at, :id, 'allowed', 'noarchive')", at=NOW + timedelta(minutes=3), id=entry)  # fmt: skip
    put_on_tape(tape, entry)
    said = told(ADDRESS)
    steps = [
        "polled https://alpha.example/all.rss: not_modified, status 304",
        "polled https://alpha.example/all.rss: changed",
        "listed https://alpha.example/all.rss, place 1: “Title of",
        "asked failed server_error, status 503: maintenance; 512 bytes, 2 requests",
        "asked fetched, status 200",
        "rights robots.txt: allowed, x_robots_tag noarchive",
        "polled https://alpha.example/all.rss: failed timeout",
        "loaded revision 1, 6 words: Die Notenbank bleibt dabei",
    ]
    places = [said.find(step) for step in steps]
    assert -1 not in places, said
    assert places == sorted(places)
    assert said.count("not_modified") == 1


def test_a_page_is_shown_as_archived_or_as_gone_from_the_archive(tape: Engine, entry: int) -> None:
    run_sql(tape, "INSERT INTO ingest.pages (id, fetched_at, entry_id, url, final_url, status, headers, body, "
                  "body_sha256, body_bytes, duration_ms) VALUES (5, :at, :id, 'u', 'https://alpha.example/final', 200, "
                  "'{}', '', '', 1234, 1)", at=NOW, id=entry)  # fmt: skip
    in_state(tape, entry, "fetched", page_id=5, page_fetched_at=NOW)
    said = told(ADDRESS)
    assert "archived page 5: status 200, 1234 bytes, uncompressed, https://alpha.example/final" in said
    assert "the page is archived and not extracted yet" in said
    run_sql(tape, "DELETE FROM ingest.pages")
    assert "page 5 of 2026-03-02 09:30:00 UTC has left the archive" in told(ADDRESS)


VERDICTS: dict[str, tuple[str, str | None, dict[str, Any], list[str]]] = {
    "pending": ("pending", None, {}, ["not asked yet", "first run after 2026-03-02 09:34:00 UTC asks for it"]),
    "leased": ("leased", None, {"lease_owner": "run:9:x", "lease_until": NOW}, ["run:9:x works on it"]),
    "in retry": (
        "retry", "server_error", {"attempts": 2, "detail": "503"},
        ["In retry, 2 attempts so far: the portal has trouble of its own (server_error: 503)",
         "Next attempt at the first run after 2026-03-02 09:34:00 UTC"],
    ),
    "asked again": ("retry", None, {"article_id": 99}, ["Asked again: the next answer tells whether it changed"]),
    "skipped": (
        "skipped", "too_large", {"settled_at": NOW, "detail": "21 MiB"},
        ["Skipped at 2026-03-02 09:30:00 UTC: it is larger than the limit (too_large: 21 MiB)",
         "Raise NEWSTAPE_MAX_BODY_MB.", "newstape entries retry --source alpha --reason too_large"],
    ),
    "gone": ("gone", "not_found", {"settled_at": NOW}, ["Gone at", "no such page (404)", "newstape ingest https://"]),
    "dead": ("dead", "timeout", {"attempts": 6}, ["Given up after 6 attempts", "took too long (timeout)"]),
    "loaded and lost": ("loaded", None, {"article_id": 99}, ["article 99, which is no longer on the tape"]),
}  # fmt: skip


@pytest.mark.parametrize("case", VERDICTS)
def test_the_verdict_names_the_reason_and_the_next_step(tape: Engine, entry: int, case: str) -> None:
    state, reason, columns, wanted = VERDICTS[case]
    in_state(tape, entry, state, reason, **columns)
    said = told(ADDRESS)
    assert [part for part in wanted if part not in said] == [], said


def test_what_holds_an_open_entry_up_is_said(tape: Engine, entry: int) -> None:
    robots(tape, None, 503, robots_failing_since=NOW)
    run_sql(tape, "UPDATE ingest.sources SET paused_at = :at, pause_reason = 'relaunch'", at=NOW)
    said = told(ADDRESS)
    assert "But alpha is paused since 2026-03-02 09:30:00 UTC (relaunch): `newstape sources resume alpha`" in said
    assert "But robots.txt answered 503" in said
    assert "since 2026-03-02 09:30:00 UTC; it is asked again at 2026-03-03 09:30:00 UTC" in said


def test_a_host_that_may_be_asked_only_later_is_named_with_the_time(tape: Engine, entry: int) -> None:
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    robots(tape, "", 404, next_request_at=later)
    assert f"Its host may be asked again at {later:%Y-%m-%d %H:%M:%S} UTC" in told(ADDRESS)


def test_an_entry_that_robots_forbade_is_judged_by_the_rules_of_today(tape: Engine, entry: int) -> None:
    in_state(tape, entry, "skipped", "robots")
    robots(tape, "User-agent: *\nDisallow: /nachrichten/\n")
    said = told(ADDRESS)
    assert "robots.txt disallows it (status 200" in said
    assert "robots.txt still stands against it" in said
    robots(tape, "User-agent: *\nDisallow: /intern/\n")
    assert "robots.txt allows it by now." in told(ADDRESS)


def test_a_source_with_a_user_agent_of_its_own_is_judged_under_that_name(tape: Engine, entry: int) -> None:
    robots(tape, "User-agent: Tagesleser\nDisallow: /\n")
    assert as_json(ADDRESS)["robots"]["verdict"] == "allowed"
    run_sql(tape, "UPDATE ingest.sources SET user_agent = 'Tagesleser/2'")
    assert as_json(ADDRESS)["robots"]["verdict"] == "disallowed"


def test_an_article_is_told_with_its_times_and_its_story(tape: Engine, entry: int) -> None:
    article_id = put_on_tape(tape, entry)
    run_sql(tape, "UPDATE tape.articles SET published_at = :at, published_raw = '2. März, 10.15 Uhr', gone_at = :at, "
                  "published_origin = 'text.dateline', published_zone = 'Europe/Zurich'", at=NOW)  # fmt: skip
    in_state(tape, entry, "loaded", recheck_at=NOW + timedelta(days=1), article_id=article_id)
    said = told(ADDRESS)
    for part in (
        f"On the tape as article {article_id}, 1 revision: Die Notenbank bleibt dabei",
        "published 2026-03-02 09:30:00 UTC by text.dateline '2. März, 10.15 Uhr', zone Europe/Zurich",
        "first seen 2026-03-02 09:30:00 UTC story original in story",
        "gone its address answers 404 or 410",
        "Asked again for changes at 2026-03-03 09:30:00 UTC",
    ):
        assert part in said, said


def test_a_duplicate_names_the_article_that_it_repeats(tape: Engine, entry: int) -> None:
    with tape.begin() as conn:
        listed(conn, known_feeds(conn, "alpha")["alpha/all"], [page("zweite-adresse")])
        second = entries_by_url(conn)[page("zweite-adresse")]
    article_id = put_on_tape(tape, entry)
    in_state(tape, second, "duplicate", article_id=article_id)
    said = told(page("zweite-adresse"))
    assert f"repeats {article_id} of alpha: Die Notenbank bleibt dabei" in said
    assert f"it repeats article {article_id} of alpha, {ADDRESS}" in said


def test_an_address_that_was_never_seen_is_told_with_the_state_of_its_feeds(tape: Engine, entry: int) -> None:
    with tape.begin() as conn:
        source_id, feed_id = known_feeds(conn, "alpha")["alpha/all"]
        conn.execute(
            text("UPDATE ingest.feeds SET last_polled_at = :at, last_outcome = 'timeout', failures = 3, "
                 "last_detail = 'nothing came', last_gap_at = :at"), {"at": NOW},
        )  # fmt: skip
        conn.execute(
            text("INSERT INTO ingest.warnings (kind, source_id, feed_id, message, first_at, last_at, times) "
                 "VALUES ('gap', :source, :feed, 'Nothing in common with the poll before.', :at, :at, 1)"),
            {"source": source_id, "feed": feed_id, "at": NOW},
        )  # fmt: skip
        conn.execute(text("UPDATE ingest.entries SET published_at = :at"), {"at": NOW - timedelta(hours=1)})
    said = told(page("nie-gesehen"), code=1)
    for part in (
        "the feeds of alpha never listed it. 1 feed, last polled 2026-03-02 09:30:00 UTC; 1 of them failing",
        "open warning `gap` since 2026-03-02 09:30:00 UTC",
        "3 failures in a row: nothing came",
        "1 of the newest entries are from it",
        "published 2026-03-02 08:30:00 UTC to 2026-03-02 08:30:00 UTC",
        "warning gap on https://alpha.example/all.rss since",
        "next step `newstape ingest https://alpha.example/nie-gesehen` asks for it now",
    ):
        assert part in said, said


UNSEEN = {
    "absent": ("UPDATE ingest.sources SET absent_since = :at", "its file is missing since 2026-03-02 09:30:00 UTC"),
    "paused": ("UPDATE ingest.sources SET paused_at = :at", "`newstape sources resume alpha`, then"),
    "paused until then": (
        "UPDATE ingest.sources SET paused_at = :at, paused_until = :at", "the feeds of alpha never listed it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNSEEN)
def test_why_a_source_lists_nothing_comes_before_its_feeds(tape: Engine, entry: int, case: str) -> None:
    statement, wanted = UNSEEN[case]
    run_sql(tape, statement, at=NOW)
    assert wanted in told(page("nie-gesehen"), code=1)


def test_a_host_that_no_source_covers_is_named_with_the_way_to_add_it(tape: Engine) -> None:
    said = told("https://www.unbekannt.example/a?b=1", code=1)
    assert "source none covers this host" in said
    assert "`newstape sources add https://www.unbekannt.example/`" in said


def test_a_source_that_was_never_synced_is_known_from_its_file(tape: Engine) -> None:
    said = told("https://www.nzz.ch/wirtschaft/erfunden-ld.1", code=1)
    assert "not in the database yet" in said
    assert "`newstape ingest --source nzz` starts" in said


def test_several_addresses_are_told_one_after_the_other(tape: Engine, entry: int) -> None:
    done = ask("--json", ADDRESS, page("nie-gesehen"))
    assert done.exit_code == 1
    known, unseen = map(json.loads, done.output.splitlines())
    assert (known["is_known"], unseen["is_known"]) == (True, False)
    assert known["sightings"][0]["listed_url"] == ADDRESS
    assert known["verdict"]
    assert unseen["next_step"]


def test_titles_cannot_steer_the_terminal(tape: Engine, entry: int) -> None:
    run_sql(tape, "UPDATE ingest.sightings SET title = :title", title="Gewinn\x1b[2J\u202efalsch")
    assert "\x1b" not in ask(ADDRESS).output
    assert "\u202e" not in ask(ADDRESS).output


def test_what_is_no_address_is_refused_before_anything_is_read() -> None:
    done = ask("irgendwas", "mailto:a@b.example")
    assert isinstance(done.exception, Misconfigured)
    assert "'irgendwas', 'mailto:a@b.example'" in str(done.exception)
    command = [sys.executable, "-m", "flows.cli", "why", "irgendwas"]
    typed = subprocess.run(command, env=os.environ, capture_output=True, text=True, timeout=60, check=False)
    assert (typed.returncode, "No web address" in typed.stderr) == (2, True)


def test_every_reason_has_its_words() -> None:
    assert set(MEANINGS) == set(Reason)


def test_the_settings_of_the_person_at_the_keyboard_name_the_robot(tape: Engine, entry: int) -> None:
    token = settings().user_agent.partition("/")[0]
    robots(tape, f"User-agent: {token}\nDisallow: /\n")
    assert f"disallows it for {token}" in as_json(ADDRESS)["robots"]["detail"]
