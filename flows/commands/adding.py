"""newstape sources add: a portal is looked at, and the source file that fits it is proposed or written."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from config.errors import Misconfigured
from config.settings import settings
from config.source_files import as_yaml, folder_for_new_files, write_new
from config.sources import Source, feed_identity, load_sources
from flows.commands.tables import show_table
from tasks.checkup import contents_of
from tasks.discover.sites import site_of
from tasks.fetch.client import Client
from tasks.fetch.limits import limits_of
from tasks.finding import Candidate, Portal, Search, find_portal
from tasks.model import FeedDocument, SitemapIndex
from tasks.outcome import Failure
from tasks.probe import Manner, Prober
from tasks.proposal import language_of, place_of, slug_of
from tasks.urls import absolute_url

_HEADINGS = ("found", "address", "robots", "status", "kind", "entries", "newest", "")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person who adds a source says about it; None: what is found counts."""

    slug: str | None = None
    name: str | None = None
    language: str | None = None
    country: str | None = None
    time_zone: str | None = None
    kind: str | None = None


def add(typed: str, wishes: Wishes, folder: Path | None, *, write: bool) -> bool:
    """Look for the feeds of a portal, print them with the file that fits; whether there is one."""
    target = folder_for_new_files(folder) if write else None
    url = absolute_url("", typed)
    if url is None:
        raise Misconfigured(f"{typed[:200]!r} is no web address; wanted: one like https://www.example.org/")
    _check_wishes(wishes, url)
    known = _known(folder)
    portal = asyncio.run(_found(url, known, wishes))
    now = datetime.now(UTC)
    _show(portal, now)
    chosen = [one for one in portal.proposed if wishes.kind in (None, one.kind.value)]
    if not chosen:
        _explain(portal, wishes)
        return False
    content = content_of(portal, chosen, wishes, {source.slug for source in known}, now.date())
    text = as_yaml(content)
    _check(content)
    click.echo(f"\n{text}")
    if target is None:
        click.echo("Nothing was written; --write writes it into the folder of your sources.")
        return True
    file = target / f"{content['slug']}.yaml"
    write_new(file, text)
    loaded = load_sources(target)
    click.echo(f"{file} written; {len(loaded)} sources, {sum(len(one.feeds) for one in loaded)} feeds: all fine")
    return True


def content_of(
    portal: Portal, chosen: Sequence[Candidate], wishes: Wishes, taken: set[str], today: date
) -> dict[str, Any]:
    """The content of the source file; Misconfigured names what could not be found out and the options that say it."""
    traits = portal.traits
    spoken = [language_of(one.document.language)[0] for one in chosen if isinstance(one.document, FeedDocument)]
    country, zone = place_of(portal.homepage, traits.region) or (None, None)
    if wishes.country is not None:
        country, zone = wishes.country, (place_of("", wishes.country) or (None, None))[1]
    said = {
        "slug": wishes.slug or slug_of(portal.homepage, wishes.name or traits.name, taken),
        "name": wishes.name or traits.name or site_of(portal.homepage),
        "homepage": portal.homepage,
        "language": wishes.language or traits.language or next(filter(None, spoken), None),
        "country": country,
        "time_zone": wishes.time_zone or zone,
    }
    missing = [key for key, value in said.items() if value is None]
    if missing:
        options = " and ".join(f"--{key.replace('_', '-')}" for key in missing)
        raise Misconfigured(f"The portal does not say its {', '.join(missing)} for certain: give {options}.")
    feeds = _named_once([_feed(one) for one in chosen])
    return said | {"verified": today, "feeds": feeds, "notes": f"Found by newstape sources add on {today}."}


def _feed(candidate: Candidate) -> dict[str, str]:
    title = candidate.document.title if isinstance(candidate.document, FeedDocument) else None
    name = " ".join((candidate.found.title or title or "").split())[:200]
    return {"url": candidate.url, "kind": candidate.kind.value} | ({"name": name} if name else {})


def _named_once(feeds: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The feeds, without names that several of them have: they tell nothing apart."""
    names = [feed.get("name") for feed in feeds]
    return [{key: value for key, value in feed.items() if key != "name" or names.count(value) == 1} for feed in feeds]


def _known(folder: Path | None) -> tuple[Source, ...]:
    """The sources that there are; a folder that is still empty or not yet made has none."""
    if folder is not None and not any(folder.glob("*.y*ml")):
        return ()
    return load_sources(folder)


async def _found(url: str, known: Sequence[Source], wishes: Wishes) -> Portal:
    using = settings()
    identities = {feed_identity(feed.url): source.slug for source in known for feed in source.feeds}
    zone = wishes.time_zone or (place_of(url, wishes.country) or ("", "UTC"))[1]
    async with Client(limits_of(using)) as web:
        prober = Prober(web.get, using.max_hosts)
        manner = Manner(using.user_agent, using.host_delay)
        return await find_portal(url, Search(prober, manner, identities, zone, using.max_body_bytes))


def _check_wishes(wishes: Wishes, url: str) -> None:
    """Misconfigured for options that no source file may say, before anybody is asked."""
    said = {key: value for key, value in asdict(wishes).items() if value is not None and key != "kind"}
    sound = {"slug": "source", "name": "Source", "homepage": url, "language": "de", "country": "CH", "time_zone": "UTC"}
    _check(sound | said | {"feeds": [{"url": url, "kind": "rss"}]})


def _check(content: dict[str, Any]) -> None:
    """Misconfigured where `content` is no good source file."""
    with tempfile.TemporaryDirectory() as folder:
        name = f"{content['slug']}.yaml".replace("/", "_")
        write_new(Path(folder) / name, as_yaml(content))
        try:
            load_sources(Path(folder))
        except Misconfigured as error:
            problems = str(error).partition("\n")[2]
            raise Misconfigured(f"This would be no good source file; give other options:\n{problems}") from error


def _show(portal: Portal, now: datetime) -> None:
    status = f"{portal.page.status or '-'}, robots.txt: {portal.page.robots}"
    click.echo(f"{portal.page.url}  {status}")
    if isinstance(portal.page.answer, Failure):
        click.echo(f"    {portal.page.answer.reason}: {portal.page.answer.detail}")
    if portal.candidates:
        show_table(_HEADINGS, [_cells(one, now) for one in portal.candidates])


def _cells(one: Candidate, now: datetime) -> tuple[str, ...]:
    origin, asked = one.found.origin.name.lower(), one.told
    said = one.left_out or "proposed"
    named = (origin, one.url, asked.robots if asked else "-", str(asked.status or "-") if asked else "-")
    match one.document:
        case FeedDocument() as document:
            counted = contents_of(document, {site_of(one.url)}, now)
            newest = f"{counted.newest_at:%Y-%m-%d %H:%M}" if counted.newest_at else "undated"
            return (*named, one.kind.value, str(counted.entries), newest, said)
        case SitemapIndex() as index:
            return (*named, one.kind.value, f"{len(index.children)} sitemaps", "-", said)
        case _:
            return (*named, "-", "-", "-", said)


def _explain(portal: Portal, wishes: Wishes) -> None:
    """What to do where nothing can be proposed."""
    asked = sum(one.told is not None for one in portal.candidates)
    wanted = f" of kind {wishes.kind}" if wishes.kind else ""
    click.echo(f"\nNo new feed{wanted} was found (addresses asked: {asked}).")
    if portal.listing is None:
        click.echo("If you know the address of a feed, name it: newstape sources add ADDRESS-OF-THE-FEED")
        return
    selectors = {"item": portal.listing.selectors.item}
    skeleton = {"feeds": [{"url": portal.homepage, "kind": "listing", "selectors": selectors}]}
    click.echo(
        f"The page itself lists articles: these selectors find {len(portal.listing.document.entries)} there now. Write "
        f"a source file with them (docs/sources.md, Listings), and look at them with `newstape sources doctor`:\n\n"
        f"{as_yaml(skeleton)}"
    )
