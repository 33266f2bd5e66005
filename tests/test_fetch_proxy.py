"""Through a proxy: it is asked with its credentials, alone is connected to, and never told of in what is stored."""

from datetime import timedelta
from pathlib import Path

import pytest
from asking import reason_of
from fakes import FakeResolver, run
from proxying import Proxy, proxying
from scripted import Scripted, Step, reply, serving

from portal import client as portal
from tasks.fetch.client import Client, Limits
from tasks.model import Moved, Response
from tasks.outcome import Failure, Reason

WORD = "p%40ss"
CREDENTIALS = "user:p@ss"
PAGE = "http://nordwerk.example/a?b=c"


def limits(proxy: str, ca_file: Path | None = None) -> Limits:
    """Limits of a machine that reaches portals through a proxy only; private addresses are as forbidden as ever."""
    return Limits(timedelta(seconds=5), 500_000, "Newstape/0.1", proxy=proxy, ca_file=ca_file)


def through(
    url: str, script: dict[str, Step | list[Step]], *, wants: str = "", has: str = ""
) -> tuple[Response | Failure, Proxy, Scripted]:
    """What comes of `url` through a proxy that `wants` credentials, where we have `has`."""

    async def scenario() -> tuple[Response | Failure, Proxy, Scripted]:
        async with (
            serving(script) as server,
            proxying(wants, {80: server.port}) as proxy,
            # A resolver that knows no name: the proxy looks names up.
            Client(limits(proxy.url(has)), FakeResolver()) as client,
        ):
            return await client.get(url, {}), proxy, server

    return run(scenario())


def test_a_page_comes_through_the_proxy() -> None:
    answer, proxy, server = through(PAGE, {"/a?b=c": reply(200, b"there")})
    assert isinstance(answer, Response)
    assert (answer.body, answer.final_url, answer.requests) == (b"there", PAGE, 1)
    assert proxy.asked == [f"GET {PAGE}"]
    assert server.requests[0].headers["host"] == "nordwerk.example"


def test_its_credentials_go_to_the_proxy_and_no_further() -> None:
    answer, _, server = through(
        PAGE, {"/a?b=c": reply(302, Location="/b"), "/b": reply(200, b"there")}, wants=CREDENTIALS, has=f"user:{WORD}"
    )
    assert isinstance(answer, Response)
    assert [request.headers.get("proxy-authorization") for request in server.requests] == [None, None]
    assert [request.headers.get("authorization") for request in server.requests] == [None, None]


REFUSED = {"none": "", "wrong ones": "user:other"}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("url", [PAGE, "https://nordwerk.example/a"])
def test_a_proxy_that_wants_other_credentials_is_our_trouble_not_the_portals(case: str, url: str) -> None:
    answer, proxy, server = through(url, {}, wants=CREDENTIALS, has=REFUSED[case])
    assert isinstance(answer, Failure)
    assert (answer.reason, answer.status) == (Reason.UNREACHABLE, None)
    assert "the proxy answered 407" in answer.detail
    assert "NEWSTAPE_PROXY_URL" in answer.detail
    assert "other" not in answer.detail
    assert (proxy.asked, server.requests) == ([], [])


def test_a_proxy_that_is_not_there_is_named_without_its_credentials() -> None:
    async def scenario() -> tuple[Response | Failure, int]:
        async with proxying() as proxy:
            port = proxy.port
        async with Client(limits(f"http://user:secret@127.0.0.1:{port}")) as client:
            return await client.get(PAGE, {}), port

    answer, port = run(scenario())
    assert isinstance(answer, Failure)
    assert answer.reason is Reason.UNREACHABLE
    assert f"no connection to the proxy 127.0.0.1:{port}" in answer.detail
    assert "secret" not in answer.detail


def test_tls_goes_through_the_proxy_and_is_judged_by_us(tmp_path: Path) -> None:
    async def scenario(running: portal.RunningPortal) -> tuple[dict[str, Response | Failure], Proxy]:
        ca_file = Path(running.tls["authority"])
        async with proxying(CREDENTIALS) as proxy:
            # The portal is on loopback, at a port of its own: only where that is allowed.
            open_to_all = Limits(
                timedelta(seconds=5),
                500_000,
                "N/1",
                allow_private=True,
                proxy=proxy.url(f"user:{WORD}"),
                ca_file=ca_file,
            )
            async with Client(open_to_all) as client:
                kinds = ("good", "expired", "wrong_host", "self_signed")
                return {kind: await client.get(running.tls[kind], {}) for kind in kinds}, proxy

    with portal.start(articles=10, tls=tmp_path / "tls") as running:
        answers, proxy = run(scenario(running))
    assert isinstance(answers.pop("good"), Response)
    assert {reason_of(answer) for answer in answers.values()} == {Reason.UNREACHABLE}
    assert [line.split()[0] for line in proxy.asked] == ["CONNECT"] * 4
    assert all("newstape" not in head.lower() or "CONNECT" not in head for head in proxy.heads)


FORBIDDEN = ["http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/", "http://2130706433/", "http://0x7f.1/",
             "http://localhost/", "http://a.localhost/", "http://①②⑦.0.0.1/", "http://127。0。0。1/",
             "http://nordwerk.example:22/", "http://127.0.0.1./"]  # fmt: skip


@pytest.mark.parametrize("target", FORBIDDEN)
def test_the_proxy_is_not_asked_for_what_is_ours(target: str) -> None:
    answer, proxy, _ = through(target, {})
    assert reason_of(answer) is Reason.FORBIDDEN_ADDRESS
    assert proxy.asked == []


@pytest.mark.parametrize("target", FORBIDDEN)
def test_nor_after_a_redirect(target: str) -> None:
    answer, proxy, _ = through(PAGE, {"/a?b=c": reply(302, Location=target)})
    assert reason_of(answer) in (Reason.FORBIDDEN_ADDRESS, Reason.BAD_URL)
    assert proxy.asked == [f"GET {PAGE}"]


def test_a_move_is_a_move_through_a_proxy_too() -> None:
    async def scenario() -> Response | Moved | Failure:
        script = {"/a?b=c": reply(302, Location="http://suedwerk.example/b")}
        async with (
            serving(script) as server,
            proxying(ports={80: server.port}) as proxy,
            Client(limits(proxy.url()), FakeResolver()) as client,
        ):
            return await client.get_here(PAGE, {})

    assert run(scenario()) == Moved(PAGE, "http://suedwerk.example/b", 302, 1)


def test_the_proxy_of_the_environment_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> tuple[Response | Failure, list[str]]:
        async with serving({"/a": reply(200, b"there")}) as server, proxying() as proxy:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.url())
            async with Client(Limits(timedelta(seconds=5), 1000, "N/1", allow_private=True)) as client:
                return await client.get(server.url("/a"), {}), proxy.asked

    answer, asked = run(scenario())
    assert isinstance(answer, Response)
    assert asked == []
