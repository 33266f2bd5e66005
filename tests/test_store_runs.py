"""Runs: one per flow and database, a row from its first to its last moment, counters that add up."""

import os
import signal
import subprocess
import sys
from uuid import UUID

import pytest
from makers import known_feeds
from sqlalchemy import Connection, Engine, text

from sql import connect
from sql.store import runs

RUN = UUID("6f1c1a8e-4d6b-4c57-9a0f-0d6f3b1c2d3e")


def opened(conn: Connection, flow: str = "ingest") -> int:
    return runs.open_run(conn, flow, process="host:1", version="1.0", parameters={"limit": 3}, prefect_run_id=RUN)


def test_a_run_is_open_until_it_is_closed_with_what_happened(conn: Connection) -> None:
    run_id = opened(conn)
    active = runs.active(conn, "ingest")
    assert active is not None
    assert (active["id"], active["process"]) == (run_id, "host:1")
    runs.close_run(conn, run_id, "degraded", "2 loaded")
    assert runs.active(conn, "ingest") is None
    (row,) = runs.latest(conn, 5)
    assert (row["run_id"], row["state"], row["message"], row["parameters"]) == (
        run_id, "degraded", "2 loaded", {"limit": 3},
    )  # fmt: skip
    assert row["prefect_run_id"] == RUN
    assert row["finished_at"] is not None


def test_a_message_with_what_postgres_can_not_hold_still_closes_the_run(conn: Connection) -> None:
    run_id = opened(conn)
    runs.close_run(conn, run_id, "failed", "ValueError: \x00\udce4")
    assert runs.latest(conn, 1)[0]["message"] == "ValueError: \ufffd\ufffd"


def test_open_rows_of_dead_runs_are_closed_as_crashed_and_others_are_left_alone(conn: Connection) -> None:
    dead, other = opened(conn), opened(conn, "backfill")
    done = opened(conn)
    runs.close_run(conn, done, "completed", "fine")
    assert runs.close_stale(conn, "ingest") == [dead]
    assert runs.close_stale(conn, "ingest") == []
    states = {row["run_id"]: row["state"] for row in runs.latest(conn, 5)}
    assert states == {dead: "crashed", other: "running", done: "completed"}


def test_open_runs_are_listed_but_for_those_of_the_flow_that_asks(conn: Connection) -> None:
    first, second = opened(conn), opened(conn)
    mine, also_mine = opened(conn, "maintain"), opened(conn, "maintain")
    runs.close_run(conn, opened(conn, "backfill"), "completed", "fine")
    expected = [{"flow": "ingest", "run_id": run_id, "prefect_run_id": RUN} for run_id in (first, second)]
    assert runs.open_runs(conn, mine) == runs.open_runs(conn, also_mine) == expected


def test_the_latest_runs_come_first(conn: Connection) -> None:
    ids = [opened(conn) for _ in range(4)]
    assert [row["run_id"] for row in runs.latest(conn, 3)] == ids[:0:-1]


def test_counters_of_a_source_add_up_over_rows_and_calls(conn: Connection) -> None:
    feeds = known_feeds(conn, "alpha", "beta")
    alpha, beta = feeds["alpha/all"][0], feeds["beta/all"][0]
    run_id = opened(conn)
    first = {"source_id": beta, "fetched": 1, "bytes": 3_000_000_000}
    runs.add_source_counts(conn, run_id, [first, {"source_id": alpha, "loaded": 2}, first | {"bytes": 5}])
    runs.add_source_counts(conn, run_id, [{"source_id": beta, "fetched": 3, "dead": 1}])
    runs.add_source_counts(conn, run_id, [])
    found = {row["source"]: row for row in runs.source_counts(conn, run_id)}
    assert (found["beta"]["fetched"], found["beta"]["bytes"], found["beta"]["dead"]) == (5, 3_000_000_005, 1)
    assert (found["alpha"]["loaded"], found["alpha"]["fetched"]) == (2, 0)
    assert list(found) == ["alpha", "beta"]


def test_the_first_trouble_of_a_source_stays_its_message(conn: Connection) -> None:
    source_id = known_feeds(conn, "alpha")["alpha/all"][0]
    run_id = opened(conn)
    runs.add_source_counts(conn, run_id, [{"source_id": source_id, "feeds_polled": 1}])
    for message in ("first \x00", "second", None):
        runs.add_source_counts(conn, run_id, [{"source_id": source_id, "message": message}])
    assert runs.source_counts(conn, run_id)[0]["message"] == "first \ufffd"


def test_counters_of_a_stage_add_up(conn: Connection) -> None:
    run_id = opened(conn)
    row = {"stage": "fetch", "received": 5, "passed": 3, "skipped": 1, "failed": 1, "seconds": 0.5}
    runs.add_stage_counts(conn, run_id, [row, row | {"stage": "load"}])
    runs.add_stage_counts(conn, run_id, [row | {"crashed": 1}])
    runs.add_stage_counts(conn, run_id, [])
    found = conn.execute(text("SELECT * FROM ingest.run_stages ORDER BY stage")).mappings().all()
    assert [dict(one) for one in found] == [
        {"run_id": run_id, "stage": "fetch", "received": 10, "passed": 6, "skipped": 2, "failed": 2, "seconds": 1.0,
         "crashed": 1},
        {"run_id": run_id, "crashed": 0} | row | {"stage": "load"},
    ]  # fmt: skip


def test_one_session_at_a_time_has_the_lock_of_a_flow(tape: Engine) -> None:
    with tape.connect() as first, tape.connect() as second:
        assert runs.try_lock(first, "ingest")
        assert not runs.try_lock(second, "ingest")
        assert runs.try_lock(second, "backfill")


def test_closing_its_connection_lets_go_of_the_lock_although_the_engine_keeps_a_pool(tape: Engine) -> None:
    with tape.connect() as somebody_else:
        for _ in range(3):
            with tape.connect() as conn:
                assert runs.try_lock(conn, "ingest")
            # The server may end the session a moment later: this waits for the lock, and fails by lock_timeout.
            for act in ("lock", "unlock"):
                somebody_else.execute(text(f"SELECT pg_advisory_{act}(hashtextextended('newstape.flow.ingest', 0))"))


def test_the_lock_holds_per_database(tape: Engine) -> None:
    other = connect.make_engine(tape.url.set(database="postgres"))
    with tape.connect() as here, other.connect() as there:
        assert runs.try_lock(here, "ingest")
        assert runs.try_lock(there, "ingest")
    other.dispose()


HOLDER = """
import sys, time
from sqlalchemy import make_url
from sql import connect
from sql.store import runs
conn = connect.make_engine(make_url(sys.argv[1])).connect().execution_options(isolation_level="AUTOCOMMIT")
print(runs.try_lock(conn, "ingest"), flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_process_lets_go_of_the_lock(tape: Engine, how: signal.Signals) -> None:
    url = tape.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", HOLDER, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        with tape.connect() as conn:
            assert not runs.try_lock(conn, "ingest")
        holder.send_signal(how)
    # The server may notice the end of the session a moment later: this waits for the lock, and fails by lock_timeout.
    with tape.connect() as conn:
        conn.detach()
        conn.execute(text("SELECT pg_advisory_lock(hashtextextended('newstape.flow.ingest', 0))"))
        assert runs.try_lock(conn, "ingest")
