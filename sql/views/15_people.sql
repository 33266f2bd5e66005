CREATE VIEW news.people AS
SELECT a.id AS article_id, s.slug AS source, r.title, a.published_at, a.available_at,
       f.name, f.role, f.organisation,
       f.start, f.stop, f.quote, f.rule, f.confidence, f.revision_id, f.fields_version
FROM tape.people f
JOIN tape.articles a ON a.head_revision_id = f.revision_id
JOIN tape.revisions r ON r.id = f.revision_id
JOIN ingest.sources s ON s.id = a.source_id;

COMMENT ON VIEW news.people IS $$One row per person with a role that an article's latest text names.
Key: revision_id, start and their order. Time: available_at. Fresh: at each run; a reprocess may replace rows.
Example: who speaks for a company? SELECT name, role, count(*) FROM news.people WHERE organisation = 'Alibaba' GROUP BY name, role ORDER BY 3 DESC;$$;
COMMENT ON COLUMN news.people.article_id IS 'Article in whose latest text it stands: news.articles.';
COMMENT ON COLUMN news.people.source IS 'Slug of the source that published it.';
COMMENT ON COLUMN news.people.title IS 'Headline of the article.';
COMMENT ON COLUMN news.people.published_at IS 'When they say it was published, UTC; NULL: nobody said.';
COMMENT ON COLUMN news.people.available_at IS 'From when on the article could be known, UTC.';
COMMENT ON COLUMN news.people.name IS 'Name as printed.';
COMMENT ON COLUMN news.people.role IS 'Role as printed; empty: none.';
COMMENT ON COLUMN news.people.organisation IS 'Whom the person speaks for or works for; empty: nobody is named.';
COMMENT ON COLUMN news.people.start IS 'Where the evidence begins: 0-based offset in code points into title + newline + text of the article.';
COMMENT ON COLUMN news.people.stop IS 'Where it ends; the character there is not part of it.';
COMMENT ON COLUMN news.people.quote IS 'The evidence: the text from start to stop.';
COMMENT ON COLUMN news.people.rule IS 'Rule that found it (docs/fields.md).';
COMMENT ON COLUMN news.people.confidence IS 'How sure the rule is, 0 to 1.';
COMMENT ON COLUMN news.people.revision_id IS 'Revision in whose text it stands: news.article_revisions.';
COMMENT ON COLUMN news.people.fields_version IS 'Version of the rules.';
