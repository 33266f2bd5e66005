CREATE VIEW news.run_sources AS
SELECT c.run_id, s.slug AS source, r.started_at, c.feeds_polled, c.feeds_unchanged, c.feeds_failed, c.entries_listed,
       c.entries_new, c.fetched, c.loaded, c.duplicates, c.skipped, c.gone, c.retried, c.dead, c.rechecked, c.bytes,
       (c.request_ms / 1000.0)::numeric(12, 1) AS request_seconds, c.message
FROM ingest.run_sources c
JOIN ingest.runs r ON r.id = c.run_id
JOIN ingest.sources s ON s.id = c.source_id;

COMMENT ON VIEW news.run_sources IS $$One row per run and source: what came of the source in that run.
Key: run_id, source. Time: started_at. Fresh: while the run works.
Example: what does a source bring per day? SELECT started_at::date, sum(loaded) FROM news.run_sources WHERE source = 'nzz' GROUP BY 1 ORDER BY 1;$$;
COMMENT ON COLUMN news.run_sources.run_id IS 'Run.';
COMMENT ON COLUMN news.run_sources.source IS 'Slug of the source.';
COMMENT ON COLUMN news.run_sources.started_at IS 'When the run began, UTC.';
COMMENT ON COLUMN news.run_sources.feeds_polled IS 'Feeds asked.';
COMMENT ON COLUMN news.run_sources.feeds_unchanged IS 'Feeds that had nothing new (304 or the same body).';
COMMENT ON COLUMN news.run_sources.feeds_failed IS 'Feeds that failed.';
COMMENT ON COLUMN news.run_sources.entries_listed IS 'Items that the feeds listed.';
COMMENT ON COLUMN news.run_sources.entries_new IS 'Addresses that were new to us.';
COMMENT ON COLUMN news.run_sources.fetched IS 'Pages fetched and archived.';
COMMENT ON COLUMN news.run_sources.loaded IS 'Articles or revisions loaded.';
COMMENT ON COLUMN news.run_sources.duplicates IS 'Addresses that repeat an article.';
COMMENT ON COLUMN news.run_sources.skipped IS 'Addresses that a rule or their content kept out.';
COMMENT ON COLUMN news.run_sources.gone IS 'Addresses whose page no longer exists (404, 410).';
COMMENT ON COLUMN news.run_sources.retried IS 'Addresses that failed for now and will be tried again.';
COMMENT ON COLUMN news.run_sources.dead IS 'Addresses given up after all attempts.';
COMMENT ON COLUMN news.run_sources.rechecked IS 'Known articles that were asked again and say the same.';
COMMENT ON COLUMN news.run_sources.bytes IS 'Bytes received for pages.';
COMMENT ON COLUMN news.run_sources.request_seconds IS 'Time that its requests took, added up, in seconds.';
COMMENT ON COLUMN news.run_sources.message IS 'First trouble of the source in this run; NULL: none.';
