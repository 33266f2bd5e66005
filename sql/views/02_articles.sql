CREATE VIEW news.articles AS
SELECT a.id AS article_id, s.slug AS source, a.canonical_url AS url, r.title, r.kicker, r.subtitle, r.summary,
       r.lead, r.text, r.headings, r.language, r.authors, r.organisations, r.agency, r.section, r.tags, r.image_url,
       r.image_credit, r.paywall, r.kind, r.flags, r.word_count, r.notice, r.notice_quote,
       a.published_at, a.published_raw, a.published_origin, a.published_precision, a.published_zone,
       r.modified_at, r.modified_raw, r.modified_origin, r.modified_precision, r.modified_zone, a.first_seen_at, a.available_at, r.revised_at, a.loaded_at, a.gone_at,
       r.number AS revision, r.id AS revision_id, a.story_id, a.story_role, a.is_exact_copy, a.containment, r.provenance, r.search_vector
FROM tape.articles a
JOIN tape.revisions r ON r.id = a.head_revision_id
JOIN ingest.sources s ON s.id = a.source_id;

COMMENT ON VIEW news.articles IS $$One row per article, with its latest text.
Key: article_id; url is unique too. Time: first_seen_at (true for us), published_at (said by them). Fresh: at each run.
Example: the ten newest German articles. SELECT first_seen_at, source, title FROM news.articles WHERE language = 'de' ORDER BY first_seen_at DESC LIMIT 10;$$;
COMMENT ON COLUMN news.articles.article_id IS 'Key of the article.';
COMMENT ON COLUMN news.articles.source IS 'Slug of the source that published it.';
COMMENT ON COLUMN news.articles.url IS 'Canonical URL.';
COMMENT ON COLUMN news.articles.title IS 'Headline, without the portal''s name.';
COMMENT ON COLUMN news.articles.kicker IS 'Line above the headline; NULL: none.';
COMMENT ON COLUMN news.articles.subtitle IS 'Second headline below the title, where it is not the lead; NULL: none.';
COMMENT ON COLUMN news.articles.summary IS 'Summary bullets in order; empty: none.';
COMMENT ON COLUMN news.articles.lead IS 'Opening paragraph where the page marks one; NULL: none.';
COMMENT ON COLUMN news.articles.text IS 'Paragraphs joined by a blank line: bullets and lead first, section headings included, title and kicker not.';
COMMENT ON COLUMN news.articles.headings IS 'Numbers, from 1, of the paragraphs of text that are section headings (news.paragraphs has them one by one); empty: none.';
COMMENT ON COLUMN news.articles.language IS 'Language of the text, ISO 639-1.';
COMMENT ON COLUMN news.articles.authors IS 'Authors as printed, in order: persons; a desk or an agency where no person is named; empty: none.';
COMMENT ON COLUMN news.articles.organisations IS 'Desks, agencies and companies credited as authors, as printed; empty: none.';
COMMENT ON COLUMN news.articles.agency IS 'News agency credited as origin; NULL: none.';
COMMENT ON COLUMN news.articles.section IS 'Section of the portal; NULL: none.';
COMMENT ON COLUMN news.articles.tags IS 'Keywords that the page states; empty: none.';
COMMENT ON COLUMN news.articles.image_url IS 'Address of the main image; NULL: none.';
COMMENT ON COLUMN news.articles.image_credit IS 'Credit of the main image; NULL: none.';
COMMENT ON COLUMN news.articles.paywall IS 'Whether the page says that only a part is free; NULL: it does not say.';
COMMENT ON COLUMN news.articles.kind IS 'article, flash (title and at most a sentence), live_blog, gallery, press_release, analyst_note or video.';
COMMENT ON COLUMN news.articles.flags IS 'What to know about its quality: no_lead, lead_repaired, no_text, short, no_date, date_only, body_from_jsonld, preview, boilerplate_suspect; empty: nothing.';
COMMENT ON COLUMN news.articles.word_count IS 'Words in text.';
COMMENT ON COLUMN news.articles.notice IS 'What the latest text says of itself: correction, update or withdrawal; NULL: nothing.';
COMMENT ON COLUMN news.articles.notice_quote IS 'The line that says so; NULL: none.';
COMMENT ON COLUMN news.articles.published_at IS 'When they say it was published, UTC; the first value seen; NULL: nobody said.';
COMMENT ON COLUMN news.articles.published_raw IS 'The string that said so; NULL: none.';
COMMENT ON COLUMN news.articles.published_origin IS 'Layer and field of that string, as jsonld.datePublished; NULL: none.';
COMMENT ON COLUMN news.articles.published_precision IS 'second, minute or day (then published_at is midnight in the portal''s zone); NULL: no time.';
COMMENT ON COLUMN news.articles.published_zone IS 'stated, or the IANA zone that was assumed; NULL: no time.';
COMMENT ON COLUMN news.articles.modified_at IS 'When they say it was last changed, UTC; NULL: nobody said.';
COMMENT ON COLUMN news.articles.modified_raw IS 'The string that said so; NULL: none.';
COMMENT ON COLUMN news.articles.modified_origin IS 'Layer and field of that string, as jsonld.dateModified; NULL: none.';
COMMENT ON COLUMN news.articles.modified_precision IS 'second, minute or day (then modified_at is midnight in the portal''s zone); NULL: no time.';
COMMENT ON COLUMN news.articles.modified_zone IS 'stated, or the IANA zone that was assumed; NULL: no time.';
COMMENT ON COLUMN news.articles.first_seen_at IS 'When we first saw it listed, UTC; never rewritten: use it for back-tests of live data.';
COMMENT ON COLUMN news.articles.available_at IS 'From when on it could be known, UTC; equals first_seen_at for live articles, the best bound for backfilled ones.';
COMMENT ON COLUMN news.articles.revised_at IS 'From when on we know this text, UTC.';
COMMENT ON COLUMN news.articles.loaded_at IS 'When its first text was loaded, UTC.';
COMMENT ON COLUMN news.articles.gone_at IS 'When its address was found to answer 404 or 410, UTC; the article stays; NULL: it did not.';
COMMENT ON COLUMN news.articles.revision IS 'Number of the latest revision, from 1.';
COMMENT ON COLUMN news.articles.revision_id IS 'Key of the latest revision.';
COMMENT ON COLUMN news.articles.story_id IS 'Story it belongs to: articles that carry the same text.';
COMMENT ON COLUMN news.articles.story_role IS 'What it is in its story: original, copy, partial or revision.';
COMMENT ON COLUMN news.articles.is_exact_copy IS 'Whether it repeats another article of its story word by word.';
COMMENT ON COLUMN news.articles.containment IS 'Share, 0 to 1, of the smaller text that it has in common with the closest article of its story; NULL: it was like none when it came.';
COMMENT ON COLUMN news.articles.provenance IS 'Layer that gave each value (jsonld, opengraph, meta, dom, text, trafilatura, feed, source), by column name.';
COMMENT ON COLUMN news.articles.search_vector IS 'For full-text search: search_vector @@ websearch_to_tsquery(''german'', ''...'') where language = ''de''.';
