CREATE VIEW news.warnings AS
SELECT w.id AS warning_id, w.kind, s.slug AS source, f.url AS feed_url, w.message, w.first_at, w.last_at, w.times,
       w.resolved_at, w.run_id
FROM ingest.warnings w
LEFT JOIN ingest.sources s ON s.id = w.source_id
LEFT JOIN ingest.feeds f ON f.id = w.feed_id;

COMMENT ON VIEW news.warnings IS $$One row per warning: what a person should look at, as long as it lasts and after.
Key: warning_id. Time: first_at. Fresh: at each run.
Example: what needs a look now? SELECT source, kind, message FROM news.warnings WHERE resolved_at IS NULL ORDER BY last_at DESC;$$;
COMMENT ON COLUMN news.warnings.warning_id IS 'Key of the warning.';
COMMENT ON COLUMN news.warnings.kind IS 'gap (entries may be missing), feed_gone, feed_moved, outage (of our own line), blocked, robots, source_failed (a feed of it does); of the nightly report: stale_feed, low_volume, blocked_share, walled_share, undated_share, short_share, disk, default_partition.';
COMMENT ON COLUMN news.warnings.source IS 'Source that it is about; NULL: no one source.';
COMMENT ON COLUMN news.warnings.feed_url IS 'Feed that it is about; NULL: no one feed.';
COMMENT ON COLUMN news.warnings.message IS 'What happened, what it means, what to do.';
COMMENT ON COLUMN news.warnings.first_at IS 'When it was first seen, UTC.';
COMMENT ON COLUMN news.warnings.last_at IS 'When it was last seen, UTC.';
COMMENT ON COLUMN news.warnings.times IS 'How often it was seen.';
COMMENT ON COLUMN news.warnings.resolved_at IS 'When it was over, UTC; NULL: it is open.';
COMMENT ON COLUMN news.warnings.run_id IS 'Run that saw it last (news.runs); NULL: none.';
