CREATE VIEW news.mentions AS
SELECT a.id AS article_id, s.slug AS source, r.title, a.published_at, a.available_at,
       f.instrument_id, i.kind, i.name, i.isin, i.ticker,
       f.start, f.stop, f.quote, f.rule, f.confidence, f.revision_id, f.fields_version
FROM tape.mentions f
JOIN tape.articles a ON a.head_revision_id = f.revision_id
JOIN tape.revisions r ON r.id = f.revision_id
JOIN ingest.sources s ON s.id = a.source_id
JOIN tape.instruments i ON i.id = f.instrument_id;

COMMENT ON VIEW news.mentions IS $$One row per instrument that an article's latest text names, each time it does.
Key: revision_id, start and their order. Time: available_at. Fresh: at each run; a reprocess may replace rows.
Example: which companies were named most this week? SELECT name, count(DISTINCT article_id) FROM news.mentions WHERE kind = 'company' AND available_at > now() - interval '7 days' GROUP BY name ORDER BY 2 DESC LIMIT 10;$$;
COMMENT ON COLUMN news.mentions.article_id IS 'Article in whose latest text it stands: news.articles.';
COMMENT ON COLUMN news.mentions.source IS 'Slug of the source that published it.';
COMMENT ON COLUMN news.mentions.title IS 'Headline of the article.';
COMMENT ON COLUMN news.mentions.published_at IS 'When they say it was published, UTC; NULL: nobody said.';
COMMENT ON COLUMN news.mentions.available_at IS 'From when on the article could be known, UTC.';
COMMENT ON COLUMN news.mentions.instrument_id IS 'Instrument: news.instruments.';
COMMENT ON COLUMN news.mentions.kind IS 'company, index, commodity, fx, crypto, fund or bond.';
COMMENT ON COLUMN news.mentions.name IS 'Usual name.';
COMMENT ON COLUMN news.mentions.isin IS 'ISIN; NULL: none, or it can''t be told which line is meant.';
COMMENT ON COLUMN news.mentions.ticker IS 'Ticker at the home exchange; NULL: none is known.';
COMMENT ON COLUMN news.mentions.start IS 'Where the evidence begins: 0-based offset in code points into title + newline + text of the article.';
COMMENT ON COLUMN news.mentions.stop IS 'Where it ends; the character there is not part of it.';
COMMENT ON COLUMN news.mentions.quote IS 'The evidence: the text from start to stop.';
COMMENT ON COLUMN news.mentions.rule IS 'Rule that found it (docs/fields.md).';
COMMENT ON COLUMN news.mentions.confidence IS 'How sure the rule is, 0 to 1.';
COMMENT ON COLUMN news.mentions.revision_id IS 'Revision in whose text it stands: news.article_revisions.';
COMMENT ON COLUMN news.mentions.fields_version IS 'Version of the rules.';
