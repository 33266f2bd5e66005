"""newstape story and newstape stories: who carries whose text, and what looks wrongly put together."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from config.durations import parse_duration
from config.errors import Misconfigured
from flows.asking import address_of
from flows.commands.tables import show_table
from flows.conclusion import moment
from sql import connect, migrate
from sql.connect import Connection
from sql.store import stories as store
from tasks.story_report import Story, largest, story, suspicious
from tasks.text import clean
from tasks.urls import url_hash

_HEADINGS = ("article", "role", "shared", "source", "known from", "hours", "revisions", "title")
_LISTED = ("story", "sources", "articles", "hours", "first", "agency", "title")


@click.command("story")
@click.argument("which", metavar="STORY|URL")
@click.option("--article", is_flag=True, help="The number is that of an article.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, times in ISO 8601.")
def show_story(which: str, *, article: bool, as_json: bool) -> None:
    """A story: who had it first, the agency it comes from, and every article that carries it.

    STORY is a number (news.stories), with --article that of an article, or the address of an article.

    Exit codes: 0 found, 2 there is no such story.
    """
    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn:
        story_id = _story_id(conn, which, is_article=article)
        found = story(conn, story_id) if story_id is not None else None
    if found is None:
        what = "article" if article or not which.isdigit() else "story"
        raise Misconfigured(f"There is no {what} {which} on the tape. `newstape stories` lists the largest ones.")
    if as_json:
        click.echo(json.dumps(as_object(found), ensure_ascii=False, indent=2))
    else:
        _show(found)


@click.command("stories")
@click.option("--since", default="7d", show_default=True, help="That got an article within this time: 36h, 7d.")
@click.option("--top", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most.")
@click.option("--suspicious", "only_suspicious", is_flag=True, help="Those that look wrongly put together, and why.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, times in ISO 8601.")
def list_stories(since: str, top: int, *, only_suspicious: bool, as_json: bool) -> None:
    """The stories that most sources carry; with --suspicious those whose articles may not belong together."""
    back = _time(since)
    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn:
        found = (suspicious if only_suspicious else largest)(conn, datetime.now(UTC) - back, top)
    if as_json:
        click.echo(json.dumps([as_object(one) for one in found], ensure_ascii=False, indent=2))
    elif not found:
        click.echo("No such stories. A story is listed here from its second article on.")
    elif only_suspicious:
        for one in found:
            click.echo(f"story {one.id}, {len(one.members)} articles: {clean(one.original['title'])}")
            click.echo("\n".join(f"    {clean(sign.what)}" for sign in one.signs))
    else:
        show_table(_LISTED, [_listed(one) for one in found])


def _time(text: str) -> timedelta:
    """A time as people write it."""
    try:
        back = parse_duration(text)
        assert isinstance(back, timedelta)  # noqa: S101 - what it parses from a string
        datetime.now(UTC) - back
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"{text!r}: {error}", param_hint="--since") from error
    return back


def as_object(one: Story) -> dict[str, Any]:
    """A story as JSON has it."""
    members = [
        {
            "article_id": row["article_id"], "source": row["source"], "url": row["url"], "title": row["title"],
            "role": row["story_role"], "is_exact_copy": row["is_exact_copy"],
            "containment": None if row["containment"] is None else float(row["containment"]),
            "available_at": row["available_at"].isoformat(), "revisions": row["revision"], "agency": row["agency"],
            **_shared(one, row),
        }
        for row in one.members
    ]  # fmt: skip
    return {
        "story_id": one.id, "language": one.original["language"], "agency": one.agency,
        "first_source": one.first["source"], "first_at": one.first["available_at"].isoformat(),
        "original_article_id": one.original["article_id"], "sources": one.sources, "hours": round(one.hours, 1),
        "signs": [sign.what for sign in one.signs], "articles": members,
    }  # fmt: skip


def _shared(one: Story, row: Any) -> dict[str, Any]:
    """What a text shares with the original's now, where both are remembered."""
    overlap = one.overlaps.get(row["article_id"])
    if overlap is None:
        return {}
    return {
        "contained_in_original": round(overlap.containment, 3),
        "jaccard": round(overlap.jaccard, 3),
        "numbers_differ": overlap.number_conflicts,
    }


def _story_id(conn: Connection, which: str, *, is_article: bool) -> int | None:
    """The story that somebody means."""
    if which.isdigit():
        # A number beyond bigint is nobody's.
        number = int(which)
        known = number < 1 << 63
        return (store.of_article(conn, number) if is_article else number) if known else None
    address = address_of(which)
    if address is None or is_article:
        raise Misconfigured(f"Neither a number nor a web address: {which[:200]!r}.")
    return store.of_address(conn, url_hash(address.canonical_url))


def _show(one: Story) -> None:
    first = one.first
    agency = f", from {one.agency}" if one.agency else ""
    click.echo(f"Story {one.id} ({one.original['language']}{agency}): {clean(one.original['title'])}")
    click.echo(
        f"First: {first['source']} at {moment(first['available_at'])}. {len(one.members)} articles of "
        f"{len(one.sources)} sources within {one.hours:.1f} hours."
    )
    show_table(_HEADINGS, [_row(one, row) for row in one.members])
    for row in one.members:
        click.echo(f"{row['article_id']}  {row['url']}")
    if one.signs:
        click.echo("What speaks against it:")
        click.echo("\n".join(f"    {clean(sign.what)}" for sign in one.signs))


def _row(one: Story, row: Any) -> list[str]:
    role = f"{row['story_role']}{', exact' if row['is_exact_copy'] else ''}"
    shared = "" if row["containment"] is None else f"{row['containment']:.0%}"
    after = (row["available_at"] - one.first["available_at"]) / timedelta(hours=1)
    known = f"{row['available_at']:%Y-%m-%d %H:%M}"
    revisions = str(row["revision"])
    return [str(row["article_id"]), role, shared, row["source"], known, f"+{after:.1f}", revisions, clean(row["title"])]


def _listed(one: Story) -> list[str]:
    counts = [str(one.id), str(len(one.sources)), str(len(one.members)), f"{one.hours:.1f}"]
    return [*counts, one.first["source"], one.agency or "", clean(one.original["title"])]
