"""The chores of a night, each on its own database: what they do, what they leave alone, and that twice is once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from makers import LEASE, archived_row, entry_row, event_row, extracted, known_feeds, listed, page, share
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError
from test_steps_reprocess import AGAIN, archived, html

from config.settings import Settings
from sql import connect
from sql.store import boilerplate, feeds, frontier, pages, runs, schema
from tasks.load import load
from tasks.steps import upkeep
from tasks.steps.upkeep import CHORES
from tasks.upkeep import Done, Night, size

NOW = datetime.now(UTC)
LONG_AGO = datetime(2020, 1, 15, tzinfo=UTC)
DAY = timedelta(days=1)
PREFECT_RUN = UUID("0f1c1a8e-4d6b-4c57-9a0f-0d6f3b1c2d3e")


def opened(tape: Engine, flow: str, prefect_run_id: UUID | None = None) -> int:
    with tape.begin() as conn:
        return runs.open_run(
            conn, flow, process="host:1", version="1", parameters={}, prefect_run_id=prefect_run_id
        )  # fmt: skip


@pytest.fixture
def night(tape: Engine) -> Night:
    """A night of the run `maintain` on an empty tape, with the times to keep that are usual."""
    usual = Settings()
    run_id = opened(tape, "maintain")
    return Night(run_id, NOW, usual.keep_pages, usual.keep_fetch_events, usual.keep_changes, usual.keep_sketches)


@pytest.fixture
def rehearsal(night: Night) -> Night:
    """The same as a rehearsal."""
    return Night(
        night.run_id,
        NOW,
        night.keep_pages,
        night.keep_fetch_events,
        night.keep_changes,
        night.keep_sketches,
        is_rehearsal=True,
    )


def chore(name: str, night: Night) -> Done:
    return dict(CHORES)[name](night)


def is_idle(done: Done) -> bool:
    return (done.said, list(done.rows)) == ("", [])


def rows(tape: Engine, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with tape.begin() as conn:
        return [tuple(row) for row in conn.execute(text(statement), values)]


def change(tape: Engine, statement: str, **values: Any) -> None:
    with tape.begin() as conn:
        conn.execute(text(statement), values)


def partition_names(tape: Engine) -> set[str]:
    return {
        name
        for table in schema.PARTITIONED
        for (name,) in rows(
            tape, "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = CAST(:t AS regclass)", t=table
        )
    }


def grow_old(tape: Engine) -> None:
    """Months of pages and requests that are long past, with a row each."""
    with tape.begin() as conn:
        schema.ensure_partitions(conn, LONG_AGO, months=0, weeks=-1)
        pages.archive(conn, [archived_row(LONG_AGO), archived_row(NOW)])
        pages.log(conn, [event_row(LONG_AGO), event_row(NOW)])


def everything(tape: Engine) -> dict[str, Any]:
    """What stands in every table, and which tables there are."""
    names = rows(tape, "SELECT table_schema || '.' || table_name FROM information_schema.tables "
                       "WHERE table_schema IN ('ingest', 'tape')")  # fmt: skip
    return {name: rows(tape, f"SELECT to_jsonb(t) FROM {name} t ORDER BY 1") for (name,) in sorted(names)}


def something_of_everything(tape: Engine) -> None:
    """Work for every chore."""
    grow_old(tape)
    stray(tape)
    printed(tape, "alpha", 1, 1)
    placed(tape, NOW - 40 * DAY)
    change(tape, "DROP TABLE ingest.fetch_events_default")
    dead = opened(tape, "ingest", PREFECT_RUN)
    with tape.begin() as conn:
        listed(conn, known_feeds(conn, "alpha")["alpha/all"], [page(1)])
        frontier.claim(conn, f"run:{dead}:x", NOW - 2 * LEASE, LEASE, share())
    change(tape, "UPDATE ingest.sources SET time_zone = 'UTC', created_at = :at", at=NOW)


def printed(tape: Engine, slug: str, articles: int, count: int) -> None:
    """So many paragraphs that as many articles of a source print, counted for the last time long ago."""
    with tape.begin() as conn:
        source_id = known_feeds(conn, slug)[f"{slug}/all"][0]
        for number in range(articles):
            digests = (f"{articles} {one}".encode() for one in range(count))
            plain = {"source_id": source_id, "at": LONG_AGO, "article_id": number, "text": "Ein Satz, der wiederkehrt."}
            boilerplate.count(conn, [source_id], [plain | {"digest": digest} for digest in digests])
    change(tape, "UPDATE ingest.boilerplate SET counted_at = :at WHERE articles = :articles",
           at=NOW - upkeep.KEEP_SINGLE - DAY, articles=articles)  # fmt: skip


def placed(tape: Engine, at: datetime) -> None:
    """An article of three sentences, and all that placing it into a story left, as of a time."""
    with tape.begin() as conn:
        source_id = known_feeds(conn, "alpha")["alpha/all"][0]
        body = "Der Umsatz stieg um drei Prozent. Der Gewinn sank um zwei Prozent. Die Werft bleibt in Bremen."
        load(conn, [extracted(entry_row(1, page(1), source_id), "Werft in Bremen verdient weniger", body)])
    with tape.begin() as conn:
        schema.ensure_partitions(conn, at, months=-1, weeks=0)
    change(tape, "UPDATE ingest.sketches SET placed_at = :at", at=at)
    change(tape, "UPDATE ingest.sketch_keys SET placed_at = :at", at=at)
    change(tape, "UPDATE ingest.counted_texts SET counted_at = :at", at=at)


def stray(tape: Engine) -> None:
    with tape.begin() as conn:
        pages.archive(conn, [archived_row(LONG_AGO + 100 * DAY)])


def test_the_chores_are_done_in_an_order_that_lets_each_build_on_the_ones_before() -> None:
    names = [name for name, _ in CHORES]
    assert names == ["partitions", "retention", "boilerplate", "stories", "leases", "runs", "source_days", "statistics"]


def test_a_rehearsal_says_what_there_is_to_do_and_changes_nothing(tape: Engine, rehearsal: Night) -> None:
    something_of_everything(tape)
    before = everything(tape)
    said = {name: chore(name, rehearsal).said for name, _ in CHORES}
    assert everything(tape) == before
    assert said.pop("retention").startswith("4 partitions to drop (")
    assert said == {
        "partitions": "2 partitions to make, 1 row to move out of default partitions",
        "boilerplate": "1 paragraph to forget",
        "stories": "1 text to compare no more",
        "leases": "2 leases of dead processes to end",
        "runs": "1 run of dead processes to close",
        "source_days": "1 day of sources to count",
        "statistics": "",
    }


def test_a_night_does_what_its_rehearsal_said_and_the_next_one_finds_nothing(tape: Engine, night: Night) -> None:
    something_of_everything(tape)
    done = {name: chore(name, night) for name, _ in CHORES}
    assert done["partitions"].said == "2 partitions made, 1 row moved out of default partitions"
    # The page that was moved is past its time, too, and a week of keys and counts is.
    assert done["retention"].said.startswith("5 partitions dropped (")
    assert done["boilerplate"].said == "1 paragraph forgotten"
    assert done["stories"].said == "1 text compared no more"
    assert done["leases"].said == "2 leases of dead processes ended"
    assert done["runs"].said == "1 run of dead processes closed"
    assert done["source_days"].said == "1 day of sources counted"
    before = everything(tape)
    assert [chore(name, night).said for name, _ in CHORES] == [""] * len(CHORES)
    assert everything(tape) == before


def test_a_partition_that_is_missing_ahead_is_made(tape: Engine, night: Night) -> None:
    wanted = partition_names(tape)
    last = max(name for name in wanted if "default" not in name)
    change(tape, f"DROP TABLE {last}")
    done = chore("partitions", night)
    assert (done.said, list(done.rows)) == ("1 partition made", [{"partition": last, "rows": 0}])
    assert partition_names(tape) == wanted


def test_stray_rows_of_a_month_ahead_are_moved_and_the_month_is_complete(tape: Engine, night: Night) -> None:
    wanted = partition_names(tape)
    change(tape, f"DROP TABLE ingest.pages_{NOW:%Y_%m}")
    with tape.begin() as conn:
        (stored,) = pages.archive(conn, [archived_row(NOW)])
        # As every flow does when it starts: it must not stumble over them.
        schema.ensure_partitions(conn, NOW, months=2)
    assert chore("partitions", night).rows == [{"partition": f"ingest.pages_{NOW:%Y_%m}", "rows": 1}]
    assert partition_names(tape) == wanted
    with tape.connect() as conn:
        assert set(pages.read(conn, [(stored["id"], NOW)])) == {stored["id"]}


def test_what_is_too_old_goes_by_month_and_everything_else_stays(tape: Engine, night: Night) -> None:
    wanted = partition_names(tape)
    grow_old(tape)
    done = chore("retention", night)
    assert {(row["table"], row["partition"]) for row in done.rows} == {
        ("ingest.pages", "ingest.pages_2020_01"),
        ("ingest.fetch_events", "ingest.fetch_events_2020_01"),
    }
    total = sum(row["bytes"] for row in done.rows)
    assert done.said == f"2 partitions dropped ({size(total)})"
    assert partition_names(tape) == wanted
    assert rows(tape, "SELECT count(*) FROM ingest.pages") == rows(tape, "SELECT count(*) FROM ingest.fetch_events")
    assert rows(tape, "SELECT fetched_at FROM ingest.pages") == [(NOW,)]


def test_pages_and_requests_are_kept_as_long_as_their_own_settings_say(tape: Engine, night: Night) -> None:
    grow_old(tape)
    age = NOW - LONG_AGO
    long = Night(night.run_id, NOW, keep_pages=age, keep_fetch_events=DAY, keep_changes=DAY, keep_sketches=DAY)
    assert [row["partition"] for row in chore("retention", long).rows] == ["ingest.fetch_events_2020_01"]


def test_reprocess_and_the_tape_get_along_without_the_pages(tape: Engine, night: Night) -> None:
    archive = archived(tape, html(1), html(2))
    change(
        tape, "UPDATE tape.revisions SET page_fetched_at = :at WHERE number = 1 AND title LIKE 'Werk 1%'", at=LONG_AGO
    )
    change(tape, "UPDATE ingest.rights SET page_fetched_at = :at", at=LONG_AGO)
    with tape.begin() as conn:
        schema.ensure_partitions(conn, LONG_AGO, months=0, weeks=-1)
        conn.execute(
            text("UPDATE ingest.pages SET fetched_at = :at WHERE id = (SELECT page_id FROM tape.revisions "
                 "WHERE title LIKE 'Werk 1%')"),
            {"at": LONG_AGO},
        )  # fmt: skip
    texts = archive.texts()
    assert archive.read(AGAIN).expired == 0
    assert len(chore("retention", night).rows) == 2
    tally = archive.read(AGAIN)
    assert (tally.revisions, tally.expired) == (1, 1)
    assert archive.texts() == texts
    assert rows(tape, "SELECT count(*) FROM ingest.rights") == [(2,)]


def replaced(tape: Engine, run_id: int, count: int, at: datetime) -> None:
    change(tape, "INSERT INTO ingest.reprocess_changes (run_id, revision_id, field, at) "
                 "SELECT :run_id, n, 'title', :at FROM generate_series(1, :count) n",
           run_id=run_id, count=count, at=at)  # fmt: skip


def test_replaced_values_are_deleted_in_batches_when_their_time_is_over(
    tape: Engine, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "CHANGES_AT_ONCE", 10)
    old, young = opened(tape, "reprocess"), opened(tape, "reprocess")
    change(tape, "UPDATE ingest.runs SET started_at = :at WHERE id = :id", id=old, at=NOW - night.keep_changes - DAY)
    replaced(tape, old, 25, NOW - night.keep_changes - DAY / 2)
    replaced(tape, young, 3, NOW)
    done = chore("retention", night)
    assert done.said == "25 replaced values deleted"
    assert done.rows == [{"table": "ingest.reprocess_changes", "partition": None, "rows": 25, "bytes": None}]
    assert rows(tape, "SELECT run_id, count(*) FROM ingest.reprocess_changes GROUP BY 1") == [(young, 3)]
    assert rows(tape, "SELECT count(*) FROM ingest.runs") == [(3,)]


def test_what_a_long_reprocess_replaced_later_than_the_limit_stays(tape: Engine, night: Night) -> None:
    old = opened(tape, "reprocess")
    change(tape, "UPDATE ingest.runs SET started_at = :at WHERE id = :id", id=old, at=NOW - night.keep_changes - DAY)
    replaced(tape, old, 2, NOW - night.keep_changes + DAY)
    assert is_idle(chore("retention", night))


def test_paragraphs_that_did_not_come_back_are_forgotten_in_batches(
    tape: Engine, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "PARAGRAPHS_AT_ONCE", 10)
    printed(tape, "alpha", 1, 20)
    printed(tape, "alpha", 2, 3)
    done = chore("boilerplate", night)
    assert (done.said, done.rows) == ("20 paragraphs forgotten", [{"table": "ingest.boilerplate", "rows": 20}])
    assert is_idle(chore("boilerplate", night))
    change(tape, "UPDATE ingest.boilerplate SET counted_at = :at", at=NOW - upkeep.KEEP_SHARED - DAY)
    assert chore("boilerplate", night).said == "3 paragraphs forgotten"
    assert rows(tape, "SELECT articles FROM ingest.boilerplate_sources") == [(3,)]


def test_sketches_are_forgotten_with_their_keys_and_counts_and_articles_stay(tape: Engine, night: Night) -> None:
    placed(tape, NOW - night.keep_sketches - 10 * DAY)
    assert chore("retention", night).said.startswith("2 partitions dropped (")
    assert chore("stories", night).said == "1 text compared no more"
    for table in ("sketches", "sketch_keys", "counted_texts"):
        assert rows(tape, f"SELECT count(*) FROM ingest.{table}") == [(0,)]
    assert is_idle(chore("stories", night))
    assert rows(tape, "SELECT count(*) FROM tape.articles") == [(1,)]


def test_sketches_are_kept_as_long_as_they_are_looked_for(tape: Engine, night: Night) -> None:
    placed(tape, NOW - night.keep_sketches + DAY)
    assert is_idle(chore("stories", night))
    assert is_idle(chore("retention", night))


BUSY: dict[str, tuple[str, Callable[[Engine], object], str, str]] = {
    "retention": (
        "ingest.pages", grow_old, "1 partition dropped (", "1 partition waits for the next night, others were at work",
    ),
    "partitions": ("ingest.pages_default", stray, "", "1 partition waits for the next night, others were at work"),
    "statistics": ("ingest.entries", grow_old, "", "statistics of ingest.entries wait for the next night"),
}  # fmt: skip


@pytest.mark.parametrize("name", BUSY)
def test_what_others_are_at_work_on_waits_for_the_next_night(tape: Engine, night: Night, name: str) -> None:
    table, prepare, begin, waiting = BUSY[name]
    prepare(tape)
    mode = "SHARE UPDATE EXCLUSIVE" if name == "statistics" else "ROW EXCLUSIVE"
    with tape.begin() as worker:
        worker.execute(text(f"LOCK TABLE {table} IN {mode} MODE"))
        said = chore(name, night).said
    assert said.startswith(begin)
    assert waiting in said
    assert waiting not in chore(name, night).said
    assert chore(name, night).said == ""


def test_only_leases_that_ran_out_are_ended(tape: Engine, night: Night) -> None:
    with tape.begin() as conn:
        found = known_feeds(conn, "alpha", "beta")
        listed(conn, found["alpha/all"], [page(1)])
        listed(conn, found["beta/all"], [page(2, "beta.example")])
        conn.execute(text("UPDATE ingest.entries SET due_at = :at"), {"at": NOW - DAY})
        conn.execute(text("UPDATE ingest.hosts SET next_request_at = :at"), {"at": NOW - DAY})
        one, other = (share(sources=[found[f"{slug}/all"][0]]) for slug in ("alpha", "beta"))
        frontier.claim(conn, "dead", NOW - 2 * LEASE, LEASE, one)
        frontier.claim(conn, "alive", NOW, LEASE, other)
        feeds.claim_due(conn, "dead", NOW - 2 * LEASE, LEASE, ["alpha"], all_of_them=True)
        feeds.claim_due(conn, "alive", NOW, LEASE, ["beta"], all_of_them=True)
    done = chore("leases", night)
    assert done.said == "3 leases of dead processes ended"
    assert done.rows == [{"table": table, "rows": 1} for table in ("entries", "hosts", "feeds")]
    for table in ("entries", "hosts", "feeds"):
        owners = rows(tape, f"SELECT lease_owner, lease_until IS NULL FROM ingest.{table} ORDER BY 1")
        assert owners == [("alive", False), (None, True)]
    assert rows(tape, "SELECT state FROM ingest.entries ORDER BY id") == [("pending",), ("leased",)]
    assert is_idle(chore("leases", night))


def test_runs_of_dead_processes_are_closed_and_named_with_their_flow_run(tape: Engine, night: Night) -> None:
    told, silent = opened(tape, "ingest", PREFECT_RUN), opened(tape, "backfill")
    done = chore("runs", night)
    assert done.said == "2 runs of dead processes closed"
    assert done.rows == [
        {"flow": "backfill", "run_id": silent, "prefect_run_id": None},
        {"flow": "ingest", "run_id": told, "prefect_run_id": PREFECT_RUN},
    ]
    states = rows(tape, "SELECT id, state, finished_at IS NOT NULL FROM ingest.runs ORDER BY id")
    assert states == [(night.run_id, "running", False), (told, "crashed", True), (silent, "crashed", True)]
    assert is_idle(chore("runs", night))


def test_what_a_dead_run_held_is_free_at_once(tape: Engine, night: Night) -> None:
    dead = opened(tape, "ingest")
    with tape.begin() as conn:
        listed(conn, known_feeds(conn, "alpha")["alpha/all"], [page(1)])
        conn.execute(text("UPDATE ingest.entries SET due_at = :at"), {"at": NOW - DAY})
        conn.execute(text("UPDATE ingest.hosts SET next_request_at = :at"), {"at": NOW - DAY})
        frontier.claim(conn, f"run:{dead}:x", NOW, LEASE, share())
    chore("runs", night)
    assert rows(tape, "SELECT lease_owner FROM ingest.entries UNION ALL SELECT lease_owner FROM ingest.hosts") == [
        (None,), (None,),
    ]  # fmt: skip


def test_the_run_of_a_process_at_work_is_left_alone(tape: Engine, night: Night) -> None:
    alive = opened(tape, "ingest")
    with tape.connect() as holder:
        assert runs.try_lock(holder, "ingest")
        assert is_idle(chore("runs", night))
    assert rows(tape, "SELECT state FROM ingest.runs WHERE id = :id", id=alive) == [("running",)]


def test_a_flow_can_start_right_after_its_dead_run_was_closed(tape: Engine, night: Night) -> None:
    opened(tape, "ingest")
    chore("runs", night)
    with tape.connect() as starting:
        starting.detach()
        # The session that had the lock may end a moment later: this waits for it, and fails by lock_timeout.
        starting.execute(text("SELECT pg_advisory_lock(hashtextextended('newstape.flow.ingest', 0))"))


def test_the_own_run_stays_open_although_its_lock_is_free(tape: Engine, night: Night) -> None:
    assert is_idle(chore("runs", night))
    assert rows(tape, "SELECT state FROM ingest.runs") == [("running",)]


def test_days_that_were_missed_are_counted_in_pieces(
    tape: Engine, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "DAYS_AT_ONCE", 10)
    with tape.begin() as conn:
        known_feeds(conn, "alpha", "beta")
        zone = text("UPDATE ingest.sources SET time_zone = 'UTC', created_at = :at")
        conn.execute(zone, {"at": NOW - 44 * DAY})
    assert chore("source_days", night).said == "90 days of sources counted"
    assert rows(tape, "SELECT count(*), count(DISTINCT day) FROM ingest.source_days") == [(90, 45)]
    change(tape, "DELETE FROM ingest.source_days WHERE day IN (SELECT DISTINCT day FROM ingest.source_days "
                 "ORDER BY day OFFSET 3 LIMIT 1)")  # fmt: skip
    assert chore("source_days", night).said == "2 days of sources counted"
    assert is_idle(chore("source_days", night))


def test_a_night_that_broke_off_is_finished_by_the_next_one(
    tape: Engine, night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "DAYS_AT_ONCE", 10)
    with tape.begin() as conn:
        known_feeds(conn, "alpha")
        zone = text("UPDATE ingest.sources SET time_zone = 'UTC', created_at = :at")
        conn.execute(zone, {"at": NOW - 29 * DAY})
    change(tape, f"ALTER TABLE ingest.source_days ADD CONSTRAINT broken CHECK (day < '{NOW - 15 * DAY:%Y-%m-%d}')")
    with pytest.raises(IntegrityError):
        chore("source_days", night)
    assert rows(tape, "SELECT count(*) FROM ingest.source_days") == [(10,)]
    change(tape, "ALTER TABLE ingest.source_days DROP CONSTRAINT broken")
    assert chore("source_days", night).said == "20 days of sources counted"
    assert is_idle(chore("source_days", night))


def test_the_planner_knows_the_large_tables_and_the_parents_of_partitions(tape: Engine, night: Night) -> None:
    grow_old(tape)
    done = chore("statistics", night)
    assert done.said == ""
    known = {name for (name,) in rows(tape, "SELECT DISTINCT schemaname || '.' || tablename FROM pg_stats")}
    assert {"ingest.pages", "ingest.fetch_events", "ingest.pages_2020_01"} <= known
    assert [row["table"] for row in done.rows][:2] == ["ingest.entries", "ingest.sightings"]


@pytest.mark.parametrize("name", [name for name, _ in CHORES])
def test_a_database_that_is_away_is_no_lock_that_others_have(tape: Engine, night: Night, name: str) -> None:
    something_of_everything(tape)
    connect.engine().dispose()
    away = connect.make_engine(tape.url.set(database="nowhere_at_all"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connect, "engine", lambda: away)
        with pytest.raises(connect.OperationalError):
            chore(name, night)


SIZES = {640: "640 bytes", 999: "999 bytes", 12_345: "12 kB", 870_000_000: "870 MB", 1_240_000_000: "1.2 GB",
         3_000_000_000_000: "3.0 TB"}  # fmt: skip


@pytest.mark.parametrize("count", SIZES)
def test_sizes_are_told_in_the_unit_that_fits(count: int) -> None:
    assert size(count) == SIZES[count]
