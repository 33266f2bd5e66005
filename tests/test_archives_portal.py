"""The archives against the sample portal's past: every article of the wanted days is found, by each way."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asking import LIMITS
from pasts import announced_in_real_time, candidates, complete, days, failed, left_out, no_web

from portal.client import RunningPortal, start
from tasks.archives import archive_of
from tasks.archives.wayback import captured_at_of, original_of
from tasks.fetch.client import Client
from tasks.model import Response
from tasks.past import Announced, Candidate, Past, Via

NOW = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
FIRST, LAST, ZONE = "2026-03-01", "2026-03-31", "Europe/Zurich"
MARCH = set(days(FIRST, LAST).days)


@dataclass(frozen=True)
class World:
    """A sample portal, one of its portals, and what it wrote for those who read without a network."""

    running: RunningPortal
    homepage: str
    written: dict[str, Any]

    def past(self, place: str | None) -> Past:
        return Past("alpenboerse", self.homepage, days(FIRST, LAST, ZONE), place, delay=timedelta(0))

    def published(self) -> dict[str, date]:
        """The day of each article of the past, by address."""
        gold = (one for one in self.running.archive_gold() if one["portal"] == "alpenboerse")
        return {one["url"]: datetime.fromisoformat(one["published"]).date() for one in gold}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with start(articles=20) as running:
        homepage = next(one["homepage"] for one in running.portals if one["slug"] == "alpenboerse")
        written = running.write_archive(tmp_path_factory.mktemp("archive"), bad=True)
        yield World(running, homepage, written)


def test_warc_files_with_bad_records_give_every_article_of_the_month(world: World) -> None:
    found = announced_in_real_time(archive_of(Via.WARC, world.past(world.written["warc"]), no_web, NOW))
    wanted = {url for url, day in world.published().items() if day in MARCH}
    assert {one.url for one in candidates(found)} == wanted
    assert not failed(found)
    assert complete(found) == MARCH
    for why in ("cut off", "with a wrong length", "not HTML", "of other hosts", "requests", "revisits", "shortened by"):
        assert why in left_out(found), why


@pytest.mark.parametrize("has_index", [True, False])
def test_a_folder_of_pages_gives_every_article_of_the_month(
    world: World,
    tmp_path: Path,
    has_index: bool,  # noqa: FBT001
) -> None:
    written = world.running.write_archive(tmp_path, index=has_index, bad=True)
    found = announced_in_real_time(archive_of(Via.FOLDER, world.past(written["pages"]["alpenboerse"]), no_web, NOW))
    assert {one.url: one.day for one in candidates(found)} == {
        url: day for url, day in world.published().items() if day in MARCH
    }
    assert complete(found) == MARCH


def wayback(world: World) -> tuple[list[Announced], Candidate, Response]:
    """What the index announces, a candidate of it, and the answer at that one's address with a stamp that is wrong."""

    async def work() -> tuple[list[Announced], Candidate, Response]:
        async with Client(LIMITS) as client:
            place = f"{world.homepage}cdx/search/cdx"
            archive = archive_of(Via.WAYBACK, world.past(place), client.get, NOW)
            found = [piece async for piece in archive.announced()]
            one = candidates(found)[0]
            answer = await client.get((one.asked_url or "").replace("/web/2026", "/web/2025"), {})
            assert isinstance(answer, Response)
            return found, one, answer

    return asyncio.run(work())


def test_the_index_of_a_web_archive_names_each_captured_article_once(world: World) -> None:
    found, one, answer = wayback(world)
    urls = [candidate.url for candidate in candidates(found)]
    # What was captured within the month: the first and the last day differ from those of publication by hours.
    sure = {url for url, day in world.published().items() if day in MARCH - {date(2026, 3, 31)}}
    assert len(urls) == len(set(urls))
    assert sure <= set(urls) <= set(world.published())
    assert complete(found) == MARCH
    assert captured_at_of(answer.final_url) == one.captured_at
    assert original_of(answer.final_url) == one.url
