"""Redirects: where they lead, what travels along, and when they end."""

from collections.abc import Mapping

import pytest
from asking import LIMITS, asked, failure, response
from fakes import run
from scripted import Step, reply, serving

from tasks.fetch.client import Client
from tasks.fetch.hops import MAX_REDIRECTS
from tasks.model import Response
from tasks.outcome import Failure, Reason


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
