"""One request against real sockets: whatever a server does, it comes out as an answer or a named failure."""

import asyncio
import gzip
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fakes import FakeResolver, RoutedLoop, run
from hypothesis import given
from hypothesis import strategies as st
from scripted import Scripted, Step, drip, endless, hang, reply, reset_after, serving, together

from tasks.fetch.client import MAX_REDIRECTS, Client, Limits, retry_after
from tasks.model import Response
from tasks.outcome import Failure, Reason, Stage

LIMITS = Limits(timedelta(seconds=5), 50_000, "Newstape/0.1 (+test)", allow_private=True)
GUARDED = Limits(timedelta(seconds=5), 50_000, "Newstape/0.1 (+test)")
IMPATIENT = Limits(timedelta(seconds=0.3), 50_000, "Newstape/0.1 (+test)", allow_private=True)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
Script = Mapping[str, Step | list[Step]]


def asked(
    script: Script, path: str = "/a", headers: Mapping[str, str] | None = None, limits: Limits = LIMITS
) -> tuple[Response | Failure, Scripted]:
    """What comes of a request for `path` to a server with this script, and the server."""

    async def scenario() -> tuple[Response | Failure, Scripted]:
        async with serving(script) as server, Client(limits) as client:
            return await client.get(server.url(path), headers or {}), server

    return run(scenario())


def failure(script: Script, path: str = "/a", limits: Limits = LIMITS) -> Failure:
    """The failure that a request for `path` ends with."""
    answer, _ = asked(script, path, limits=limits)
    assert isinstance(answer, Failure), answer
    assert answer.stage is Stage.FETCH
    assert answer.detail
    return answer


def response(script: Script, path: str = "/a", headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request for `path`."""
    answer, _ = asked(script, path, headers)
    assert isinstance(answer, Response), answer
    return answer


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
            await client.get(server.url("/a"), {})
            await client.get(server.url("/a"), {})
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


PAUSES = {
    "seconds": ("120", timedelta(minutes=2)),
    "seconds with blanks": (" 5 ", timedelta(seconds=5)),
    "now": ("0", timedelta(0)),
    "a date": (format_datetime(NOW + timedelta(hours=1), usegmt=True), timedelta(hours=1)),
    "a date of the old forms": ("Sunday, 01-Mar-26 12:30:00 GMT", timedelta(minutes=30)),
    "a date that has passed": (format_datetime(NOW - timedelta(hours=1), usegmt=True), timedelta(0)),
    "a negative number": ("-5", timedelta(0)),
    "a number beyond reason": ("1000000000000", timedelta(days=1)),
    "a date beyond reason": ("Fri, 31 Dec 9999 23:59:59 GMT", timedelta(days=1)),
    "a date without a zone": ("Sun, 01 Mar 2026 13:00:00", None),
    "a fraction": ("1.5", None),
    "words": ("soon", None),
    "nothing": ("", None),
    "a digit that is no number": ("²", None),
    "more digits than Python reads": ("9" * 5000, None),
    "no header": (None, None),
}


@pytest.mark.parametrize("case", PAUSES)
def test_a_retry_after_means(case: str) -> None:
    value, expected = PAUSES[case]
    assert retry_after(value, NOW) == expected


@given(st.text(max_size=40) | st.integers().map(str) | st.datetimes().map(format_datetime))
def test_any_retry_after_is_none_or_within_a_day(value: str) -> None:
    wait = retry_after(value, NOW)
    assert wait is None or timedelta(0) <= wait <= timedelta(days=1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(status: int) -> None:
    answer, server = asked({"/a": reply(status, Location="/b?c=d#e"), "/b?c=d": reply(200, b"there")})
    assert isinstance(answer, Response)
    assert answer.body == b"there"
    assert (answer.url, answer.final_url) == (server.url("/a"), server.url("/b?c=d#e"))


RELATIVE = {
    "a path": ("/x/a", "/b", "/b"),
    "a sibling": ("/x/a", "b", "/x/b"),
    "a parent": ("/x/y/a", "../b", "/x/b"),
    "a query": ("/x/a", "?p=2", "/x/a?p=2"),
    "with a blank in it": ("/x/a", "/b c", "/b%20c"),
    "with an umlaut": ("/x/a", "/bö", "/b%C3%B6"),
    "with escapes": ("/x/a", "/b%2Fc%20d?e=%26", "/b%2Fc%20d?e=%26"),
    "with blanks around": ("/x/a", "  /b\t", "/b"),
}


@pytest.mark.parametrize("case", RELATIVE)
def test_a_relative_redirect_means(case: str) -> None:
    start, location, target = RELATIVE[case]
    assert response({start: reply(302, Location=location), target: reply(200, b"there")}, start).body == b"there"


def test_a_redirect_in_latin_1_is_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /b\xf6rse\r\nContent-Length: 0\r\n\r\n"
    assert response({"/a": moved, "/b%C3%B6rse": reply(200, b"there")}).body == b"there"


KEYS = {"Authorization": "Bearer k", "Cookie": "id=1", "X-Api-Key": "k", "Accept-Language": "de", "If-None-Match": "1"}


def sent_on(host: str) -> Mapping[str, str]:
    """The headers that the second request has when 127.0.0.1 redirects to `host`."""

    async def scenario() -> Mapping[str, str]:
        async with serving({"/b": reply(200)}) as server, Client(LIMITS) as client:
            server.answers["/a"] = [reply(302, Location=server.url("/b", host))]
            answer = await client.get(server.url("/a"), KEYS)
            assert isinstance(answer, Response), answer
            return server.requests[1].headers

    return run(scenario())


def test_a_redirect_to_another_host_does_not_carry_keys() -> None:
    headers = sent_on("localhost")
    assert not {"authorization", "cookie", "x-api-key"} & headers.keys()
    assert (headers["accept-language"], headers["if-none-match"]) == ("de", "1")


def test_a_redirect_within_a_host_carries_keys() -> None:
    assert {"authorization", "cookie", "x-api-key"} <= sent_on("127.0.0.1").keys()


def test_a_redirect_to_another_port_does_not_carry_keys() -> None:
    async def scenario() -> Mapping[str, str]:
        async with serving({"/b": reply(200)}) as other, serving({}) as server, Client(LIMITS) as client:
            server.answers["/a"] = [reply(302, Location=other.url("/b"))]
            await client.get(server.url("/a"), KEYS)
            return other.requests[0].headers

    assert not {"authorization", "cookie", "x-api-key"} & run(scenario()).keys()


def test_a_redirect_to_itself_is_a_loop_at_once() -> None:
    answer, server = asked({"/a": reply(302, Location="/a")})
    assert isinstance(answer, Failure)
    assert answer.reason is Reason.REDIRECT_LOOP
    assert len(server.requests) == 1


def test_a_redirect_back_is_a_loop_at_once() -> None:
    answer, server = asked({"/a": reply(302, Location="/b"), "/b": reply(302, Location="/a")})
    assert isinstance(answer, Failure)
    assert answer.reason is Reason.REDIRECT_LOOP
    assert len(server.requests) == 2


def chain(hops: int) -> dict[str, Step | list[Step]]:
    """A server on which /0 redirects `hops` times before there is an answer."""
    redirects: dict[str, Step | list[Step]] = {f"/{n}": reply(301, Location=f"/{n + 1}") for n in range(hops)}
    return redirects | {f"/{hops}": reply(200, b"there")}


def test_ten_redirects_are_followed_and_eleven_are_not() -> None:
    assert response(chain(MAX_REDIRECTS), "/0").body == b"there"
    answer, server = asked(chain(MAX_REDIRECTS + 1), "/0")
    assert isinstance(answer, Failure)
    assert answer.reason is Reason.REDIRECT_LOOP
    assert len(server.requests) == MAX_REDIRECTS + 1


NOWHERE = {
    "a file": ("file:///etc/passwd", Reason.BAD_URL),
    "ftp": ("ftp://nordwerk.example/a", Reason.BAD_URL),
    "a script": ("javascript:alert(1)", Reason.BAD_URL),
    "data": ("data:text/html,a", Reason.BAD_URL),
    "a fragment": ("#top", Reason.BAD_URL),
    "nothing": ("", Reason.BAD_URL),
    "a broken host": ("http://[::1/", Reason.BAD_URL),
    "a port that is none": ("http://nordwerk.example:99999/", Reason.BAD_URL),
    "an endless address": ("/" + "a" * 3000, Reason.BAD_URL),
    "a label beyond DNS": (f"http://{'a' * 64}.example/", Reason.BAD_URL),
}


@pytest.mark.parametrize("case", NOWHERE)
def test_a_redirect_to_what_is_no_web_address_is_named(case: str) -> None:
    location, reason = NOWHERE[case]
    assert failure({"/a": reply(302, Location=location)}).reason is reason


def test_a_redirect_that_names_no_target_is_an_http_error() -> None:
    found = failure({"/a": reply(302)})
    assert (found.reason, found.status) == (Reason.HTTP_ERROR, 302)


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
    dice = random.Random(seed)  # noqa: S311 - noise, not a secret
    noise = b"".join(dice.choices(PIECES, k=12))
    answer, _ = asked({"/a": noise}, limits=IMPATIENT)
    assert isinstance(answer, Response | Failure)
    for text in [answer.detail] if isinstance(answer, Failure) else answer.headers.values():
        text.encode("utf-8")


def test_a_reason_phrase_and_headers_in_latin_1_can_be_stored() -> None:
    found = failure({"/a": b"HTTP/1.1 404 Nicht verf\xfcgbar\r\nContent-Length: 0\r\n\r\n"})
    assert found.reason is Reason.NOT_FOUND
    found.detail.encode("utf-8")
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


def got(url: str, limits: Limits = LIMITS, resolver: AbstractResolver | None = None) -> Response | Failure:
    """What comes of a request for `url`."""

    async def scenario() -> Response | Failure:
        async with Client(limits, resolver) as client:
            return await client.get(url, {})

    return run(scenario())


def reason_of(answer: Response | Failure) -> Reason:
    """Why there is no answer."""
    assert isinstance(answer, Failure), answer
    return answer.reason


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    async def closed_port() -> str:
        async with serving({}) as server:
            return server.url("/a")

    assert reason_of(got(run(closed_port()))) is Reason.UNREACHABLE


def test_a_name_that_does_not_exist_is_unreachable() -> None:
    assert reason_of(got("http://nonexistent.invalid/a", resolver=FakeResolver())) is Reason.UNREACHABLE
    assert reason_of(got("http://nonexistent.invalid/a", GUARDED, FakeResolver())) is Reason.UNREACHABLE


def test_a_name_without_an_address_is_unreachable() -> None:
    assert (
        reason_of(got("http://nordwerk.example/", GUARDED, FakeResolver(nordwerk_example=[[]]))) is Reason.UNREACHABLE
    )


def test_a_server_without_tls_is_unreachable_by_https() -> None:
    async def plain(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(400))
        await writer.drain()
        writer.close()

    assert reason_of(run(by_https(plain, None))) is Reason.UNREACHABLE


def test_a_certificate_that_nobody_vouches_for_is_unreachable(tmp_path: Path) -> None:
    async def never(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    found = run(by_https(never, self_signed(tmp_path / "server.pem")))
    assert isinstance(found, Failure)
    assert found.reason is Reason.UNREACHABLE
    assert "CERTIFICATE_VERIFY_FAILED" in found.detail


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def by_https(handler: Handler, context: ssl.SSLContext | None) -> Response | Failure:
    """What comes of a request by https to a server with this handler."""
    server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context)
    async with server, Client(LIMITS) as client:
        return await client.get(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/a", {})


def self_signed(file: Path) -> ssl.SSLContext:
    """A server's side of TLS with a new certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=36500)).serial_number(1)
    pem, clear = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, clear)
    file.write_bytes(secret + dated.sign(key, hashes.SHA256()).public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


BAD = ["", "nordwerk.example", "file:///etc/passwd", "http://", "http://[::1", "http://a:b/", "http://" + "a" * 300]


@pytest.mark.parametrize("url", BAD)
def test_what_is_no_web_address_is_not_asked(url: str) -> None:
    assert reason_of(got(url, resolver=FakeResolver())) in (Reason.BAD_URL, Reason.UNREACHABLE)


SPELLINGS = ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "127.1", "0x7f.0.0.1", "0.0.0.0",
             "①②⑦.0.0.1", "127。0。0。1", "[64:ff9b::7f00:1]"]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
def test_loopback_is_not_asked_however_it_is_spelled(host: str) -> None:
    async def scenario() -> tuple[Response | Failure, list[tuple[str, int]]]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, RoutedLoop)
        async with Client(GUARDED) as client:
            return await client.get(f"http://{host}/a", {}), loop.connected

    answer, connected = run(scenario(), RoutedLoop)
    assert reason_of(answer) in (Reason.FORBIDDEN_ADDRESS, Reason.BAD_URL)
    assert connected == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "①②⑦.0.0.1"])
def test_forbidden_loopback_is_named_so(host: str) -> None:
    assert reason_of(got(f"http://{host}/a", GUARDED)) is Reason.FORBIDDEN_ADDRESS


PUBLIC = "198.51.99.7"


def through_routes(
    url: str, script: Script, resolver: AbstractResolver
) -> tuple[Response | Failure, list[tuple[str, int]]]:
    """What comes of `url` when PUBLIC leads to a server with this script, and the addresses that were connected to."""

    async def scenario() -> tuple[Response | Failure, list[tuple[str, int]]]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, RoutedLoop)
        async with serving(script) as server, Client(GUARDED, resolver) as client:
            loop.routes = {(PUBLIC, 80): server.port, (PUBLIC, 8080): server.port}
            return await client.get(url, {}), loop.connected

    return run(scenario(), RoutedLoop)


def test_a_public_portal_is_asked() -> None:
    names = FakeResolver(nordwerk_example=[["10.0.0.1", PUBLIC]])
    answer, connected = through_routes("http://nordwerk.example/a", {"/a": reply(200, b"there")}, names)
    assert isinstance(answer, Response)
    assert answer.body == b"there"
    assert connected == [(PUBLIC, 80)]


INWARD = ["http://127.0.0.1/", "http://10.0.0.1/", "http://169.254.169.254/latest/", "http://[::1]/", "http://inner/",
          "http://nordwerk.example:6379/", "//127.0.0.1/", "http://①②⑦.0.0.1/", "http://user@127.0.0.1/"]  # fmt: skip


@pytest.mark.parametrize("target", INWARD)
def test_a_redirect_into_our_own_network_is_forbidden(target: str) -> None:
    names = FakeResolver(nordwerk_example=[[PUBLIC]], inner=[["192.168.0.7"]])
    answer, connected = through_routes("http://nordwerk.example/a", {"/a": reply(302, Location=target)}, names)
    assert reason_of(answer) is Reason.FORBIDDEN_ADDRESS
    assert connected == [(PUBLIC, 80)]


def test_a_name_that_moves_inside_between_two_look_ups_is_forbidden() -> None:
    names = FakeResolver(nordwerk_example=[[PUBLIC], ["127.0.0.1"]])
    script = {"/a": reply(302, Location="http://nordwerk.example:8080/b"), "/b": reply(200, b"inside")}
    answer, connected = through_routes("http://nordwerk.example/a", script, names)
    assert reason_of(answer) is Reason.FORBIDDEN_ADDRESS
    assert connected == [(PUBLIC, 80)]


def test_an_answer_of_a_resolver_is_used_as_it_was_checked() -> None:
    names = FakeResolver(nordwerk_example=[[PUBLIC], ["127.0.0.1"]])

    async def scenario() -> list[tuple[str, int]]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, RoutedLoop)
        async with serving({"/a": reply(200)}) as server, Client(GUARDED, names) as client:
            loop.routes = {(PUBLIC, 80): server.port}
            for _ in range(3):
                answer = await client.get("http://nordwerk.example/a", {})
                assert isinstance(answer, Response)
            return loop.connected

    assert run(scenario(), RoutedLoop) == [(PUBLIC, 80)] * 3
