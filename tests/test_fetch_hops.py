"""What counts as the same place, and what is told of a question that was sent on: requests, moves, permanence."""

import pytest
from asking import GUARDED, LIMITS, Script, asked, failure, got, reason_of, response
from fakes import FakeResolver, RoutedLoop, run
from hypothesis import given
from hypothesis import strategies as st
from scripted import Step, drip, hang, reply, reset_after, serving

from tasks.fetch.client import Client, Limits
from tasks.fetch.hops import MAX_REDIRECTS, is_same_place
from tasks.model import Moved, Response
from tasks.outcome import Failure, Reason

PLACES = {
    "the same": ("https://nordwerk.example/a", "https://nordwerk.example/b?c#d", True),
    "http and https": ("http://nordwerk.example/a", "https://nordwerk.example/a", True),
    "www": ("https://nordwerk.example/", "https://www.nordwerk.example/", True),
    "www and https": ("http://www.nordwerk.example/", "https://nordwerk.example/", True),
    "a port that is said": ("https://nordwerk.example:443/", "http://nordwerk.example/", True),
    "capitals": ("https://NORDWERK.example/", "https://nordwerk.example/", True),
    "an umlaut and its punycode": ("https://börse.example/", "https://xn--brse-5qa.example/", True),
    "the mobile host": ("https://nordwerk.example/", "https://m.nordwerk.example/", False),
    "another host": ("https://nordwerk.example/", "https://suedwerk.example/", False),
    "a host below": ("https://nordwerk.example/", "https://www.www.nordwerk.example/", False),
    "a port of its own": ("https://nordwerk.example/", "https://nordwerk.example:8443/", False),
    "the same port of its own": ("http://nordwerk.example:8080/", "http://nordwerk.example:8080/a", True),
    "www on a port of its own": ("http://nordwerk.example:8080/", "http://www.nordwerk.example:8080/", False),
    "two ports of their own": ("http://nordwerk.example:8080/", "http://nordwerk.example:8081/", False),
}


@pytest.mark.parametrize("case", PLACES)
def test_two_addresses_are_of_one_place(case: str) -> None:
    one, other, same = PLACES[case]
    assert is_same_place(one, other) is same
    assert is_same_place(other, one) is same


HOSTS = st.sampled_from(["a.example", "www.a.example", "b.example", "127.0.0.1", "[::1]"])
ADDRESSES = st.builds(
    "{}://{}{}/".format, st.sampled_from(["http", "https"]), HOSTS, st.sampled_from(["", ":80", ":443", ":8080"])
)


@given(ADDRESSES, ADDRESSES, ADDRESSES)
def test_being_of_one_place_is_an_equivalence(one: str, other: str, third: str) -> None:
    assert is_same_place(one, one)
    if is_same_place(one, other) and is_same_place(other, third):
        assert is_same_place(one, third)


NAMES = {name: [["198.51.99.7"]] for name in ("nordwerk_example", "www_nordwerk_example", "suedwerk_example")}


def asked_here(script: Script, url: str = "http://nordwerk.example/a") -> tuple[Response | Moved | Failure, list[str]]:
    """What comes of asking for `url` on its host only, and the paths that were asked for; every name is one server."""

    async def scenario() -> tuple[Response | Moved | Failure, list[str]]:
        async with serving(script) as server, Client(GUARDED, FakeResolver(**NAMES)) as client:
            loop.routes = {("198.51.99.7", port): server.port for port in (80, 8080)}
            return await client.get_here(url, {}), [request.path for request in server.requests]

    loop = RoutedLoop()
    return run(scenario(), lambda: loop)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_told_and_not_followed(status: int) -> None:
    answer, paths = asked_here({"/a": reply(status, Location="http://suedwerk.example/b?c#d")})
    assert answer == Moved("http://nordwerk.example/a", "http://suedwerk.example/b?c#d", status, 1)
    assert paths == ["/a"]


def test_redirects_within_the_host_are_followed_first() -> None:
    script = {"/a": reply(301, Location="/b"), "/b": reply(302, Location="//www.nordwerk.example/c"),
              "/c": reply(302, Location="http://nordwerk.example:8080/d")}  # fmt: skip
    answer, paths = asked_here(script)
    assert answer == Moved("http://nordwerk.example/a", "http://nordwerk.example:8080/d", 302, 3)
    assert paths == ["/a", "/b", "/c"]


def test_an_answer_of_the_same_place_is_an_answer() -> None:
    answer, _ = asked_here({"/a": reply(301, Location="http://www.nordwerk.example/b"), "/b": reply(200, b"there")})
    assert isinstance(answer, Response)
    assert (answer.body, answer.requests, answer.final_url) == (b"there", 2, "http://www.nordwerk.example/b")


FORBIDDEN = {
    "http://127.0.0.1/": Reason.FORBIDDEN_ADDRESS,
    "http://[::ffff:10.0.0.1]/": Reason.FORBIDDEN_ADDRESS,
    "http://169.254.169.254/latest/": Reason.FORBIDDEN_ADDRESS,
    "http://2130706433/": Reason.FORBIDDEN_ADDRESS,
    "http://localhost/": Reason.FORBIDDEN_ADDRESS,
    "http://nordwerk.example:22/": Reason.FORBIDDEN_ADDRESS,
    "file:///etc/passwd": Reason.BAD_URL,
    "gopher://nordwerk.example/": Reason.BAD_URL,
}


@pytest.mark.parametrize("target", FORBIDDEN)
def test_a_move_to_where_nobody_may_be_asked_is_a_failure(target: str) -> None:
    answer, paths = asked_here({"/a": reply(302, Location=target)})
    assert isinstance(answer, Failure)
    assert (answer.reason, answer.requests, paths) == (FORBIDDEN[target], 1, ["/a"])


def test_a_loop_within_the_host_is_a_loop() -> None:
    answer, _ = asked_here({"/a": reply(302, Location="/b"), "/b": reply(302, Location="/a")})
    assert isinstance(answer, Failure)
    assert (answer.reason, answer.requests) == (Reason.REDIRECT_LOOP, 2)


def test_a_loop_that_waits_for_a_cookie_is_a_loop() -> None:
    answer, paths = asked_here({"/a": reply(302, Location="/a", Set_Cookie="seen=1")})
    assert isinstance(answer, Failure)
    assert (answer.reason, paths) == (Reason.REDIRECT_LOOP, ["/a"])


def test_ten_redirects_are_the_most_here_too() -> None:
    script = {f"/{hop}": reply(302, Location=f"/{hop + 1}") for hop in range(40)}
    answer, paths = asked_here(script, "http://nordwerk.example/0")
    assert isinstance(answer, Failure)
    assert (answer.reason, answer.requests, len(paths)) == (Reason.REDIRECT_LOOP, 11, MAX_REDIRECTS + 1)


CHAINS = {
    "no redirect": ([], None),
    "a permanent one": ([301], 1),
    "308 is one, too": ([308], 1),
    "several": ([301, 308, 301], 3),
    "up to the first temporary one": ([301, 302, 301], 1),
    "a temporary one first": ([302, 301], None),
    "see other": ([303], None),
    "temporary for good": ([307], None),
}


@pytest.mark.parametrize("case", CHAINS)
def test_a_question_moved_for_good_as_far_as(case: str) -> None:
    statuses, end = CHAINS[case]
    script: dict[str, Step | list[Step]] = {
        f"/{hop}": reply(status, Location=f"/{hop + 1}") for hop, status in enumerate(statuses)
    }
    answer, server = asked(script | {f"/{len(statuses)}": reply(200, b"there")}, "/0")
    assert isinstance(answer, Response)
    assert answer.moved_to == (server.url(f"/{end}") if end else None)
    assert answer.requests == len(statuses) + 1


ONE_REQUEST: dict[str, Step] = {
    "a missing page": reply(404),
    "a wall": reply(403, b"px-captcha"),
    "no answer": hang,
    "a slow body": drip(0.05),
    "a reset": reset_after(b""),
    "nonsense": b"SSH-2.0\r\n",
    "a body above the limit": reply(200, bytes(60_000)),
    "an unasked 304": reply(304),
    "a redirect to nowhere": reply(302, Location="javascript:1"),
}


@pytest.mark.parametrize("case", ONE_REQUEST)
def test_a_failure_counts_its_requests(case: str) -> None:
    impatient = Limits(LIMITS.timeout / 10, LIMITS.max_bytes, "Newstape/0.1", allow_private=True)
    assert failure({"/a": ONE_REQUEST[case]}, limits=impatient).requests == 1
    assert failure({"/0": reply(302, Location="/a"), "/a": ONE_REQUEST[case]}, "/0", impatient).requests == 2


NOBODY_ASKED = [
    "ftp://nordwerk.example/",
    "http://127.0.0.1/",
    "http://nordwerk.example:99999/",
    "http://inner.example/",
    "",
]


@pytest.mark.parametrize("url", NOBODY_ASKED)
def test_what_a_rule_forbids_takes_no_request(url: str) -> None:
    answer = got(url, GUARDED, FakeResolver(inner_example=[["10.0.0.1"]]))
    assert isinstance(answer, Failure)
    assert answer.requests == 0


def test_an_attempt_that_finds_nobody_counts() -> None:
    answer = got("http://nonexistent.invalid/", resolver=FakeResolver())
    assert reason_of(answer) is Reason.UNREACHABLE
    assert answer.requests == 1


def test_an_answer_at_once_took_one_request() -> None:
    assert response({"/a": reply(200, b"there")}).requests == 1
