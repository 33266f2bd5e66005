"""Redirects: where one leads, what may travel along, and what counts as the same place. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tasks.fetch.failures import failed, storable
from tasks.outcome import Failure, Reason
from tasks.urls import absolute_url, host_key

MAX_REDIRECTS = 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
# What another origin gets to see after a redirect. A list of what may go, not of what may not: a portal's key can
# have any name.
_CONDITIONS = frozenset({"if-none-match", "if-modified-since"})
_OPEN_HEADERS = frozenset({"accept", "accept-encoding", "accept-language", "range", "user-agent"}) | _CONDITIONS
_DEFAULT_PORTS = frozenset({"80", "443"})


@dataclass(frozen=True, slots=True)
class Hop:
    """A redirect: its status, and the address that it leads to."""

    status: int
    to: str


@dataclass(slots=True)
class Trip:
    """One question on its way: the address that is asked now, those asked before, and how far it moved for good."""

    url: str
    headers: Mapping[str, str]
    at: str = ""
    asked: list[str] = field(default_factory=list)
    moved_to: str | None = None
    _for_good: bool = True

    def __post_init__(self) -> None:
        self.at = self.url

    @property
    def is_conditional(self) -> bool:
        """Whether a 304 would be an answer."""
        return any(name.lower() in _CONDITIONS for name in self.headers)

    @property
    def is_partial(self) -> bool:
        """Whether a part of the body is asked for, so that a 206 would be an answer."""
        return any(name.lower() == "range" for name in self.headers)

    def drop_conditions(self) -> None:
        """From now on only a whole answer will do."""
        self.headers = {name: value for name, value in self.headers.items() if name.lower() not in _CONDITIONS}

    @property
    def is_over(self) -> bool:
        """Whether redirects led in a circle, or too far."""
        return self.at in self.asked or len(self.asked) > MAX_REDIRECTS

    def follow(self, hop: Hop) -> None:
        """Go on to where `hop` leads; another origin gets to see what is open only."""
        if _origin(hop.to) != _origin(self.at):
            self.headers = {name: value for name, value in self.headers.items() if name.lower() in _OPEN_HEADERS}
        self._for_good = self._for_good and hop.status in _PERMANENT
        if self._for_good:
            self.moved_to = hop.to
        self.at = hop.to


def hop_of(at: str, status: int, location: str) -> Hop | Failure:
    """The redirect that `location` means on `at`; a failure where it is no web address."""
    written = storable(location)
    target = absolute_url(at, written)
    if target is None:
        return failed(Reason.BAD_URL, f"{status} to {written[:200]!r}, which is no web address", status)
    return Hop(status, target)


def is_same_place(one: str, other: str) -> bool:
    """Whether both addresses are of one host: with or without www, by http or https, else by name and port.

    ValueError for what is no web address.
    """
    return _place(one) == _place(other)


def _place(url: str) -> tuple[str, str]:
    host, _, port = host_key(url).rpartition(":")
    return (host.removeprefix("www."), "") if port in _DEFAULT_PORTS else (host, port)


def _origin(url: str) -> tuple[str, str]:
    """What credentials belong to (RFC 6454); http and https of a host are two, or they would leak in the clear."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
