"""Limits of a request: how slow a body may be, whose certificates count, what the settings say."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from asking import asked, failure, got, reason_of
from scripted import Step, drip, reply

from config.errors import Misconfigured
from config.settings import Settings
from portal import client as portal
from tasks.fetch.client import Limits, limits_of
from tasks.fetch.limits import trusted
from tasks.model import Response
from tasks.outcome import Reason

AGENT = "Newstape/0.1"


def slow(min_rate: int, grace_s: float, timeout_s: float = 20) -> Limits:
    """Limits that ask for a rate after a while."""
    return Limits(
        timedelta(seconds=timeout_s), 50_000, AGENT, True, min_rate=min_rate, grace=timedelta(seconds=grace_s)
    )


@pytest.mark.timeout(15)
def test_a_body_that_drips_is_given_up_after_its_grace() -> None:
    found = failure({"/a": drip(0.01)}, limits=slow(500, 0.2))
    assert found.reason is Reason.TIMEOUT
    assert "less than 500 bytes a second after 0.2 s" in found.detail
    assert "NEWSTAPE_MIN_RATE" in found.detail


@pytest.mark.timeout(15)
def test_a_body_that_stops_is_given_up_when_its_average_falls_short() -> None:
    async def stalling(writer: asyncio.StreamWriter) -> None:
        writer.write(reply(200, bytes(1000), Content_Length="2000"))
        await asyncio.Event().wait()

    assert "bytes a second" in failure({"/a": stalling}, limits=slow(2000, 0.1)).detail


def in_pieces(pieces: int, pause_s: float) -> Step:
    """A body of 10,000 bytes in so many pieces."""

    async def step(writer: asyncio.StreamWriter) -> None:
        writer.write(reply(200, Content_Length="10000"))
        for _ in range(pieces):
            writer.write(bytes(10_000 // pieces))
            await writer.drain()
            await asyncio.sleep(pause_s)

    return step


def test_a_body_that_is_slow_but_fast_enough_is_taken() -> None:
    answer, _ = asked({"/a": in_pieces(10, 0.05)}, limits=slow(100, 0.1))
    assert isinstance(answer, Response)
    assert len(answer.body) == 10_000


def test_a_fast_start_makes_up_for_a_pause() -> None:
    answer, _ = asked({"/a": in_pieces(2, 0.4)}, limits=slow(5_000, 0.1))
    assert isinstance(answer, Response)


def test_without_a_rate_only_the_deadline_counts() -> None:
    found = failure({"/a": drip(0.01)}, limits=slow(0, 0, timeout_s=0.3))
    assert "no complete answer within 0.3 s" in found.detail


def test_the_deadline_holds_whatever_the_rate() -> None:
    found = failure({"/a": drip(0.001)}, limits=slow(1, 0.1, timeout_s=0.5))
    assert "no complete answer within 0.5 s" in found.detail


def test_the_settings_are_the_limits(tmp_path: Path) -> None:
    using = Settings(min_rate=7, proxy_url="http://user:word@proxy.example:3128", ca_file=tmp_path / "ca.pem")
    limits = limits_of(using)
    assert (limits.min_rate, limits.proxy, limits.ca_file) == (7, using.proxy_url, tmp_path / "ca.pem")
    assert (limits.timeout, limits.max_bytes) == (using.fetch_timeout, using.max_body_bytes)
    assert (limits.user_agent, limits.allow_private) == (using.user_agent, using.allow_private_addresses)


def test_limits_do_not_print_the_word_of_a_proxy() -> None:
    limits = limits_of(Settings(proxy_url="http://user:word@proxy.example:3128"))
    assert "word" not in repr(limits)


def trusting(ca_file: Path | None) -> Limits:
    """Limits with these authorities."""
    return Limits(timedelta(seconds=5), 500_000, AGENT, True, ca_file=ca_file)


def test_certificates_are_judged_with_our_own_authorities_too(tmp_path: Path) -> None:
    with portal.start(articles=10, tls=tmp_path / "tls") as running:
        ca_file = Path(running.tls["authority"])
        assert isinstance(got(running.tls["good"], trusting(ca_file)), Response)
        assert reason_of(got(running.tls["good"], trusting(None))) is Reason.UNREACHABLE
        for kind in ("expired", "wrong_host", "self_signed"):
            found = got(running.tls[kind], trusting(ca_file))
            assert reason_of(found) is Reason.UNREACHABLE, kind
            assert "certificate" in found.detail.lower()  # type: ignore[union-attr]


NO_AUTHORITIES = {
    "no such file": None,
    "an empty file": b"",
    "no PEM": b"words\n",
    "half a certificate": b"-----BEGIN CERTIFICATE-----\nMIIB\n",
}


@pytest.mark.parametrize("case", NO_AUTHORITIES)
def test_a_file_without_certificates_is_named_with_what_to_do(case: str, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if (content := NO_AUTHORITIES[case]) is not None:
        file.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"ca\.pem .* NEWSTAPE_CA_FILE must name"):
        got("http://127.0.0.1:9/", trusting(file))


def test_a_folder_is_no_file_of_certificates(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="NEWSTAPE_CA_FILE"):
        trusted(tmp_path)
