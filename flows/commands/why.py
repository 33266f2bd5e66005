"""newstape why: the trail of an address, from the feed that listed it to the article, and what happens next."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

import click

from config.errors import Misconfigured
from config.settings import settings
from config.sources import load_sources
from flows.asking import address_of
from flows.conclusion import Conclusion, conclude, counted, moment, pause_of
from flows.trail import Row, Trail, gather
from sql import connect, migrate
from tasks.text import clean

_LABEL_WIDTH = 12
_NEVER_SEEN = 1


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per address, times in ISO 8601.")
def why(urls: tuple[str, ...], *, as_json: bool) -> None:
    """Why an article is on the tape, or is not: everything that was noted about its address.

    The address may be given as it stands in the browser: variants, tracking parameters and other slugs of the same
    article lead to the same trail. The last two lines say what the matter is and what happens next. Asks no portal.

    Exit codes: 0 known, 1 never seen (one of the addresses), 2 no web address.
    """
    addresses = [address_of(url) for url in urls]
    wrong = [url for url, address in zip(urls, addresses, strict=True) if address is None]
    if wrong:
        raise Misconfigured(f"No web address: {', '.join(repr(url[:200]) for url in wrong)}.")
    loaded, now = load_sources(settings().sources_dir), datetime.now(UTC)
    engine = connect.engine()
    migrate.ensure(engine)
    with engine.connect() as conn:
        trails = [gather(conn, address, loaded, now) for address in addresses if address]
    for trail in trails:
        conclusion = conclude(trail, now)
        told = json_of(trail, conclusion, 2 if len(trails) == 1 else None) if as_json else text_of(trail, conclusion)
        click.echo(told)
    raise click.exceptions.Exit(0 if all(trail.is_known for trail in trails) else _NEVER_SEEN)


def json_of(trail: Trail, conclusion: Conclusion, indent: int | None) -> str:
    """The trail and what it comes to as one JSON object."""
    return json.dumps(
        {"is_known": trail.is_known} | asdict(trail) | asdict(conclusion),
        ensure_ascii=False,
        indent=indent,
        default=lambda at: at.isoformat(),
    )


def text_of(trail: Trail, conclusion: Conclusion) -> str:
    """The trail as it is printed: who covers it, what happened in time order, how it stands, what it comes to."""
    return "\n".join([*_lines(trail, conclusion), ""])


def _lines(trail: Trail, conclusion: Conclusion) -> Iterator[str]:
    yield click.style(trail.url, bold=True)
    yield from _heading(trail)
    yield "  -- what happened (UTC)"
    happened = sorted(_happened(trail), key=lambda one: one[0])
    yield from (f"  {at:%Y-%m-%d %H:%M:%S}  {what:8}  {clean(said)}" for at, what, said in happened)
    if not happened:
        yield "  nothing"
    yield "  -- how it stands"
    yield from _standing(trail)
    yield click.style(_line("verdict", conclusion.verdict), bold=True)
    yield _line("next step", conclusion.next_step)


def _line(label: str, said: str) -> str:
    return f"  {label:{_LABEL_WIDTH}} {clean(said)}"


def _heading(trail: Trail) -> Iterator[str]:
    if trail.canonical_url != trail.url:
        yield _line("known as", trail.canonical_url)
    if trail.claimed_by is None:
        yield _line("source", "none covers this host")
    if trail.source is not None:
        yield _line("source", _source_line(trail.source, trail.claimed_by))
    if trail.entry is not None:
        yield _line("entry", _entry_line(trail.entry, trail.found_by, trail.canonical_url))


def _source_line(source: Row, claimed_by: str | None) -> str:
    said = f"{source['slug']} ({source['name']})"
    if claimed_by not in (None, source["slug"]):
        said += f"; the host belongs to {claimed_by}"
    if source["absent_since"]:
        said += f"; its file is missing since {moment(source['absent_since'])}"
    if pause := pause_of(source):
        said += f"; {pause}"
    return said if source["is_synced"] else f"{said}; not in the database yet"


def _entry_line(entry: Row, found_by: str | None, canonical_url: str) -> str:
    said = f"{entry['id']}, {entry['state']}, first seen {moment(entry['first_seen_at'])}, known by its {found_by}"
    if entry["canonical_url"] != canonical_url:
        said += f", as {entry['canonical_url']}"
    if entry["url"] != entry["canonical_url"]:
        said += f", asked at {entry['url']}"
    return f"{said}, asked for by hand" if entry["origin"] == "hand" else said


def _happened(trail: Trail) -> Iterator[tuple[datetime, str, str]]:
    """Everything with a time, in any order: when, what, and the rest of the line."""
    yield from ((row["first_seen_at"], "listed", _sighting(row, trail.canonical_url)) for row in trail.sightings)
    yield from ((row["at"], "polled", f"{row['feed']}: {_outcome(row)}") for row in trail.polls)
    yield from ((row["at"], "asked", _attempt(row)) for row in trail.attempts)
    yield from ((row["fetched_at"], "archived", _page(row)) for row in trail.pages)
    yield from ((row["page_fetched_at"], "rights", _rights(row)) for row in trail.rights)
    for row in trail.revisions:
        words = counted(row["word_count"], "word")
        yield row["loaded_at"], "loaded", f"revision {row['number']}, {words}: {row['title']}"
    if trail.article is not None and trail.article["gone_at"]:
        yield trail.article["gone_at"], "gone", "its address answers 404 or 410"


def _sighting(row: Row, canonical_url: str) -> str:
    title = f"“{row['title']}”" if row["title"] else "without a title"
    said = f"{row['feed']}, place {row['position'] + 1}: {title}"
    said += f", published {row['published_raw']!r}" if row["published_raw"] else ", without a time"
    hints = [f", {name} {', '.join(hint) if isinstance(hint, list) else hint}" for name, hint in row["hints"].items()]
    other = f", as {row['listed_url']}" if row["listed_url"] != canonical_url else ""
    return said + "".join(hints) + other


def _outcome(row: Row) -> str:
    """What a request ended with."""
    status = f", status {row['status']}" if row["status"] else ""
    reason = f" {row['reason']}" if row["reason"] else ""
    return f"{row['outcome']}{reason}{status}{': ' + row['detail'] if row['detail'] else ''}"


def _attempt(row: Row) -> str:
    cost = f"{counted(row['bytes'], 'byte')}, {counted(row['requests'], 'request')}, {row['duration_ms']} ms"
    before = f" ({counted(row['left_off'], 'attempt')} before are not shown)" if row["left_off"] else ""
    return f"{_outcome(row)}; {cost}{before}"


def _page(row: Row) -> str:
    coding = row["content_encoding"] or "uncompressed"
    return (
        f"page {row['id']}: status {row['status']}, {counted(row['body_bytes'], 'byte')}, {coding}, {row['final_url']}"
    )


def _rights(row: Row) -> str:
    names = ("x_robots_tag", "meta_robots", "tdm_reservation", "tdm_policy", "paywall")
    stated = "".join(f", {name} {row[name]}" for name in names if row[name] is not None)
    return f"robots.txt: {row['robots']}{stated}"


def _standing(trail: Trail) -> Iterator[str]:
    yield _line("robots.txt", _robots(trail.robots))
    entry = trail.entry
    if entry is not None and entry["page_id"] is not None and all(row["id"] != entry["page_id"] for row in trail.pages):
        yield _line("page", f"page {entry['page_id']} of {moment(entry['page_fetched_at'])} has left the archive")
    if trail.article is not None:
        yield from _article(trail.article, entry)
    for row in trail.feeds:
        yield _line("feed", _feed(row))
    for row in trail.warnings:
        about = f" on {row['feed']}" if row["feed"] else ""
        yield _line("warning", f"{row['kind']}{about} since {moment(row['first_at'])}: {row['message']}")
    if entry is not None and entry["recheck_at"]:
        yield _line("re-check", f"at {moment(entry['recheck_at'])}, {entry['rechecks']} so far")


def _robots(robots: Row | None) -> str:
    if robots is None or robots["verdict"] == "not_asked":
        return "not asked yet"
    words = {
        "allowed": "allows it", "no_rules": "there is none, so it is allowed", "disallowed": "disallows it",
        "unknown": "could not be had, so nothing is asked",
    }  # fmt: skip
    failing = f", failing since {moment(robots['failing_since'])}" if robots["failing_since"] else ""
    until = f"asked again at {moment(robots['expires_at'])}"
    return f"{words[robots['verdict']]} (status {robots['status']}{failing}, {until})"


def _article(article: Row, entry: Row | None) -> Iterator[str]:
    own = entry is None or article["entry_id"] == entry["id"]
    yield _line("article" if own else "repeats", f"{article['id']} of {article['source']}: {article['title']}")
    yield _line("", article["url"])
    origin = f"by {article['published_origin']} {article['published_raw']!r}, zone {article['published_zone']}"
    published = f"{moment(article['published_at'])} {origin}" if article["published_at"] else "nobody said"
    yield _line("published", published)
    yield _line("first seen", moment(article["first_seen_at"]))
    size = counted(article["story_articles"], "article")
    yield _line("story", f"{article['story_role']} in story {article['story_id']} of {size}")


def _feed(row: Row) -> str:
    failed = f", {row['failures']} failures in a row: {row['last_detail']}" if row["failures"] else ""
    polled = (
        f"polled {moment(row['last_polled_at'])}: {row['last_outcome']}" if row["last_polled_at"] else "never polled"
    )
    said = f"{row['moved_to'] or row['url']} ({row['kind']}), {polled}{failed}"
    if row["retired_at"]:
        said += f", no longer polled since {moment(row['retired_at'])}"
    if row["last_gap_at"]:
        said += f", last gap {moment(row['last_gap_at'])}"
    if row["listed"]:
        said += f"; {row['listed']} of the newest entries are from it, the last new one came {moment(row['last_at'])}"
    if row["oldest"]:
        said += f", published {moment(row['oldest'])} to {moment(row['newest'])}"
    return said
