CREATE VIEW news.sources AS
SELECT s.slug AS source, s.name, s.homepage, s.language, s.country, s.time_zone, s.verified_on,
       s.created_at AS known_since, s.absent_since,
       CASE WHEN s.paused_until > now() OR s.paused_until IS NULL THEN s.paused_at END AS paused_since,
       CASE WHEN s.paused_until > now() THEN s.paused_until END AS paused_until,
       f.feeds, f.last_polled_at, f.failing_feeds,
       (SELECT count(*) FROM ingest.warnings w WHERE w.source_id = s.id AND w.resolved_at IS NULL) AS open_warnings
FROM ingest.sources s
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE f.absent_since IS NULL AND f.retired_at IS NULL) AS feeds,
           max(f.last_polled_at) AS last_polled_at,
           count(*) FILTER (WHERE f.absent_since IS NULL AND f.retired_at IS NULL AND f.failures > 0) AS failing_feeds
    FROM ingest.feeds f WHERE f.source_id = s.id
) f;

COMMENT ON VIEW news.sources IS $$One row per source (portal).
Key: source. Fresh: at each run. Example: which sources fail at present? SELECT source FROM news.sources WHERE failing_feeds > 0;$$;
COMMENT ON COLUMN news.sources.source IS 'Slug of the source, the name used in all views.';
COMMENT ON COLUMN news.sources.name IS 'Name as shown to people.';
COMMENT ON COLUMN news.sources.homepage IS 'Start page.';
COMMENT ON COLUMN news.sources.language IS 'Main language, ISO 639-1.';
COMMENT ON COLUMN news.sources.country IS 'Country, ISO 3166-1 alpha-2 or EU.';
COMMENT ON COLUMN news.sources.time_zone IS 'IANA zone in which its zone-less times are read.';
COMMENT ON COLUMN news.sources.verified_on IS 'Day of the last successful probe by a person; NULL: never.';
COMMENT ON COLUMN news.sources.known_since IS 'When it was first synced from its file, UTC.';
COMMENT ON COLUMN news.sources.absent_since IS 'Since when its file is missing and it is not polled, UTC; NULL: present.';
COMMENT ON COLUMN news.sources.paused_since IS 'Since when somebody keeps it from being polled and fetched, UTC; NULL: at work.';
COMMENT ON COLUMN news.sources.paused_until IS 'When that pause ends by itself, UTC; NULL: no pause, or until somebody ends it.';
COMMENT ON COLUMN news.sources.feeds IS 'Feeds that are polled.';
COMMENT ON COLUMN news.sources.last_polled_at IS 'Last poll of any of its feeds, UTC; NULL: never.';
COMMENT ON COLUMN news.sources.failing_feeds IS 'Feeds whose last poll failed.';
COMMENT ON COLUMN news.sources.open_warnings IS 'Warnings about it or its feeds that are not over (news.warnings).';
