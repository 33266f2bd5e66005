"""Month partitions: made ahead, made for rows that found none, dropped when their time is over."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from makers import NOW, archived_row, event_row
from sqlalchemy import Connection, Engine, text

from sql import connect
from sql.store import pages, partitions, schema

FAR = datetime(2041, 5, 17, 12, tzinfo=UTC)


def partition_of(conn: Connection, table: str, where: str = "true") -> set[str]:
    rows = conn.execute(text(f"SELECT DISTINCT tableoid::regclass::text FROM {table} WHERE {where}"))
    return set(rows.scalars())


def test_rows_outside_every_month_are_found_by_table_and_month(conn: Connection) -> None:
    pages.archive(
        conn, [archived_row(FAR), archived_row(FAR + timedelta(days=1)), archived_row(FAR + timedelta(days=30))]
    )
    pages.log(conn, [event_row(FAR)])
    assert partitions.strays(conn) == [
        partitions.Strays("ingest.pages", date(2041, 5, 1), 2),
        partitions.Strays("ingest.pages", date(2041, 6, 1), 1),
        partitions.Strays("ingest.fetch_events", date(2041, 5, 1), 1),
    ]


def test_a_month_ends_in_utc_at_its_last_microsecond(conn: Connection) -> None:
    edges = [datetime(2041, 5, 1, tzinfo=UTC), datetime(2041, 6, 1, tzinfo=UTC) - timedelta(microseconds=1)]
    pages.log(conn, [event_row(at) for at in [*edges, datetime(2041, 6, 1, tzinfo=UTC)]])
    (may, june) = partitions.strays(conn)
    assert (may.rows, june.rows) == (2, 1)
    assert partitions.move(conn, may) == 2
    assert partitions.strays(conn) == [june]


def test_moved_rows_keep_every_value_and_the_archive_finds_them(conn: Connection) -> None:
    (stored,) = pages.archive(conn, [archived_row(FAR)])
    key = (stored["id"], FAR)
    before = pages.read(conn, [key])
    (found,) = partitions.strays(conn)
    assert partitions.move(conn, found) == 1
    assert pages.read(conn, [key]) == before
    assert partition_of(conn, "ingest.pages") == {"ingest.pages_2041_05"}
    assert partitions.strays(conn) == []
    pages.archive(conn, [archived_row(FAR + timedelta(days=3))])
    assert partition_of(conn, "ingest.pages") == {"ingest.pages_2041_05"}


def shape(conn: Connection, partition: str) -> tuple[Any, ...]:
    columns = conn.execute(
        text("""
            SELECT a.attname, a.attstorage, a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
            FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = CAST(:name AS regclass) AND a.attnum > 0 ORDER BY a.attnum
        """),
        {"name": partition},
    )
    indexes = conn.execute(
        text("SELECT split_part(pg_get_indexdef(indexrelid), ' USING ', 2), indisprimary FROM pg_index "
             "WHERE indrelid = CAST(:name AS regclass) ORDER BY 1"),
        {"name": partition},
    )  # fmt: skip
    checks = conn.execute(
        text("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
             "WHERE conrelid = CAST(:name AS regclass) AND contype = 'c' ORDER BY 1"),
        {"name": partition},
    )  # fmt: skip
    return tuple(map(tuple, columns)), tuple(map(tuple, indexes)), tuple(map(tuple, checks))


@pytest.mark.parametrize("table", schema.PARTITIONED)
def test_a_partition_made_for_moved_rows_is_like_those_made_ahead(conn: Connection, table: str) -> None:
    pages.archive(conn, [archived_row(FAR)])
    pages.log(conn, [event_row(FAR)])
    conn.execute(text("INSERT INTO ingest.sketch_keys VALUES (1, 1, :at)"), {"at": FAR})
    conn.execute(text("INSERT INTO ingest.counted_texts VALUES (1, false, '{1}', 1, 1, 1, false, :at)"), {"at": FAR})
    moved = [found for found in partitions.strays(conn) if partitions.move(conn, found)]
    made = schema.ensure_partitions(conn, FAR + timedelta(days=31), months=0, weeks=0)
    (name,) = (found.partition for found in moved if found.table == table)
    (other,) = (name for name in made if name.startswith(table))
    assert shape(conn, name) == shape(conn, other)


def test_a_week_begins_on_monday_and_ends_in_utc(conn: Connection) -> None:
    monday = datetime(2041, 5, 13, tzinfo=UTC)
    for at in (monday, monday + timedelta(days=7, microseconds=-1), monday + timedelta(days=7)):
        conn.execute(text("INSERT INTO ingest.sketch_keys VALUES (1, 1, :at)"), {"at": at})
    (week, after) = partitions.strays(conn)
    assert (week.partition, week.rows) == ("ingest.sketch_keys_2041_05_13", 2)
    assert partitions.move(conn, week) == 2
    assert partition_of(conn, "ingest.sketch_keys", "placed_at < '2041-05-20'") == {"ingest.sketch_keys_2041_05_13"}
    assert partitions.strays(conn) == [after]


def test_a_month_with_stray_rows_is_left_to_the_move_and_does_not_stop_the_others(conn: Connection) -> None:
    pages.archive(conn, [archived_row(FAR)])
    made = schema.ensure_partitions(conn, FAR, months=1, weeks=0)
    assert made == [
        "ingest.pages_2041_06",
        "ingest.fetch_events_2041_05",
        "ingest.fetch_events_2041_06",
        "ingest.sketch_keys_2041_05_13",
        "ingest.counted_texts_2041_05_13",
    ]
    (found,) = partitions.strays(conn)
    partitions.move(conn, found)
    assert schema.missing_partitions(conn, FAR, months=1, weeks=0) == {}


def test_a_month_whose_table_somebody_detached_is_left_alone(conn: Connection) -> None:
    pages.log(conn, [event_row(FAR)])
    conn.execute(text("CREATE TABLE ingest.fetch_events_2041_05 (LIKE ingest.fetch_events)"))
    assert partitions.strays(conn) == []


@pytest.mark.parametrize("at", ["infinity", "-infinity", "1969-12-31", "9999-01-01"])
def test_times_that_are_no_clocks_stay_where_they_are(conn: Connection, at: str) -> None:
    pages.log(conn, [event_row(FAR)])
    conn.execute(
        text("UPDATE ingest.fetch_events SET at = CAST(:at AS timestamptz) WHERE at > '2041-01-01'"), {"at": at}
    )
    assert partitions.strays(conn) == []


def test_only_partitions_whose_last_moment_is_past_are_expired(conn: Connection) -> None:
    schema.ensure_partitions(conn, datetime(2020, 1, 15, tzinfo=UTC), months=2)
    limits = {
        "ingest.pages": datetime(2020, 3, 1, tzinfo=UTC),
        "ingest.fetch_events": datetime(2020, 2, 28, tzinfo=UTC),
    }
    found = partitions.expired(conn, limits)
    assert [(one.table, one.name) for one in found] == [
        ("ingest.pages", "ingest.pages_2020_01"),
        ("ingest.pages", "ingest.pages_2020_02"),
        ("ingest.fetch_events", "ingest.fetch_events_2020_01"),
    ]
    assert all(one.size > 0 for one in found)


def test_neither_the_default_partition_nor_those_ahead_ever_expire(conn: Connection) -> None:
    assert partitions.expired(conn, dict.fromkeys(schema.PARTITIONED, NOW)) == []


def test_a_dropped_partition_takes_its_rows_along_and_no_others(conn: Connection) -> None:
    at = datetime(2020, 1, 15, tzinfo=UTC)
    schema.ensure_partitions(conn, at, months=1)
    old, young = pages.archive(conn, [archived_row(at), archived_row(at + timedelta(days=20))])
    for one in partitions.expired(conn, {"ingest.pages": datetime(2020, 2, 1, tzinfo=UTC)}):
        partitions.drop(conn, one)
    keys = [(row["id"], row["fetched_at"]) for row in (old, young)]
    assert set(pages.read(conn, keys)) == {young["id"]}
    assert partitions.expired(conn, {"ingest.pages": datetime(2020, 2, 1, tzinfo=UTC)}) == []


def test_whoever_works_on_the_table_is_not_waited_for_long(tape: Engine) -> None:
    with tape.begin() as conn:
        schema.ensure_partitions(conn, datetime(2020, 1, 15, tzinfo=UTC), months=0)
        (one,) = partitions.expired(conn, {"ingest.pages": datetime(2020, 2, 1, tzinfo=UTC)})
    with tape.begin() as worker:
        pages.archive(worker, [archived_row(datetime.now(UTC))])
        with tape.begin() as conn, pytest.raises(connect.OperationalError) as raised:
            partitions.drop(conn, one)
        assert connect.is_busy(raised.value)
