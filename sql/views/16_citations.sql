CREATE VIEW news.citations AS
SELECT a.id AS article_id, s.slug AS source, r.title, a.published_at, a.available_at,
       f.name,
       f.start, f.stop, f.quote, f.rule, f.confidence, f.revision_id, f.fields_version
FROM tape.citations f
JOIN tape.articles a ON a.head_revision_id = f.revision_id
JOIN tape.revisions r ON r.id = f.revision_id
JOIN ingest.sources s ON s.id = a.source_id;

COMMENT ON VIEW news.citations IS $$One row per medium, agency or provider of figures that an article's latest text attributes something to.
Key: revision_id, start and their order. Time: available_at. Fresh: at each run; a reprocess may replace rows.
Example: who is quoted most? SELECT name, count(DISTINCT article_id) FROM news.citations GROUP BY name ORDER BY 2 DESC LIMIT 10;$$;
COMMENT ON COLUMN news.citations.article_id IS 'Article in whose latest text it stands: news.articles.';
COMMENT ON COLUMN news.citations.source IS 'Slug of the source that published it.';
COMMENT ON COLUMN news.citations.title IS 'Headline of the article.';
COMMENT ON COLUMN news.citations.published_at IS 'When they say it was published, UTC; NULL: nobody said.';
COMMENT ON COLUMN news.citations.available_at IS 'From when on the article could be known, UTC.';
COMMENT ON COLUMN news.citations.name IS 'Name as printed.';
COMMENT ON COLUMN news.citations.start IS 'Where the evidence begins: 0-based offset in code points into title + newline + text of the article.';
COMMENT ON COLUMN news.citations.stop IS 'Where it ends; the character there is not part of it.';
COMMENT ON COLUMN news.citations.quote IS 'The evidence: the text from start to stop.';
COMMENT ON COLUMN news.citations.rule IS 'Rule that found it (docs/fields.md).';
COMMENT ON COLUMN news.citations.confidence IS 'How sure the rule is, 0 to 1.';
COMMENT ON COLUMN news.citations.revision_id IS 'Revision in whose text it stands: news.article_revisions.';
COMMENT ON COLUMN news.citations.fields_version IS 'Version of the rules.';
