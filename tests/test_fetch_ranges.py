"""Parts of files: a 206 is an answer to a request for a range, and a WARC file can be read over a real connection."""

import gzip

from asking import LIMITS, asked, failure
from fakes import run
from pasts import NOW, candidates, past, warc_record
from scripted import Step, reply, serving

from tasks.archives.warc import WarcArchive
from tasks.fetch.client import Client
from tasks.model import Response
from tasks.outcome import Reason
from tasks.past import Announced

RANGE = {"Range": "bytes=0-4", "Accept-Encoding": "identity"}


def test_a_part_is_an_answer_to_a_request_for_it() -> None:
    answer, server = asked({"/a": reply(206, b"12345", Content_Range="bytes 0-4/9")}, headers=RANGE)
    assert isinstance(answer, Response)
    assert (answer.status, answer.body, answer.headers["content-range"]) == (206, b"12345", "bytes 0-4/9")
    assert server.requests[0].headers["range"] == "bytes=0-4"
    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_a_part_that_nobody_asked_for_is_no_answer() -> None:
    assert failure({"/a": reply(206, b"12345", Content_Range="bytes 0-4/9")}).reason is Reason.HTTP_ERROR


def test_a_range_goes_along_with_a_redirect_to_another_origin() -> None:
    async def scenario() -> str:
        async with serving({"/b": reply(206, b"x", Content_Range="bytes 0-0/1")}) as other:
            script = {"/a": reply(302, Location=other.url("/b"))}
            async with serving(script) as server, Client(LIMITS) as client:
                answer = await client.get(server.url("/a"), RANGE)
            assert isinstance(answer, Response)
            return other.requests[0].headers["range"]

    assert run(scenario()) == "bytes=0-4"


def test_a_warc_file_is_read_over_a_connection_in_parts() -> None:
    file = gzip.compress(warc_record()) + gzip.compress(warc_record("https://nordwerk.example/b"))
    half = len(file) // 2
    parts: list[Step] = [
        reply(206, file[:half], Content_Range=f"bytes 0-{half - 1}/{len(file)}"),
        reply(206, file[half:], Content_Range=f"bytes {half}-{len(file) - 1}/{len(file)}"),
    ]

    async def scenario() -> list[Announced]:
        async with serving({"/a.warc.gz": parts}) as server, Client(LIMITS) as client:
            archive = WarcArchive(past(place=server.url("/a.warc.gz")), client.get, NOW)
            return [piece async for piece in archive.announced()]

    assert [one.url[-1] for one in candidates(run(scenario()))] == ["a", "b"]
