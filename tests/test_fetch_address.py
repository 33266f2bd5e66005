"""Only public addresses are asked, however they are spelled: tests/data/addresses.tsv is the table to extend."""

import socket
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from aiohttp.abc import ResolveResult
from fakes import FakeResolver, run
from hypothesis import given
from hypothesis import strategies as st

from tasks.fetch.address import ForbiddenAddressError, GuardedResolver, is_public, objection, public_socket
from tasks.outcome import Reason

TABLE = Path(__file__).parent / "data" / "addresses.tsv"
ROWS = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(("address", "public"), [(row[0], row[1] == "yes") for row in ROWS])
def test_an_address_is_public_as_in_the_table(address: str, *, public: bool) -> None:
    assert is_public(address) is public


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged_as_itself(inner: IPv4Address) -> None:
    number = int(inner)
    wrappings = [(0xFFFF << 32) | number, (0x64FF9B << 96) | number, (0x2002 << 112) | (number << 80) | 1]
    assert {is_public(str(IPv6Address(wrapped))) for wrapped in wrappings} == {is_public(str(inner))}


@pytest.mark.parametrize("network", ["10", "127", "0", "224", "255"])
@given(rest=st.integers(0, 2**24 - 1))
def test_no_address_of_a_closed_network_is_public(network: str, rest: int) -> None:
    assert not is_public(str(IPv4Address((int(network) << 24) | rest)))


OBJECTIONS = {
    "http": ("http://nordwerk.example/a", None),
    "https": ("https://nordwerk.example/a", None),
    "an alternative port": ("https://nordwerk.example:8443/", None),
    "a public literal": ("http://8.8.8.8/", None),
    "a public IPv6 literal": ("http://[2001:4860:4860::8888]/", None),
    "a scheme in capitals": ("HTTPS://nordwerk.example/", None),
    "a port of a database": ("http://nordwerk.example:5432/", Reason.FORBIDDEN_ADDRESS),
    "a port of mail": ("http://nordwerk.example:25/", Reason.FORBIDDEN_ADDRESS),
    "port 0": ("http://nordwerk.example:0/", Reason.FORBIDDEN_ADDRESS),
    "a loopback literal": ("http://127.0.0.1/", Reason.FORBIDDEN_ADDRESS),
    "a loopback literal in IPv6": ("http://[::1]/", Reason.FORBIDDEN_ADDRESS),
    "a mapped literal": ("http://[::ffff:10.0.0.1]/", Reason.FORBIDDEN_ADDRESS),
    "a metadata service": ("http://169.254.169.254/latest/meta-data/", Reason.FORBIDDEN_ADDRESS),
    "a file": ("file:///etc/passwd", Reason.BAD_URL),
    "ftp": ("ftp://nordwerk.example/a", Reason.BAD_URL),
    "no scheme": ("nordwerk.example/a", Reason.BAD_URL),
    "nothing": ("", Reason.BAD_URL),
}


@pytest.mark.parametrize("case", OBJECTIONS)
def test_an_address_is_objected_to_before_anything_is_asked(case: str) -> None:
    url, reason = OBJECTIONS[case]
    found = objection(url, allow_private=False)
    assert (found.reason if found else None) is reason


@pytest.mark.parametrize("url", ["http://nordwerk.example:http/", "http://nordwerk.example:99999/", "http://[::1"])
def test_what_is_no_address_at_all_is_a_value_error(url: str) -> None:
    with pytest.raises(ValueError, match=r"port|Port|IPv6"):
        objection(url, allow_private=True)


def test_a_private_address_on_any_port_is_fine_where_the_setting_allows_it() -> None:
    assert objection("http://127.0.0.1:5432/", allow_private=True) is None
    assert objection("http://[::1]:9/", allow_private=True) is None


def test_the_setting_does_not_open_other_schemes() -> None:
    found = objection("file:///etc/passwd", allow_private=True)
    assert found is not None
    assert found.reason is Reason.BAD_URL


def resolved(*answers: list[str]) -> list[ResolveResult]:
    """What the guard hands on of one look-up."""
    return run(GuardedResolver(FakeResolver(nordwerk_example=list(answers))).resolve("nordwerk.example", 80))


def test_of_mixed_addresses_the_public_ones_are_handed_on() -> None:
    assert [one["host"] for one in resolved(["10.0.0.1", "8.8.8.8", "::1", "2001:4860:4860::8888"])] == [
        "8.8.8.8",
        "2001:4860:4860::8888",
    ]


@pytest.mark.parametrize("private", [["127.0.0.1"], ["::1", "10.0.0.1"], ["169.254.169.254"], ["fe80::1%eth0"]])
def test_a_name_with_private_addresses_only_is_forbidden(private: list[str]) -> None:
    with pytest.raises(ForbiddenAddressError, match=r"nordwerk\.example resolves to"):
        resolved(private)


def test_a_name_that_does_not_exist_stays_an_error_of_the_resolver() -> None:
    with pytest.raises(socket.gaierror):
        run(GuardedResolver(FakeResolver()).resolve("nordwerk.example", 80))


def test_a_socket_is_made_for_a_public_address_only() -> None:
    kind, protocol = socket.SOCK_STREAM, socket.IPPROTO_TCP
    with public_socket((socket.AF_INET, kind, protocol, "", ("8.8.8.8", 80))) as made:
        assert (made.family, made.type) == (socket.AF_INET, kind)
    with pytest.raises(ForbiddenAddressError, match=r"127\.0\.0\.1 is not a public address"):
        public_socket((socket.AF_INET, kind, protocol, "", ("127.0.0.1", 80)))
    with pytest.raises(ForbiddenAddressError):
        public_socket((socket.AF_INET6, kind, protocol, "", ("::1", 80, 0, 0)))
