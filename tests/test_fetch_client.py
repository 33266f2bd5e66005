"""One request against real sockets: whatever a server does, it comes out as an answer or a named failure."""

import asyncio
import gzip
import random
from datetime import UTC, datetime, timedelta

import pytest
from asking import IMPATIENT, LIMITS, asked, failure, response
from fakes import run
from scripted import Step, drip, endless, hang, reply, reset_after, serving, together

from tasks.fetch.client import Client
from tasks.model import Response
from tasks.outcome import Failure, Reason


def test_an_answer_is_kept_as_it_came() -> None:
    before = datetime.now(UTC)
    answer = response({"/a": reply(200, b"\x00\xff text", Content_Type="text/html; charset=ISO-8859-1", X_Odd="1")})
    assert answer.body == b"\x00\xff text"
    assert (answer.status, answer.charset) == (200, "iso-8859-1")
    assert answer.headers["x-odd"] == "1"
    assert all(name == name.lower() for name in answer.headers)
    assert before <= answer.at <= datetime.now(UTC)
    assert answer.url == answer.final_url
    assert answer.duration_ms >= 0


def test_a_compressed_body_stays_compressed() -> None:
    packed = gzip.compress(b"text " * 100)
    answer = response({"/a": reply(200, packed, Content_Encoding="gzip")})
    assert answer.body == packed
    assert answer.headers["content-encoding"] == "gzip"


def test_a_body_may_call_itself_compressed_and_not_be() -> None:
    assert response({"/a": reply(200, b"plain", Content_Encoding="gzip")}).body == b"plain"


def test_we_say_who_we_are_and_what_we_can_inflate() -> None:
    _, server = asked({"/a": reply(200)}, headers={"Accept": "text/html", "X-Key": "k"})
    sent = server.requests[0].headers
    assert sent["user-agent"] == "Newstape/0.1 (+test)"
    assert sent["accept-encoding"] == "gzip, br, zstd"
    assert (sent["accept"], sent["x-key"]) == ("text/html", "k")
    assert "cookie" not in sent


def test_a_source_may_name_another_user_agent() -> None:
    _, server = asked({"/a": reply(200)}, headers={"user-agent": "Other/1"})
    assert server.requests[0].headers["user-agent"] == "Other/1"


def test_cookies_are_not_kept() -> None:
    async def scenario() -> list[str]:
        async with serving({"/a": reply(200, Set_Cookie="id=1; Path=/")}) as server, Client(LIMITS) as client:
            for _ in range(2):
                assert isinstance(await client.get(server.url("/a", "localhost"), {}), Response)
            return [name for request in server.requests for name in request.headers]

    assert "cookie" not in run(scenario())


@pytest.mark.parametrize("condition", ["If-None-Match", "If-Modified-Since", "if-none-match"])
def test_304_answers_a_condition(condition: str) -> None:
    answer = response({"/a": reply(304, ETag='"2"')}, headers={condition: '"1"'})
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", '"2"')


def test_304_without_a_condition_is_no_answer() -> None:
    assert failure({"/a": reply(304)}).reason is Reason.HTTP_ERROR


def test_a_validator_is_sent_byte_for_byte() -> None:
    tag = 'W/"  ,;=\\\t~"'
    _, server = asked({"/a": reply(304)}, headers={"If-None-Match": tag})
    assert server.requests[0].headers["if-none-match"] == tag


STATUSES = {
    204: Reason.EMPTY_BODY,
    206: Reason.HTTP_ERROR,
    300: Reason.HTTP_ERROR,
    400: Reason.HTTP_ERROR,
    401: Reason.BLOCKED,
    402: Reason.HTTP_ERROR,
    403: Reason.BLOCKED,
    404: Reason.NOT_FOUND,
    406: Reason.HTTP_ERROR,
    410: Reason.GONE,
    429: Reason.THROTTLED,
    451: Reason.BLOCKED,
    500: Reason.SERVER_ERROR,
    502: Reason.SERVER_ERROR,
    503: Reason.SERVER_ERROR,
    504: Reason.SERVER_ERROR,
}


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_has_its_reason(status: int) -> None:
    found = failure({"/a": reply(status)})
    assert (found.reason, found.status) == (STATUSES[status], status)
    assert str(status) in found.detail


@pytest.mark.parametrize("status", [429, 503])
def test_the_wish_for_a_pause_is_kept(status: int) -> None:
    assert failure({"/a": reply(status, Retry_After="120")}).retry_after == timedelta(minutes=2)
    assert failure({"/a": reply(status)}).retry_after is None


SLOW: dict[str, Step] = {"a server that says nothing": hang, "a body that drips": drip(0.02)}


@pytest.mark.parametrize("case", SLOW)
def test_the_deadline_covers_the_whole_request(case: str) -> None:
    found = failure({"/a": SLOW[case]}, limits=IMPATIENT)
    assert found.reason is Reason.TIMEOUT
    assert "0.3 s" in found.detail


def test_the_deadline_covers_all_redirects_together() -> None:
    async def slow_redirect(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(reply(302, Location="/b"))

    assert failure({"/a": slow_redirect, "/b": hang}, limits=IMPATIENT).reason is Reason.TIMEOUT


def test_a_body_of_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    assert len(response({"/a": reply(200, bytes(50_000))}).body) == 50_000
    assert failure({"/a": reply(200, bytes(50_001))}).reason is Reason.TOO_LARGE


LARGE: dict[str, Step] = {
    "announced": reply(200, b"x", Content_Length="10000000000"),
    "announced beyond 64 bits": reply(200, b"x", Content_Length="9" * 19),
    "without end": endless(bytes(8192)),
    "until the connection closes": b"HTTP/1.1 200 OK\r\n\r\n" + bytes(60_000),
}


@pytest.mark.parametrize("case", LARGE)
def test_a_body_above_the_limit_is_refused(case: str) -> None:
    found = failure({"/a": LARGE[case]})
    assert (found.reason, found.status) == (Reason.TOO_LARGE, 200)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
BROKEN: dict[str, tuple[Step, Reason]] = {
    "shorter than announced": (reply(200, b"half", Content_Length="8"), Reason.TRUNCATED),
    "chunks without the last": (CHUNKED + b"4\r\nhalf\r\n", Reason.TRUNCATED),
    "a chunk that ends early": (CHUNKED + b"8\r\nhalf", Reason.TRUNCATED),
    "a chunk without a size": (CHUNKED + b"size\r\n", Reason.UNREACHABLE),
    "reset in the body": (reset_after(reply(200, b"half", Content_Length="8")), Reason.TRUNCATED),
    "reset before the answer": (reset_after(b""), Reason.UNREACHABLE),
    "closed before the answer": (b"", Reason.UNREACHABLE),
    "half a header": (b"HTTP/1.1 200 OK\r\nContent-Le", Reason.UNREACHABLE),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", Reason.UNREACHABLE),
    "a status that is no number": (b"HTTP/1.1 abc OK\r\n\r\n", Reason.UNREACHABLE),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", Reason.UNREACHABLE),
    "a negative length": (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Reason.UNREACHABLE),
    "a NUL in a header": (b"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\nContent-Length: 0\r\n\r\n", Reason.UNREACHABLE),
    "headers without end": (b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 200_000, Reason.UNREACHABLE),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_answer_is_named(case: str) -> None:
    step, reason = BROKEN[case]
    found = failure({"/a": step})
    assert found.reason is reason, found


PIECES = [b"HTTP/1.1 200 OK\r\n", b"Content-Length: 3\r\n", b"Location: ", b"\xff\xfe\r\n", b"\r\n", b": ", b"abc",
          b"\0", b"HTTP/1.1 302 \xe9\r\n", b"Transfer-Encoding: chunked\r\n", b"Retry-After: \xb2\r\n"]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_whatever_bytes_a_server_sends_there_is_an_outcome_that_can_be_stored(seed: int) -> None:
    dice = random.Random(seed)
    noise = b"".join(dice.choices(PIECES, k=12))
    answer, _ = asked({"/a": noise}, limits=IMPATIENT)
    assert isinstance(answer, Response | Failure)
    for text in [answer.detail] if isinstance(answer, Failure) else answer.headers.values():
        text.encode("utf-8")


def test_a_reason_phrase_and_headers_in_latin_1_can_be_stored() -> None:
    found = failure({"/a": b"HTTP/1.1 404 Nicht verf\xfcgbar\r\nContent-Length: 0\r\n\r\n"})
    assert found.reason is Reason.NOT_FOUND
    found.detail.encode("utf-8")
    assert "\x00" not in failure({"/a": b"HTTP/1.1 404 a\x00b\r\nContent-Length: 0\r\n\r\n"}).detail
    answer = response({"/a": b"HTTP/1.1 200 OK\r\nX-A: B\xf6rse\r\nX-B: B\xc3\xb6rse\r\nContent-Length: 0\r\n\r\n"})
    assert (answer.headers["x-a"], answer.headers["x-b"]) == ("Börse", "Börse")


def test_headers_far_above_8_kib_are_read() -> None:
    answer = response({"/a": reply(200, b"there", X_Policy="p" * 60_000)})
    assert len(answer.headers["x-policy"]) == 60_000


def test_requests_overlap() -> None:
    async def scenario() -> list[Response | Failure]:
        async with serving({"/a": together(5)}) as server, Client(LIMITS) as client:
            return await asyncio.gather(*(client.get(server.url("/a"), {}) for _ in range(5)))

    assert [answer.body for answer in run(scenario()) if isinstance(answer, Response)] == [b"together"] * 5
