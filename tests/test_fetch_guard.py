"""Hosts that can't be asked, and hosts that must not be: our own network stays out of reach."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver
from asking import GUARDED, LIMITS, Script, got, reason_of
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fakes import FakeResolver, RoutedLoop, VirtualLoop, run
from scripted import reply, serving

from tasks.fetch.client import Client, Limits
from tasks.model import Response
from tasks.outcome import Failure, Reason

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    async def closed_port() -> str:
        async with serving({}) as server:
            return server.url("/a")

    assert reason_of(got(run(closed_port()))) is Reason.UNREACHABLE


def test_a_name_that_does_not_exist_is_unreachable() -> None:
    assert reason_of(got("http://nonexistent.invalid/a", resolver=FakeResolver())) is Reason.UNREACHABLE
    assert reason_of(got("http://nonexistent.invalid/a", GUARDED, FakeResolver())) is Reason.UNREACHABLE


def test_a_host_that_takes_no_connection_is_given_up_before_the_deadline() -> None:
    class Silent(VirtualLoop):
        async def sock_connect(self, sock: socket.socket, address: Any) -> None:
            del sock, address
            await asyncio.Event().wait()

    async def scenario() -> tuple[Response | Failure, float]:
        patient = Limits(timedelta(seconds=60), 1, "Newstape/0.1")
        async with Client(patient, FakeResolver(nordwerk_example=[[PUBLIC]])) as client:
            return await client.get("http://nordwerk.example/a", {}), asyncio.get_running_loop().time()

    answer, seconds = run(scenario(), Silent)
    assert reason_of(answer) is Reason.UNREACHABLE
    assert 10 <= seconds < 12


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


BAD = ["", "nordwerk.example", "file:///etc/passwd", "http://", "http://[::1", "http://a:b/"]


@pytest.mark.parametrize("url", BAD)
def test_what_is_no_web_address_is_not_asked(url: str) -> None:
    assert reason_of(got(url)) is Reason.BAD_URL


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
