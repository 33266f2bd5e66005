CREATE VIEW news.coverage AS
SELECT s.slug AS source, d.day, count(*) AS announced, count(e.page_id) AS fetched,
       count(*) FILTER (WHERE e.state = 'loaded') AS loaded, count(*) FILTER (WHERE e.state = 'duplicate') AS duplicates,
       count(*) FILTER (WHERE e.state IN ('skipped', 'gone', 'dead')) AS failed,
       count(*) FILTER (WHERE e.state IN ('pending', 'leased', 'fetched', 'retry')) AS open,
       count(*) FILTER (WHERE e.origin = 'backfill') AS backfilled
FROM ingest.entries e
JOIN ingest.sources s ON s.id = e.source_id
LEFT JOIN tape.articles a ON a.id = e.article_id
LEFT JOIN LATERAL (SELECT min(c.day) AS day FROM ingest.candidates c WHERE c.entry_id = e.id) c ON true
CROSS JOIN LATERAL (
    SELECT coalesce((a.published_at AT TIME ZONE s.time_zone)::date, c.day,
                    (coalesce(e.published_at, e.first_seen_at) AT TIME ZONE s.time_zone)::date) AS day
) d
GROUP BY s.slug, d.day;

COMMENT ON VIEW news.coverage IS $$One row per source and day: how many articles were announced, and how far they are.
Key: source, day. Time: day. Fresh: while a run works.
Example: days of March with holes. SELECT day, announced, loaded FROM news.coverage WHERE source = 'nzz' AND day BETWEEN '2026-03-01' AND '2026-03-31' AND loaded + duplicates < announced ORDER BY day;$$;
COMMENT ON COLUMN news.coverage.source IS 'Slug of the source.';
COMMENT ON COLUMN news.coverage.day IS 'Day in the source''s zone: of publication, else the one that an archive or a feed announced, else of first sight.';
COMMENT ON COLUMN news.coverage.announced IS 'Addresses that feeds, archives or people named.';
COMMENT ON COLUMN news.coverage.fetched IS 'Of these, asked for, with a page.';
COMMENT ON COLUMN news.coverage.loaded IS 'Of these, loaded as articles.';
COMMENT ON COLUMN news.coverage.duplicates IS 'Of these, repeats of an article.';
COMMENT ON COLUMN news.coverage.failed IS 'Of these, gone, given up, or kept out by a rule or their content.';
COMMENT ON COLUMN news.coverage.open IS 'Of these, not done yet.';
COMMENT ON COLUMN news.coverage.backfilled IS 'Of these, first announced by an archive, and not by a feed.';
