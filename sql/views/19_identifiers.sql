CREATE VIEW news.identifiers AS
SELECT a.id AS article_id, s.slug AS source, r.title, a.published_at, a.available_at,
       f.scheme, f.value,
       f.start, f.stop, f.quote, f.rule, f.confidence, f.revision_id, f.fields_version
FROM tape.identifiers f
JOIN tape.articles a ON a.head_revision_id = f.revision_id
JOIN tape.revisions r ON r.id = f.revision_id
JOIN ingest.sources s ON s.id = a.source_id;

COMMENT ON VIEW news.identifiers IS $$One row per security identifier that an article's latest text prints.
Key: revision_id, start and their order. Time: available_at. Fresh: at each run; a reprocess may replace rows.
Example: articles that print an ISIN. SELECT article_id, title FROM news.identifiers WHERE scheme = 'isin' AND value = 'KYG017191142';$$;
COMMENT ON COLUMN news.identifiers.article_id IS 'Article in whose latest text it stands: news.articles.';
COMMENT ON COLUMN news.identifiers.source IS 'Slug of the source that published it.';
COMMENT ON COLUMN news.identifiers.title IS 'Headline of the article.';
COMMENT ON COLUMN news.identifiers.published_at IS 'When they say it was published, UTC; NULL: nobody said.';
COMMENT ON COLUMN news.identifiers.available_at IS 'From when on the article could be known, UTC.';
COMMENT ON COLUMN news.identifiers.scheme IS 'isin, wkn, valor, ticker or cusip.';
COMMENT ON COLUMN news.identifiers.value IS 'The identifier without separators.';
COMMENT ON COLUMN news.identifiers.start IS 'Where the evidence begins: 0-based offset in code points into title + newline + text of the article.';
COMMENT ON COLUMN news.identifiers.stop IS 'Where it ends; the character there is not part of it.';
COMMENT ON COLUMN news.identifiers.quote IS 'The evidence: the text from start to stop.';
COMMENT ON COLUMN news.identifiers.rule IS 'Rule that found it (docs/fields.md).';
COMMENT ON COLUMN news.identifiers.confidence IS 'How sure the rule is, 0 to 1.';
COMMENT ON COLUMN news.identifiers.revision_id IS 'Revision in whose text it stands: news.article_revisions.';
COMMENT ON COLUMN news.identifiers.fields_version IS 'Version of the rules.';
