CREATE VIEW news.stories AS
SELECT a.story_id, st.language, count(*) AS articles, count(DISTINCT a.source_id) AS sources,
       min(a.first_seen_at) AS first_seen_at,
       (array_agg(a.id ORDER BY a.placement_no) FILTER (WHERE a.story_role = 'original'))[1] AS original_article_id
FROM tape.articles a
JOIN tape.stories st ON st.id = a.story_id
GROUP BY a.story_id, st.language;

COMMENT ON VIEW news.stories IS $$One row per story: the articles that carry the same text, an original and its copies.
Key: story_id. Time: first_seen_at. Fresh: at each run.
Example: the most widely carried stories. SELECT story_id, sources FROM news.stories ORDER BY sources DESC LIMIT 10;$$;
COMMENT ON COLUMN news.stories.story_id IS 'Key of the story.';
COMMENT ON COLUMN news.stories.language IS 'Language of its articles, ISO 639-1.';
COMMENT ON COLUMN news.stories.articles IS 'Articles in the story.';
COMMENT ON COLUMN news.stories.sources IS 'Sources that carry it.';
COMMENT ON COLUMN news.stories.first_seen_at IS 'When we first saw one of its articles listed, UTC.';
COMMENT ON COLUMN news.stories.original_article_id IS 'Article that the others copy: news.articles.article_id.';
