CREATE VIEW news.ratings AS
SELECT a.id AS article_id, s.slug AS source, r.title, a.published_at, a.available_at,
       f.house, f.subject, f.instrument_id, i.isin, f.rating, f.previous_rating, f.target, f.previous_target, f.currency,
       f.start, f.stop, f.quote, f.rule, f.confidence, f.revision_id, f.fields_version
FROM tape.ratings f
JOIN tape.articles a ON a.head_revision_id = f.revision_id
JOIN tape.revisions r ON r.id = f.revision_id
JOIN ingest.sources s ON s.id = a.source_id
LEFT JOIN tape.instruments i ON i.id = f.instrument_id;

COMMENT ON VIEW news.ratings IS $$One row per analyst's verdict that an article's latest text reports.
Key: revision_id, start and their order. Time: available_at. Fresh: at each run; a reprocess may replace rows.
Example: new price targets. SELECT house, subject, previous_target, target, currency FROM news.ratings WHERE target IS NOT NULL ORDER BY available_at DESC LIMIT 10;$$;
COMMENT ON COLUMN news.ratings.article_id IS 'Article in whose latest text it stands: news.articles.';
COMMENT ON COLUMN news.ratings.source IS 'Slug of the source that published it.';
COMMENT ON COLUMN news.ratings.title IS 'Headline of the article.';
COMMENT ON COLUMN news.ratings.published_at IS 'When they say it was published, UTC; NULL: nobody said.';
COMMENT ON COLUMN news.ratings.available_at IS 'From when on the article could be known, UTC.';
COMMENT ON COLUMN news.ratings.house IS 'Bank or analyst house.';
COMMENT ON COLUMN news.ratings.subject IS 'Company, by its usual name; empty: nothing is named.';
COMMENT ON COLUMN news.ratings.instrument_id IS 'Instrument of that name: news.instruments; NULL: none is known.';
COMMENT ON COLUMN news.ratings.isin IS 'Its ISIN; NULL: none is known.';
COMMENT ON COLUMN news.ratings.rating IS 'Verdict as printed; empty: none.';
COMMENT ON COLUMN news.ratings.previous_rating IS 'Verdict before, where it changed; empty: it did not.';
COMMENT ON COLUMN news.ratings.target IS 'Price target in currency; NULL: none.';
COMMENT ON COLUMN news.ratings.previous_target IS 'Price target before, where it changed; NULL: it did not.';
COMMENT ON COLUMN news.ratings.currency IS 'ISO 4217; empty: none is said.';
COMMENT ON COLUMN news.ratings.start IS 'Where the evidence begins: 0-based offset in code points into title + newline + text of the article.';
COMMENT ON COLUMN news.ratings.stop IS 'Where it ends; the character there is not part of it.';
COMMENT ON COLUMN news.ratings.quote IS 'The evidence: the text from start to stop.';
COMMENT ON COLUMN news.ratings.rule IS 'Rule that found it (docs/fields.md).';
COMMENT ON COLUMN news.ratings.confidence IS 'How sure the rule is, 0 to 1.';
COMMENT ON COLUMN news.ratings.revision_id IS 'Revision in whose text it stands: news.article_revisions.';
COMMENT ON COLUMN news.ratings.fields_version IS 'Version of the rules.';
