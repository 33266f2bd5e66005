"""Articles onto the tape: which are new, which repeat one, which are a new text of one; one transaction a batch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sql.connect import Connection
from sql.store import articles as store
from sql.store import boilerplate
from tasks.boilerplate import counted_rows
from tasks.columns import Row, extracted_columns, published_columns, settled_row
from tasks.dedupe.past import Arrival
from tasks.dedupe.sketch import sketch
from tasks.extracted import Extracted, Hashes, hashes, stated_address
from tasks.fact_books import save_facts
from tasks.model import Article
from tasks.revisions import Difference, difference, difference_columns, notice_columns
from tasks.stories import New, tell
from tasks.takedown import allowed
from tasks.times import available_at, published
from tasks.urls import url_hash

# Within this time the same words from one portal are one article under two addresses; later, a template.
SAME_TEXT_WITHIN = timedelta(days=3)


@dataclass(slots=True)
class Known:
    """What the tape holds already of a batch's addresses and texts; follows while the batch is placed.

    `by_id`: the articles of entries that were asked again, the same objects as in `by_url`.
    """

    by_url: dict[bytes, dict[str, Any]]
    by_text: dict[bytes, list[dict[str, Any]]]
    by_id: dict[int, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Writes:
    """The rows that a batch amounts to."""

    stories: list[Row] = field(default_factory=list)
    articles: list[dict[str, Any]] = field(default_factory=list)
    revisions: list[Row] = field(default_factory=list)
    heads: dict[int, Row] = field(default_factory=dict)
    moved: list[Row] = field(default_factory=list)
    settled: list[Row] = field(default_factory=list)
    paragraphs: list[Row] = field(default_factory=list)
    told: list[New] = field(default_factory=list)
    languages: dict[int, str] = field(default_factory=dict)
    texts: dict[int, Article] = field(default_factory=dict)


@dataclass(slots=True)
class Keys:
    """Fresh ids, handed out in ascending order."""

    stories: list[int]
    articles: list[int]
    revisions: list[int]
    placements: list[int]


def load(conn: Connection, batch: Sequence[Extracted]) -> list[Row]:
    """Write a batch; returns the settled row of each entry.

    Serialised over all processes, so that each text is placed once.
    """
    if not batch:
        return []
    store.lock_loading(conn)
    batch, refused = allowed(conn, batch)
    if not batch:
        return refused
    writes = place(sorted(batch, key=lambda one: one.entry["id"]), _known(conn, batch), _keys(conn, len(batch)))
    displaced = _into_stories(conn, writes)
    store.move(conn, writes.moved)
    store.displace(conn, displaced)
    store.save(conn, writes.stories, writes.articles, writes.revisions)
    store.set_heads(conn, list(writes.heads.values()))
    save_facts(conn, writes.texts)
    boilerplate.count(conn, [row["source_id"] for row in writes.articles], writes.paragraphs)
    return refused + writes.settled


def place(batch: Sequence[Extracted], known: Known, keys: Keys) -> Writes:
    """Decide what each article is; `batch` in the order of entries: a repeat never comes before its original."""
    writes = Writes()
    for one in batch:
        said = hashes(one)
        address, same = _identity(one, known, said, writes)
        repeated = _repeat(one, known, said) if same is None else None
        if repeated is not None:
            writes.settled.append(_settled(one, "duplicate", repeated["id"]))
        elif same is None:
            _add_article(one, address, said, known, keys, writes)
        elif same["entry_id"] != one.entry["id"] and _agrees(one, same, said):
            writes.settled.append(_settled(one, "duplicate", same["id"]))
        else:
            _add_revision(one, same, said, known, keys, writes)
    return writes


def _into_stories(conn: Connection, writes: Writes) -> list[int]:
    """Give the new articles the stories that they belong to; the ids of articles that are no originals any more."""
    told = tell(conn, writes.told)
    rows = {row["id"]: row for row in writes.articles}
    for article_id, place_ in told.items():
        row = rows[article_id]
        if place_.story_id == row["story_id"]:
            writes.stories.append({"id": row["story_id"], "language": writes.languages[article_id]})
        row.update(story_id=place_.story_id, story_role=place_.role.value)
        row.update(is_exact_copy=place_.is_exact, containment=place_.containment)
    displaced = {one.displaces for one in told.values() if one.displaces is not None}
    for article_id in displaced & rows.keys():
        rows[article_id]["story_role"] = "copy"
    return sorted(displaced - rows.keys())


def _new(one: Extracted, article: Row, placement_no: int, at: datetime, *, is_revision: bool) -> New:
    """A text as it is placed; the address says nothing more: who it belongs to is known."""
    made = one.sketch or sketch(one.article.title, one.article.text)
    arrival = Arrival(str(article["id"]), one.entry["slug"], f"article {article['id']}", at, made)
    return New(arrival, one.article.language, placement_no, article["story_id"], is_revision)


def _known(conn: Connection, batch: Sequence[Extracted]) -> Known:
    addresses = {one.entry["url_hash"] for one in batch} | {url_hash(stated_address(one)) for one in batch}
    since = min(_available_at(one) for one in batch) - SAME_TEXT_WITHIN
    by_text: dict[bytes, list[dict[str, Any]]] = {}
    for row in store.known_by_text(conn, sorted({hashes(one).text for one in batch}), since):
        by_text.setdefault(row["text_hash"], []).append(row)
    by_url = store.known_by_url(conn, sorted(addresses))
    again = store.known_by_id(conn, [one.entry["article_id"] for one in batch if one.entry["article_id"] is not None])
    by_id = {article_id: by_url.setdefault(row["url_hash"], row) for article_id, row in again.items()}
    known = Known(by_url, by_text, by_id)
    rows = {row["id"]: row for one in batch for row in _other_words(one, known)}
    for article_id, body in store.head_texts(conn, sorted(rows)).items():
        rows[article_id]["text"] = body
    return known


def _other_words(one: Extracted, known: Known) -> Iterator[dict[str, Any]]:
    """The articles on the tape that it may be a new text of."""
    said = hashes(one)
    found = (known.by_url.get(digest) for digest in (one.entry["url_hash"], url_hash(stated_address(one))))
    for row in (*found, known.by_id.get(one.entry["article_id"])):
        if row is not None and row["content_hash"] not in (said.content, said.whole):
            yield row


def _keys(conn: Connection, count: int) -> Keys:
    return Keys(*(store.new_keys(conn, kind, count) for kind in ("stories", "articles", "revisions", "placement_no")))


def _identity(one: Extracted, known: Known, said: Hashes, writes: Writes) -> tuple[str, dict[str, Any] | None]:
    """The address that identifies the article, and the article on the tape that has it.

    A page that claims the address of an article with another title and text lies (a section, a template): its own
    address counts then. It may have come first: an article that sits on a foreign address makes room for the rightful
    one, so that the order of arrival makes no difference. What was asked again is the article that it was.
    """
    if (before := known.by_id.get(one.entry["article_id"])) is not None:
        return before["canonical_url"], before
    own: str = one.entry["canonical_url"]
    for address in dict.fromkeys((stated_address(one), own)):
        same = known.by_url.get(url_hash(address))
        if same is None or same["entry_id"] == one.entry["id"] or _agrees(one, same, said):
            return address, same
    return own, None if same is None or _moves(same, known, writes) else same


def _agrees(one: Extracted, same: Row, said: Hashes) -> bool:
    return bool(said.text == same["text_hash"] or one.article.title == same["title"])


def _moves(same: dict[str, Any], known: Known, writes: Writes) -> bool:
    """Whether an article could go back to the address of its own entry; False: that one is taken or forgotten."""
    if same["own_hash"] is None or same["own_taken"] or same["own_hash"] in known.by_url:
        return False
    del known.by_url[same["url_hash"]]
    same.update(canonical_url=same["own_url"], url_hash=same["own_hash"])
    known.by_url[same["url_hash"]] = same
    writes.moved.append(same)
    return True


def _repeat(one: Extracted, known: Known, said: Hashes) -> dict[str, Any] | None:
    """The article of the same source that says exactly this, lately; None: there is none."""
    mine = (row for row in known.by_text.get(said.text, []) if row["source_id"] == one.entry["source_id"])
    return next((row for row in mine if _apart(one, row) <= SAME_TEXT_WITHIN), None)


def _apart(one: Extracted, row: Row) -> timedelta:
    """Between the times at which they could be known: a backfill sees years in an hour."""
    apart: timedelta = abs(_available_at(one) - row["available_at"])
    return apart


def _available_at(one: Extracted) -> datetime:
    return available_at(one.article, one.entry, one.captured_at)


def _add_article(one: Extracted, address: str, said: Hashes, known: Known, keys: Keys, writes: Writes) -> None:
    revision_id = keys.revisions.pop(0)
    found = {
        "id": keys.articles.pop(0),
        "source_id": one.entry["source_id"],
        "entry_id": one.entry["id"],
        "canonical_url": address,
        "url_hash": url_hash(address),
        "story_id": keys.stories.pop(0),
        "story_role": "original",
        "placement_no": keys.placements.pop(0),
        "head_revision_id": revision_id,
        "first_seen_at": one.entry["first_seen_at"],
        "available_at": _available_at(one),
        **published_columns(published(one.article, one.entry)),
    }
    found |= {
        "revised_at": one.version_at,
        "number": 1,
        "content_hash": said.content,
        "text_hash": said.text,
        "title": one.article.title,
        "text": one.article.text,
    }
    found |= {"own_url": one.entry["canonical_url"], "own_hash": one.entry["url_hash"], "own_taken": False}
    writes.articles.append(found)
    writes.told.append(_new(one, found, found["placement_no"], found["available_at"], is_revision=False))
    writes.languages[found["id"]] = one.article.language
    writes.paragraphs += counted_rows(one.article, found)
    writes.revisions.append(_revision(one, revision_id, found, said, None))
    writes.texts[revision_id] = one.article
    writes.settled.append(_settled(one, "loaded", found["id"]))
    known.by_url[found["url_hash"]] = found
    known.by_text.setdefault(said.text, []).append(found)


def _add_revision(one: Extracted, same: dict[str, Any], said: Hashes, known: Known, keys: Keys, writes: Writes) -> None:
    """A new text of a known article; the same words again are no revision, nor is what is no news, or an older text."""
    is_older = one.version_at < same["revised_at"]
    is_own = same["entry_id"] == one.entry["id"]
    settled = _settled(one, "loaded" if is_own or not is_older else "duplicate", same["id"])
    writes.settled.append(settled)
    if is_older:
        settled["counted"] = "rechecked" if is_own else "duplicate"
        return
    change = _change(one, same, said)
    if not change.is_noise:
        revision_id = keys.revisions.pop(0)
        former = known.by_text.get(same["text_hash"], [])
        former[:] = [row for row in former if row["id"] != same["id"]]
        same.update(number=same["number"] + 1, content_hash=said.content, text_hash=said.text)
        same.update(title=one.article.title, text=one.article.text, revised_at=one.version_at)
        writes.revisions.append(_revision(one, revision_id, same, said, change))
        writes.texts[revision_id] = one.article
        writes.told.append(_new(one, same, keys.placements.pop(0), one.version_at, is_revision=True))
        writes.heads[same["id"]] = {"id": revision_id, "article_id": same["id"]}
        known.by_text.setdefault(said.text, []).append(same)
    elif one.entry["article_id"] is not None:
        settled["counted"] = "rechecked"


def _change(one: Extracted, same: Row, said: Hashes) -> Difference:
    """What the text changes about that of the article."""
    if same["content_hash"] in (said.content, said.whole):
        return Difference()
    dropped = [paragraph.text for paragraph in one.article.dropped]
    return difference((same["title"], same["text"]), (one.article.title, one.article.text), dropped)


def _revision(
    one: Extracted, revision_id: int, article: Row, said: Hashes, change: Difference | None
) -> dict[str, Any]:
    columns = extracted_columns(one.article) | difference_columns(change)
    return (
        columns
        | notice_columns(one.article.title, one.article.text)
        | {
            "id": revision_id,
            "article_id": article["id"],
            "number": article["number"],
            "content_hash": said.content,
            "text_hash": said.text,
            "body_sha256": one.body_sha256,
            "page_id": one.page_id,
            "page_fetched_at": one.page_fetched_at,
            "extractor_version": one.extractor_version,
            "revised_at": one.version_at,
        }
    )


def _settled(one: Extracted, state: str, article_id: int) -> dict[str, Any]:
    """The validators that it was asked with are those of another page now."""
    settled = settled_row(one.entry, state, one.entry["attempts"], article_id=article_id)
    return settled | {"etag": None, "last_modified": None}
