CREATE VIEW news.article_revisions AS
SELECT r.article_id, r.number AS revision, r.id AS revision_id, r.title, r.kicker, r.subtitle, r.summary, r.lead,
       r.text, r.headings, r.language, r.authors, r.organisations, r.agency, r.section, r.tags, r.image_url,
       r.image_credit, r.paywall, r.kind, r.flags, r.word_count, r.notice, r.notice_quote,
       r.paragraphs_added, r.paragraphs_removed, r.paragraphs_changed, r.title_changed, r.numbers_changed,
       r.modified_at, r.modified_raw, r.modified_origin, r.modified_precision, r.modified_zone, r.revised_at, r.loaded_at,
       r.extractor_version, r.page_id, r.page_fetched_at, encode(r.content_hash, 'hex') AS content_hash,
       r.id = a.head_revision_id AS is_head, r.provenance, r.search_vector
FROM tape.revisions r
JOIN tape.articles a ON a.id = r.article_id;

COMMENT ON VIEW news.article_revisions IS $$One row per text that an article had.
Key: article_id, revision. Time: revised_at. Fresh: at each run. Rows change only by a reprocess.
Example: what was corrected? SELECT article_id, revision, notice_quote FROM news.article_revisions WHERE notice = 'correction';$$;
COMMENT ON COLUMN news.article_revisions.article_id IS 'Article.';
COMMENT ON COLUMN news.article_revisions.revision IS '1 for the first text that we saw, then counting up.';
COMMENT ON COLUMN news.article_revisions.revision_id IS 'Key of the revision.';
COMMENT ON COLUMN news.article_revisions.title IS 'Headline of this revision.';
COMMENT ON COLUMN news.article_revisions.kicker IS 'Line above the headline; NULL: none.';
COMMENT ON COLUMN news.article_revisions.subtitle IS 'Second headline below the title; NULL: none.';
COMMENT ON COLUMN news.article_revisions.summary IS 'Summary bullets in order; empty: none.';
COMMENT ON COLUMN news.article_revisions.text IS 'Text of this revision, paragraphs joined by a blank line.';
COMMENT ON COLUMN news.article_revisions.headings IS 'Numbers, from 1, of the paragraphs of text that are section headings; empty: none.';
COMMENT ON COLUMN news.article_revisions.language IS 'Language of the text, ISO 639-1.';
COMMENT ON COLUMN news.article_revisions.authors IS 'Authors as printed, in order; empty: none.';
COMMENT ON COLUMN news.article_revisions.organisations IS 'Desks, agencies and companies credited as authors, as printed; empty: none.';
COMMENT ON COLUMN news.article_revisions.agency IS 'News agency credited as origin; NULL: none.';
COMMENT ON COLUMN news.article_revisions.kind IS 'article, flash, live_blog, gallery, press_release, analyst_note or video.';
COMMENT ON COLUMN news.article_revisions.flags IS 'What to know about its quality, as in news.articles; empty: nothing.';
COMMENT ON COLUMN news.article_revisions.word_count IS 'Words in text.';
COMMENT ON COLUMN news.article_revisions.lead IS 'Opening paragraph where the page marks one; NULL: none.';
COMMENT ON COLUMN news.article_revisions.section IS 'Section of the portal; NULL: none.';
COMMENT ON COLUMN news.article_revisions.tags IS 'Keywords that the page states; empty: none.';
COMMENT ON COLUMN news.article_revisions.image_url IS 'Address of the main image; NULL: none.';
COMMENT ON COLUMN news.article_revisions.image_credit IS 'Credit of the main image; NULL: none.';
COMMENT ON COLUMN news.article_revisions.paywall IS 'Whether the page says that only a part is free; NULL: it does not say.';
COMMENT ON COLUMN news.article_revisions.provenance IS 'Layer that gave each value, by column name.';
COMMENT ON COLUMN news.article_revisions.search_vector IS 'For full-text search, as in news.articles.';
COMMENT ON COLUMN news.article_revisions.notice IS 'What the text says of itself: correction, update or withdrawal; NULL: nothing.';
COMMENT ON COLUMN news.article_revisions.notice_quote IS 'The line that says so; NULL: none.';
COMMENT ON COLUMN news.article_revisions.paragraphs_added IS 'Paragraphs that the revision before lacks; NULL: the first one, or loaded before this was told.';
COMMENT ON COLUMN news.article_revisions.paragraphs_removed IS 'Paragraphs that only the revision before has; NULL: as above.';
COMMENT ON COLUMN news.article_revisions.paragraphs_changed IS 'Paragraphs in another wording than in the revision before; NULL: as above.';
COMMENT ON COLUMN news.article_revisions.title_changed IS 'Whether the title is another one than in the revision before; NULL: as above.';
COMMENT ON COLUMN news.article_revisions.numbers_changed IS 'Numbers that stand in place of others: [{paragraph, old, new}] as printed, the paragraph from 1; empty: none.';
COMMENT ON COLUMN news.article_revisions.modified_at IS 'When they say it was last changed, UTC; NULL: nobody said.';
COMMENT ON COLUMN news.article_revisions.modified_raw IS 'The string that said so; NULL: none.';
COMMENT ON COLUMN news.article_revisions.modified_origin IS 'Layer and field of that string, as jsonld.dateModified; NULL: none.';
COMMENT ON COLUMN news.article_revisions.modified_precision IS 'second, minute or day; NULL: no time.';
COMMENT ON COLUMN news.article_revisions.modified_zone IS 'stated, or the IANA zone that was assumed; NULL: no time.';
COMMENT ON COLUMN news.article_revisions.revised_at IS 'From when on we know this text, UTC.';
COMMENT ON COLUMN news.article_revisions.loaded_at IS 'When the row was written, UTC.';
COMMENT ON COLUMN news.article_revisions.extractor_version IS 'Version of the extractor that read it.';
COMMENT ON COLUMN news.article_revisions.page_id IS 'Archived page it was read from; the page itself may have expired.';
COMMENT ON COLUMN news.article_revisions.page_fetched_at IS 'When that page was fetched, UTC.';
COMMENT ON COLUMN news.article_revisions.content_hash IS 'Digest, as hex, of title and text without case, spacing and punctuation: equal means the same words.';
COMMENT ON COLUMN news.article_revisions.is_head IS 'Whether it is the latest revision of its article.';
