CREATE VIEW news.amounts AS
SELECT a.id AS article_id, s.slug AS source, r.title, a.published_at, a.available_at,
       f.value, f.currency, f.is_approximate,
       f.start, f.stop, f.quote, f.rule, f.confidence, f.revision_id, f.fields_version
FROM tape.amounts f
JOIN tape.articles a ON a.head_revision_id = f.revision_id
JOIN tape.revisions r ON r.id = f.revision_id
JOIN ingest.sources s ON s.id = a.source_id;

COMMENT ON VIEW news.amounts IS $$One row per sum of money that an article's latest text names.
Key: revision_id, start and their order. Time: available_at. Fresh: at each run; a reprocess may replace rows.
Example: sums of a billion and more. SELECT title, value, currency, quote FROM news.amounts WHERE value >= 1000000000 ORDER BY available_at DESC LIMIT 10;$$;
COMMENT ON COLUMN news.amounts.article_id IS 'Article in whose latest text it stands: news.articles.';
COMMENT ON COLUMN news.amounts.source IS 'Slug of the source that published it.';
COMMENT ON COLUMN news.amounts.title IS 'Headline of the article.';
COMMENT ON COLUMN news.amounts.published_at IS 'When they say it was published, UTC; NULL: nobody said.';
COMMENT ON COLUMN news.amounts.available_at IS 'From when on the article could be known, UTC.';
COMMENT ON COLUMN news.amounts.value IS 'Value in units of the currency, not in cents.';
COMMENT ON COLUMN news.amounts.currency IS 'ISO 4217; empty: none is said.';
COMMENT ON COLUMN news.amounts.is_approximate IS 'Whether a hedge (about, nearly) stands on it.';
COMMENT ON COLUMN news.amounts.start IS 'Where the evidence begins: 0-based offset in code points into title + newline + text of the article.';
COMMENT ON COLUMN news.amounts.stop IS 'Where it ends; the character there is not part of it.';
COMMENT ON COLUMN news.amounts.quote IS 'The evidence: the text from start to stop.';
COMMENT ON COLUMN news.amounts.rule IS 'Rule that found it (docs/fields.md).';
COMMENT ON COLUMN news.amounts.confidence IS 'How sure the rule is, 0 to 1.';
COMMENT ON COLUMN news.amounts.revision_id IS 'Revision in whose text it stands: news.article_revisions.';
COMMENT ON COLUMN news.amounts.fields_version IS 'Version of the rules.';
