CREATE VIEW news.paragraphs AS
SELECT a.article_id, a.revision_id, p.number::integer AS number, p.number = ANY (a.headings) AS is_heading,
       (SELECT t.texts[max(h)] FROM unnest(a.headings) h WHERE h <= p.number) AS heading, p.text
FROM news.articles a
CROSS JOIN LATERAL (SELECT string_to_array(a.text, E'\n\n') AS texts) t
CROSS JOIN LATERAL unnest(t.texts) WITH ORDINALITY AS p(text, number);

COMMENT ON VIEW news.paragraphs IS $$One row per paragraph of an article's latest text, in its order.
Key: article_id, number. Time: that of news.articles. Fresh: at each run. No rows for an article that is a title only.
Example: an article by its sections. SELECT heading, string_agg(text, E'\n' ORDER BY number) FROM news.paragraphs WHERE article_id = 1 AND NOT is_heading GROUP BY heading ORDER BY min(number);$$;
COMMENT ON COLUMN news.paragraphs.article_id IS 'Article.';
COMMENT ON COLUMN news.paragraphs.revision_id IS 'Key of the revision that says it, the latest.';
COMMENT ON COLUMN news.paragraphs.number IS 'Place in the text, from 1; news.articles.headings counts the same way.';
COMMENT ON COLUMN news.paragraphs.is_heading IS 'Whether it is a section heading.';
COMMENT ON COLUMN news.paragraphs.heading IS 'The section heading that it stands under, or is; NULL: in front of the first one.';
COMMENT ON COLUMN news.paragraphs.text IS 'The paragraph.';
