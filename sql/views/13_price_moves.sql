CREATE VIEW news.price_moves AS
SELECT a.id AS article_id, s.slug AS source, r.title, a.published_at, a.available_at,
       f.subject, f.instrument_id, i.isin, f.percent, f.points, f.price, f.currency, f.venue, f.session, f.session_date, f.date_start, f.date_stop,
       f.start, f.stop, f.quote, f.rule, f.confidence, f.revision_id, f.fields_version
FROM tape.price_moves f
JOIN tape.articles a ON a.head_revision_id = f.revision_id
JOIN tape.revisions r ON r.id = f.revision_id
JOIN ingest.sources s ON s.id = a.source_id
LEFT JOIN tape.instruments i ON i.id = f.instrument_id;

COMMENT ON VIEW news.price_moves IS $$One row per move or quote that an article's latest text tells.
Key: revision_id, start and their order. Time: available_at. Fresh: at each run; a reprocess may replace rows.
Example: the largest moves of a day. SELECT subject, percent, quote FROM news.price_moves WHERE session_date = '2026-03-02' ORDER BY abs(percent) DESC NULLS LAST LIMIT 10;$$;
COMMENT ON COLUMN news.price_moves.article_id IS 'Article in whose latest text it stands: news.articles.';
COMMENT ON COLUMN news.price_moves.source IS 'Slug of the source that published it.';
COMMENT ON COLUMN news.price_moves.title IS 'Headline of the article.';
COMMENT ON COLUMN news.price_moves.published_at IS 'When they say it was published, UTC; NULL: nobody said.';
COMMENT ON COLUMN news.price_moves.available_at IS 'From when on the article could be known, UTC.';
COMMENT ON COLUMN news.price_moves.subject IS 'What moved, by its usual name; empty: nothing is named.';
COMMENT ON COLUMN news.price_moves.instrument_id IS 'Instrument of that name: news.instruments; NULL: none is known.';
COMMENT ON COLUMN news.price_moves.isin IS 'Its ISIN; NULL: none is known.';
COMMENT ON COLUMN news.price_moves.percent IS 'Change in percent, signed; NULL: a quote without a change.';
COMMENT ON COLUMN news.price_moves.points IS 'Change in points, signed; NULL: none is said.';
COMMENT ON COLUMN news.price_moves.price IS 'Level that belongs to it, in currency or points; NULL: none is said.';
COMMENT ON COLUMN news.price_moves.currency IS 'ISO 4217; empty: none is said.';
COMMENT ON COLUMN news.price_moves.venue IS 'Place of trade as printed; empty: none is said.';
COMMENT ON COLUMN news.price_moves.session IS 'regular, premarket, afterhours ...; empty: none is said.';
COMMENT ON COLUMN news.price_moves.session_date IS 'Trading day at the market that it speaks of; NULL: it can''t be known.';
COMMENT ON COLUMN news.price_moves.date_start IS 'Where the word begins that decided the day; NULL: the dateline alone did.';
COMMENT ON COLUMN news.price_moves.date_stop IS 'Where that word ends.';
COMMENT ON COLUMN news.price_moves.start IS 'Where the evidence begins: 0-based offset in code points into title + newline + text of the article.';
COMMENT ON COLUMN news.price_moves.stop IS 'Where it ends; the character there is not part of it.';
COMMENT ON COLUMN news.price_moves.quote IS 'The evidence: the text from start to stop.';
COMMENT ON COLUMN news.price_moves.rule IS 'Rule that found it (docs/fields.md).';
COMMENT ON COLUMN news.price_moves.confidence IS 'How sure the rule is, 0 to 1.';
COMMENT ON COLUMN news.price_moves.revision_id IS 'Revision in whose text it stands: news.article_revisions.';
COMMENT ON COLUMN news.price_moves.fields_version IS 'Version of the rules.';
