"""Archives over real sockets: the guarded client, compressed documents, throttling, robots.txt by its own parser."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from announcing import HOME, Heard, days, hear, past
from asking import IMPATIENT, LIMITS
from fakes import run
from scripted import Scripted, Step, drip, hang, reply, serving

from tasks.archives import archive_of
from tasks.fetch.client import Client, Limits
from tasks.fetch.robots import Robots, refusal
from tasks.outcome import Reason
from tasks.past import Past, Via

NOW = datetime(2026, 3, 21, tzinfo=UTC)
MARCH = days("2026-03-01", "2026-03-03")
Answers = dict[str, Step | list[Step]]


def heard(
    via: Via, answers: Callable[[Scripted], Answers], wanted: Past, rules: str = "", limits: Limits = LIMITS
) -> tuple[Heard, list[str]]:
    """What an archive announces that a loopback server gives, and the paths that it was asked for."""
    robots = Robots(200, rules, NOW + timedelta(days=1))

    async def scenario() -> tuple[Heard, list[str]]:
        async with serving({}) as server, Client(limits) as client:
            server.answers |= {
                path: step if isinstance(step, list) else [step] for path, step in answers(server).items()
            }
            home = server.url("/")
            of = replace(wanted, homepage=home, place=wanted.place and server.url(wanted.place.removeprefix(HOME)))
            archive = archive_of(via, of, client.get, NOW, lambda url: refusal(robots, "Newstape/1", url) is None)
            found = await hear(archive, of.days.days)
            return found, [request.path for request in server.requests]

    return run(scenario())


def urlset(server: Scripted, *paths: str) -> bytes:
    listed = "".join(f"<url><loc>{server.url(path)}</loc></url>" for path in paths)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</urlset>'.encode()


def index(server: Scripted, *paths: str) -> bytes:
    listed = "".join(f"<sitemap><loc>{server.url(path)}</loc></sitemap>" for path in paths)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</sitemapindex>'.encode()


def test_an_archive_is_read_through_throttling_redirects_and_compression() -> None:
    def answers(server: Scripted) -> Answers:
        return {
            "/robots.txt": reply(200, f"Sitemap: {server.url('/alt.xml')}".encode()),
            "/alt.xml": reply(301, Location="/index.xml.gz"),
            "/index.xml.gz": reply(200, gzip.compress(index(server, "/2026-03.xml", "/intern/2026-03-2.xml"))),
            "/2026-03.xml": [
                reply(429, Retry_After="0"),
                reply(200, gzip.compress(urlset(server, "/2026/03/02/dax")), Content_Encoding="gzip"),
            ],
        }

    found, paths = heard(Via.SITEMAPS, answers, past(*MARCH), "User-agent: *\nDisallow: /intern/\n")
    assert paths == ["/robots.txt", "/alt.xml", "/index.xml.gz", "/2026-03.xml", "/2026-03.xml"]
    assert [str(one.day) for one in found.candidates] == ["2026-03-02"]
    assert [one.failure and one.failure.reason for one in found.requests] == [None, None, Reason.THROTTLED, None]
    assert sum(one.requests for one in found.requests) == len(paths)
    # What robots.txt keeps from us may hold each of the days.
    assert set(found.failed) == set(MARCH)


def test_servers_that_hang_or_drip_cost_their_days_and_no_more() -> None:
    def answers(server: Scripted) -> Answers:
        return {
            "/i.xml": reply(200, index(server, "/2026-01.xml", "/2026-02.xml", "/2026-03.xml")),
            "/2026-01.xml": hang,
            "/2026-02.xml": drip(0.01),
            "/2026-03.xml": reply(200, urlset(server, "/2026/03/07/dax")),
        }

    wanted = past(*days("2026-01-10", "2026-03-10"), place="/i.xml")
    found, _ = heard(Via.SITEMAPS, answers, wanted, limits=IMPATIENT)
    assert found.complete == set(days("2026-03-03", "2026-03-10"))
    assert len(found.candidates) == 1
    assert {one.failure.reason for one in found.requests if one.failure} == {Reason.TIMEOUT}


def test_a_listing_is_walked_over_the_wire() -> None:
    def answers(server: Scripted) -> Answers:
        rows = [f"<li><a href='/a{n}'>Meldung {n}</a><time>{20 - n // 2}.03.2026</time></li>" for n in range(38)]
        pages = [f"<ul>{''.join(rows[start : start + 10])}</ul>".encode() for start in range(0, 38, 10)]
        return {f"/archiv?seite={number}": reply(200, page) for number, page in enumerate(pages, 1)}

    wanted = replace(past(*days("2026-03-17", "2026-03-18"), place="/archiv?seite={page}"),
                     selectors={"item": "li", "date": "time"})  # fmt: skip
    found, paths = heard(Via.LISTING, answers, wanted)
    assert paths == [f"/archiv?seite={number}" for number in (1, 2, 3)]
    assert [one.url.rpartition("/")[2] for one in found.candidates] == ["a4", "a5", "a6", "a7"]
    assert found.complete == set(wanted.days.days)
