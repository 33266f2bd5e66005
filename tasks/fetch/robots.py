"""robots.txt after RFC 9309: asked once a day per host, and obeyed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from protego import Protego

from tasks.model import Get, Response
from tasks.outcome import Failure, Kind, Reason, Stage
from tasks.text import decode, inflate

# RFC 9309, 2.4 (at most 24 hours) and 2.5 (at least 500 KiB are read).
KEEP = timedelta(hours=24)
KEEP_TROUBLE = timedelta(minutes=15)
READ_BYTES = 500 * 1024
# A longer Crawl-delay is a mistake more often than a wish.
LONGEST_CRAWL_DELAY_S = 30.0
NO_ANSWER = 0


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of a host. `status` is that of the request for them, 0 where nobody answered."""

    status: int
    body: str | None
    expires_at: datetime


async def fetch_robots(url: str, get: Get, now: datetime) -> tuple[Robots, Response | Failure]:
    """The rules for the host of `url`, asked now, and the answer they came with."""
    parts = urlsplit(url)
    answer = await get(f"{parts.scheme}://{parts.netloc}/robots.txt", {"Accept": "text/plain,*/*;q=0.1"})
    if isinstance(answer, Failure):
        waits = answer.status is None or answer.reason.kind is Kind.TRANSIENT
        return Robots(answer.status or NO_ANSWER, None, now + (KEEP_TROUBLE if waits else KEEP)), answer
    body = inflate(answer.body, answer.headers.get("content-encoding"), 4 * READ_BYTES)
    text = "" if isinstance(body, Reason) else decode(body[:READ_BYTES], "utf-8")
    return Robots(answer.status, text.replace("\x00", ""), now + KEEP), answer


def refusal(robots: Robots, user_agent: str, url: str) -> Failure | None:
    """Why `url` may not be fetched now; None: it may.

    A missing file allows all; a server error or no answer means wait, not go (RFC 9309, 2.3.1.3 and 2.3.1.4).
    """
    if robots.status in (NO_ANSWER, 429) or robots.status >= 500:  # noqa: PLR2004 - RFC 9110, 15.6
        said = f"answered {robots.status}" if robots.status else "did not answer"
        return Failure(Stage.FETCH, Reason.SERVER_ERROR, f"robots.txt {said}; its host is left alone until it does")
    if robots.body is None or _rules(robots.body).can_fetch(url, user_agent):
        return None
    return Failure(Stage.FETCH, Reason.ROBOTS, f"robots.txt of the host disallows it for {user_agent.split('/')[0]}")


def crawl_delay_s(robots: Robots, user_agent: str) -> float:
    """The distance in seconds that the host asks for, capped at 30; 0 where it asks for none."""
    wanted = _rules(robots.body).crawl_delay(user_agent) if robots.body else None
    return min(float(wanted or 0), LONGEST_CRAWL_DELAY_S)


@lru_cache(maxsize=512)
def _rules(body: str) -> Protego:
    return Protego.parse(body)
