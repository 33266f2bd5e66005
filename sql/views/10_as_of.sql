CREATE FUNCTION news.as_of(instant timestamptz) RETURNS SETOF news.articles
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT a.article_id, a.source, a.url, r.title, r.kicker, r.subtitle, r.summary, r.lead, r.text, r.headings,
           r.language, r.authors, r.organisations, r.agency, r.section, r.tags, r.image_url, r.image_credit, r.paywall,
           r.kind, r.flags, r.word_count, r.notice, r.notice_quote,
           a.published_at, a.published_raw, a.published_origin, a.published_precision, a.published_zone,
           r.modified_at, r.modified_raw, r.modified_origin, r.modified_precision, r.modified_zone,
           a.first_seen_at, a.available_at, r.revised_at, a.loaded_at,
           CASE WHEN a.gone_at <= instant THEN a.gone_at END,
           r.revision, r.revision_id, a.story_id, a.story_role, a.is_exact_copy, a.containment, r.provenance,
           r.search_vector
    FROM news.articles a
    CROSS JOIN LATERAL (
        SELECT * FROM news.article_revisions v
        WHERE v.article_id = a.article_id AND (v.revision = 1 OR v.revised_at <= instant)
        ORDER BY v.revision DESC LIMIT 1
    ) r
    WHERE a.available_at <= instant
$$;

COMMENT ON FUNCTION news.as_of(timestamptz) IS $$One row per article that could be known at an instant, with the text that it had then; columns as in news.articles.
Time: available_at. A first text counts from available_at on, a later one from its revised_at. What placing learned later (story_id, story_role, is_exact_copy, containment) is that of now.
Example: what did we know at noon? SELECT source, title FROM news.as_of('2026-03-02 12:00+01') WHERE available_at > '2026-03-02 00:00+01';$$;
