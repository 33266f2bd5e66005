"""ingest.source_days: what came of each source on each of its days, counted from the frontier, the tape and the polls.

The last days are counted anew every time, since their entries still come to an end; older ones stay as they are: what
they were counted from may have expired.
"""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, text

# Entries that fail are tried for hours, loaded ones asked again after a day: after a week nothing changes any more.
DAYS_COUNTED_ANEW = 7
SHORT_WORDS = 50
# Zones lie between these distances from UTC; the bounds in UTC let indexes and partitions be used.
FARTHEST_AHEAD, FARTHEST_BEHIND = timedelta(hours=14), timedelta(hours=12)

_COUNTED = ("added", "loaded", "duplicates", "blocked", "walled", "failed", "undated", "short", "polls", "failed_polls")

# A source's days, in its zone, from the one on which it was first synced to today, or to when its file was gone. Days
# older than DAYS_COUNTED_ANEW are wanted only where they have no row.
_WANTED = """
    SELECT s.id AS source_id, s.time_zone, CAST(d.day AS date) AS day
    FROM ingest.sources s
    CROSS JOIN LATERAL (
        SELECT CAST(CAST(:now AS timestamptz) AT TIME ZONE s.time_zone AS date) AS today,
               CAST(least(:now, s.absent_since) AT TIME ZONE s.time_zone AS date) AS last,
               CAST(s.created_at AT TIME ZONE s.time_zone AS date) AS first
    ) t
    CROSS JOIN LATERAL generate_series(CAST(t.first AS timestamp), CAST(t.last AS timestamp), interval '1 day') d(day)
    WHERE CAST(d.day AS date) >= t.today - CAST(:anew AS integer)
       OR NOT EXISTS (SELECT FROM ingest.source_days x WHERE x.source_id = s.id AND x.day = CAST(d.day AS date))
"""
_SPAN = "FROM wanted w WHERE w.day BETWEEN CAST(:first AS date) AND CAST(:last AS date)"

# What was loaded counts as loaded, whatever comes of asking again.
_ENTRIES = """
    SELECT e.source_id, CAST(e.first_seen_at AT TIME ZONE s.time_zone AS date) AS day, count(*) AS added,
           count(*) FILTER (WHERE c.is_loaded) AS loaded,
           count(*) FILTER (WHERE e.state = 'duplicate') AS duplicates,
           count(*) FILTER (WHERE c.lost_by = 'blocked') AS blocked,
           count(*) FILTER (WHERE c.lost_by IN ('consent_wall', 'login_wall')) AS walled,
           count(*) FILTER (WHERE c.lost_by NOT IN ('blocked', 'consent_wall', 'login_wall')) AS failed,
           count(*) FILTER (WHERE c.is_loaded AND r.provenance ->> 'published' IS NULL) AS undated,
           count(*) FILTER (WHERE c.is_loaded AND r.word_count < :short_words) AS short
    FROM ingest.entries e
    JOIN ingest.sources s ON s.id = e.source_id
    CROSS JOIN LATERAL (
        SELECT e.article_id IS NOT NULL AND e.state <> 'duplicate' AS is_loaded,
               CASE WHEN e.article_id IS NULL AND e.state IN ('skipped', 'gone', 'dead')
                    THEN coalesce(e.reason, '') END AS lost_by
    ) c
    LEFT JOIN tape.articles a ON c.is_loaded AND a.id = e.article_id
    LEFT JOIN tape.revisions r ON r.id = a.head_revision_id
    WHERE e.origin <> 'backfill' AND e.first_seen_at >= :earliest AND e.first_seen_at < :latest
    GROUP BY 1, 2
"""
_POLLS = """
    SELECT f.source_id, CAST(v.at AT TIME ZONE s.time_zone AS date) AS day, count(*) AS polls,
           count(*) FILTER (WHERE v.outcome = 'failed') AS failed_polls
    FROM ingest.fetch_events v
    JOIN ingest.feeds f ON f.id = v.feed_id
    JOIN ingest.sources s ON s.id = f.source_id
    WHERE v.feed_id IS NOT NULL AND v.at >= :earliest AND v.at < :latest
    GROUP BY 1, 2
"""
_BOOK = text(f"""
    WITH wanted AS ({_WANTED}), entries AS ({_ENTRIES}), polls AS ({_POLLS})
    INSERT INTO ingest.source_days AS d (source_id, day, {", ".join(_COUNTED)})
    SELECT w.source_id, w.day, {", ".join(f"coalesce({name}, 0)" for name in _COUNTED)}
    FROM (SELECT source_id, day {_SPAN}) w
    LEFT JOIN entries USING (source_id, day)
    LEFT JOIN polls USING (source_id, day)
    ORDER BY 1, 2
    ON CONFLICT (source_id, day) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _COUNTED)}
    WHERE ({", ".join(f"d.{name}" for name in _COUNTED)}) IS DISTINCT FROM
          ({", ".join(f"excluded.{name}" for name in _COUNTED)})
""")
_MISSING = text(f"WITH wanted AS ({_WANTED}) SELECT w.day, count(*) AS rows FROM wanted w GROUP BY 1 ORDER BY 1")


def wanted(conn: Connection, now: datetime) -> dict[date, int]:
    """The days to be counted, ascending, with the number of sources whose days they are."""
    return {row.day: row.rows for row in conn.execute(_MISSING, {"now": now, "anew": DAYS_COUNTED_ANEW})}


def book(conn: Connection, first: date, last: date, now: datetime) -> int:
    """Count what is wanted of the days from `first` to `last`, inclusive; returns how many rows are new or different.

    A day on which nothing came of a source has a row of zeros: silence is a figure.
    """
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
    until = datetime(last.year, last.month, last.day, tzinfo=UTC)
    bounds = {"earliest": midnight - FARTHEST_AHEAD, "latest": until + timedelta(days=1) + FARTHEST_BEHIND}
    span = {"first": first, "last": last, "now": now, "anew": DAYS_COUNTED_ANEW, "short_words": SHORT_WORDS}
    return conn.execute(_BOOK, span | bounds).rowcount
