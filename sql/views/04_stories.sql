CREATE VIEW news.stories AS
SELECT a.story_id, st.language, count(*) AS articles, count(DISTINCT a.source_id) AS sources,
       count(*) FILTER (WHERE a.story_role = 'copy') AS copies,
       count(*) FILTER (WHERE a.is_exact_copy) AS exact_copies,
       count(*) FILTER (WHERE a.story_role = 'partial') AS partials,
       count(*) FILTER (WHERE a.story_role = 'revision') AS revisions,
       min(a.available_at) AS available_at, max(a.available_at) AS last_available_at,
       min(a.first_seen_at) AS first_seen_at,
       (array_agg(s.slug ORDER BY a.available_at, a.placement_no))[1] AS first_source,
       (array_agg(a.id ORDER BY a.available_at, a.placement_no))[1] AS first_article_id,
       (array_agg(a.id ORDER BY a.placement_no) FILTER (WHERE a.story_role = 'original'))[1] AS original_article_id,
       (array_agg(r.agency ORDER BY a.story_role <> 'original', a.available_at, a.placement_no)
           FILTER (WHERE r.agency IS NOT NULL))[1] AS agency
FROM tape.articles a
JOIN tape.stories st ON st.id = a.story_id
JOIN tape.revisions r ON r.id = a.head_revision_id
JOIN ingest.sources s ON s.id = a.source_id
GROUP BY a.story_id, st.language;

COMMENT ON VIEW news.stories IS $$One row per story: the articles that carry the same text, an original and its copies.
Key: story_id. Time: available_at. Fresh: at each run.
Example: the most widely carried stories. SELECT story_id, sources FROM news.stories ORDER BY sources DESC LIMIT 10;$$;
COMMENT ON COLUMN news.stories.story_id IS 'Key of the story.';
COMMENT ON COLUMN news.stories.language IS 'Language of its articles, ISO 639-1.';
COMMENT ON COLUMN news.stories.articles IS 'Articles in the story.';
COMMENT ON COLUMN news.stories.sources IS 'Sources that carry it.';
COMMENT ON COLUMN news.stories.copies IS 'Articles that carry the text of the original, in the same words or nearly.';
COMMENT ON COLUMN news.stories.exact_copies IS 'Articles that carry it word by word.';
COMMENT ON COLUMN news.stories.partials IS 'Articles that carry a part of it.';
COMMENT ON COLUMN news.stories.revisions IS 'Articles in which a source published its own article again, under another address.';
COMMENT ON COLUMN news.stories.available_at IS 'From when on the first of its articles could be known, UTC.';
COMMENT ON COLUMN news.stories.last_available_at IS 'From when on the last of its articles could be known, UTC.';
COMMENT ON COLUMN news.stories.first_seen_at IS 'When we first saw one of its articles listed, UTC.';
COMMENT ON COLUMN news.stories.first_source IS 'Slug of the source whose article could be known first; of those at the same time the one that was placed first.';
COMMENT ON COLUMN news.stories.first_article_id IS 'That article: news.articles.article_id. Another one than the original where a part of it came first.';
COMMENT ON COLUMN news.stories.original_article_id IS 'Article that the others copy: news.articles.article_id.';
COMMENT ON COLUMN news.stories.agency IS 'News agency that it comes from: credited by the original, else by the first article that credits one; NULL: nobody does.';
