"""The ledger: every request that the portals served, as proof of what was and was not asked."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """One request. `status` 0: the connection ended without an answer; `bytes` is the size of the body sent."""

    at: datetime
    portal: str
    path: str
    status: int
    bytes: int
    if_none_match: str | None
    if_modified_since: str | None
    user_agent: str | None


class Ledger:
    """The lines in the order in which the requests ended, and how many ran at once."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._running: Counter[str] = Counter()
        self._peak: Counter[str] = Counter()

    def open(self, portal: str) -> datetime:
        """Notes that a request of the portal has begun; the instant."""
        self._running[portal] += 1
        self._peak[portal] = max(self._peak[portal], self._running[portal])
        return datetime.now(UTC)

    def close(self, line: Line) -> None:
        """Notes that a request has ended."""
        self._running[line.portal] -= 1
        self._lines.append(line)

    def clear(self) -> None:
        """Forgets every line."""
        self._lines.clear()
        self._peak = Counter(self._running)

    def lines(self) -> list[dict[str, Any]]:
        """Every line as JSON values; `at` is when the request began."""
        return [{**asdict(line), "at": line.at.isoformat()} for line in self._lines]

    def summary(self) -> dict[str, Any]:
        """Counts by portal and status, the peak of requests at once, and the addresses asked most."""
        portals: dict[str, dict[str, Any]] = {}
        for line in self._lines:
            of = portals.setdefault(line.portal, {"requests": 0, "bytes": 0, "by_status": Counter()})
            of["requests"] += 1
            of["bytes"] += line.bytes
            of["by_status"][str(line.status)] += 1
        for slug, of in portals.items():
            of["peak_at_once"] = self._peak[slug]
        paths = Counter((line.portal, line.path) for line in self._lines)
        return {
            "requests": len(self._lines),
            "bytes": sum(line.bytes for line in self._lines),
            "by_status": Counter(str(line.status) for line in self._lines),
            "user_agents": Counter(line.user_agent or "" for line in self._lines),
            "portals": portals,
            "most_asked": [
                {"portal": portal, "path": path, "requests": count} for (portal, path), count in paths.most_common(10)
            ],
        }
