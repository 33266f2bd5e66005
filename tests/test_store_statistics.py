"""The planner's statistics of the large tables."""

from makers import NOW, event_row
from sqlalchemy import Connection, text

from sql.store import pages, schema, statistics


def test_every_large_table_can_be_analyzed_parents_of_partitions_included(conn: Connection) -> None:
    pages.log(conn, [event_row(NOW)])
    for table in statistics.LARGE:
        statistics.analyze(conn, table)
    known = text("SELECT count(*) FROM pg_stats WHERE schemaname = 'ingest' AND tablename = 'fetch_events'")
    assert conn.execute(known).scalar_one() > 0


def test_all_tables_with_partitions_are_among_the_large_ones() -> None:
    assert schema.PARTITIONED.keys() <= {table.split()[0] for table in statistics.LARGE}
