CREATE VIEW news.figures AS
SELECT a.id AS article_id, s.slug AS source, r.title, a.published_at, a.available_at,
       f.subject, f.instrument_id, i.isin, f.metric, f.period, f.value, f.value_high, f.currency, f.change_percent, f.change_percent_high,
       f.start, f.stop, f.quote, f.rule, f.confidence, f.revision_id, f.fields_version
FROM tape.figures f
JOIN tape.articles a ON a.head_revision_id = f.revision_id
JOIN tape.revisions r ON r.id = f.revision_id
JOIN ingest.sources s ON s.id = a.source_id
LEFT JOIN tape.instruments i ON i.id = f.instrument_id;

COMMENT ON VIEW news.figures IS $$One row per result or outlook of a company that an article's latest text reports.
Key: revision_id, start and their order. Time: available_at. Fresh: at each run; a reprocess may replace rows.
Example: revenues of a company by period. SELECT period, value, currency, change_percent FROM news.figures WHERE subject = 'Alibaba' AND metric = 'revenue' ORDER BY available_at DESC;$$;
COMMENT ON COLUMN news.figures.article_id IS 'Article in whose latest text it stands: news.articles.';
COMMENT ON COLUMN news.figures.source IS 'Slug of the source that published it.';
COMMENT ON COLUMN news.figures.title IS 'Headline of the article.';
COMMENT ON COLUMN news.figures.published_at IS 'When they say it was published, UTC; NULL: nobody said.';
COMMENT ON COLUMN news.figures.available_at IS 'From when on the article could be known, UTC.';
COMMENT ON COLUMN news.figures.subject IS 'Company, by its usual name; empty: nothing is named.';
COMMENT ON COLUMN news.figures.instrument_id IS 'Instrument of that name: news.instruments; NULL: none is known.';
COMMENT ON COLUMN news.figures.isin IS 'Its ISIN; NULL: none is known.';
COMMENT ON COLUMN news.figures.metric IS 'revenue, net_income, ebit ... (docs/fields.md).';
COMMENT ON COLUMN news.figures.period IS 'Period that it is for, as 2025-Q2 or 2025; empty: none is said.';
COMMENT ON COLUMN news.figures.value IS 'Value in units of the currency; NULL: only the change is said.';
COMMENT ON COLUMN news.figures.value_high IS 'Upper end of a range; NULL: no range.';
COMMENT ON COLUMN news.figures.currency IS 'ISO 4217; empty: none is said.';
COMMENT ON COLUMN news.figures.change_percent IS 'Change against the same period before, in percent; NULL: none is said.';
COMMENT ON COLUMN news.figures.change_percent_high IS 'Upper end of a range; NULL: no range.';
COMMENT ON COLUMN news.figures.start IS 'Where the evidence begins: 0-based offset in code points into title + newline + text of the article.';
COMMENT ON COLUMN news.figures.stop IS 'Where it ends; the character there is not part of it.';
COMMENT ON COLUMN news.figures.quote IS 'The evidence: the text from start to stop.';
COMMENT ON COLUMN news.figures.rule IS 'Rule that found it (docs/fields.md).';
COMMENT ON COLUMN news.figures.confidence IS 'How sure the rule is, 0 to 1.';
COMMENT ON COLUMN news.figures.revision_id IS 'Revision in whose text it stands: news.article_revisions.';
COMMENT ON COLUMN news.figures.fields_version IS 'Version of the rules.';
