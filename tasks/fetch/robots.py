"""robots.txt after RFC 9309: asked once a day per host, and obeyed."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

from protego import Protego

from tasks.model import Get, Response
from tasks.outcome import Failure, Kind, Reason, Stage
from tasks.text import decode, inflate

# RFC 9309, 2.4 (at most 24 hours) and 2.5 (at least 500 KiB are read).
KEEP = timedelta(hours=24)
KEEP_TROUBLE = timedelta(minutes=15)
READ_BYTES = 500 * 1024
# Beyond this a compressed file is a bomb, not rules.
MOST_INFLATED_BYTES = 32 * 1024 * 1024
# A longer Crawl-delay is a mistake more often than a wish.
LONGEST_CRAWL_DELAY_S = 30.0
NO_ANSWER = 0
# Statuses that say nothing about rules, whatever the body: wait, throttled, or a challenge in place of the file.
_UNDECIDED = frozenset({202, 429})
_GROUP = re.compile(r"^[ \t\ufeff]*user-?agent[ \t]*:", re.IGNORECASE | re.MULTILINE)

# What a host's rules say of an address: no_rules = there is no file, or nothing in it; unknown = it could not say.
Verdict = Literal["allowed", "no_rules", "disallowed", "unknown"]


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of a host. `status` is that of the request for them, 0 where nobody answered.

    `body` is empty where there is no file, and None where the host could not say: then it is not to be asked at all.
    """

    status: int
    body: str | None
    expires_at: datetime

    @property
    def is_known(self) -> bool:
        """Whether the host said what is allowed, even if by having no file."""
        return self.body is not None


async def fetch_robots(url: str, get: Get, now: datetime) -> tuple[Robots, Response | Failure]:
    """The rules for the host of `url`, asked now, and the answer they came with."""
    parts = urlsplit(url)
    answer = await get(f"{parts.scheme}://{parts.netloc}/robots.txt", {"Accept": "text/plain,*/*;q=0.1"})
    text = _text(answer)
    if text is not None:
        return Robots(answer.status or NO_ANSWER, text, now + KEEP), answer
    wished = answer.retry_after if isinstance(answer, Failure) else None
    return Robots(answer.status or NO_ANSWER, None, now + max(KEEP_TROUBLE, wished or timedelta(0))), answer


def _text(answer: Response | Failure) -> str | None:
    """The rules in an answer; None: the host could not say.

    Trouble (5xx, 429, no answer, a broken body) means wait, everything else without a file allows all (RFC 9309,
    2.3.1.3 and 2.3.1.4): 4xx, too many redirects. Where the address itself is forbidden, the pages will say so.
    """
    if isinstance(answer, Failure):
        return None if _is_trouble(answer) else ""
    body = inflate(answer.body, answer.headers.get("content-encoding"), MOST_INFLATED_BYTES)
    if isinstance(body, Reason):
        return None
    if len(body) > READ_BYTES:
        # A rule that is cut in two would forbid more than was meant.
        body = body[: max(body.rfind(b"\n", 0, READ_BYTES), body.rfind(b"\r", 0, READ_BYTES)) + 1]
    return decode(body, "utf-8").replace("\x00", "")


def _is_trouble(failure: Failure) -> bool:
    status = failure.status or NO_ANSWER
    is_undecided = status in _UNDECIDED or status >= 500  # noqa: PLR2004 - RFC 9110, 15.6
    return is_undecided or failure.reason.kind is Kind.TRANSIENT or failure.reason is Reason.TOO_LARGE


def permission(robots: Robots) -> Verdict:
    """What the rules say of an address that they do not forbid."""
    if robots.body is None:
        return "unknown"
    return "allowed" if _has_rules(robots.body) else "no_rules"


def verdict(robots: Robots, user_agent: str, url: str) -> Verdict:
    """What the rules say of `url`."""
    no = refusal(robots, user_agent, url)
    return "disallowed" if no is not None and no.reason is Reason.ROBOTS else permission(robots)


def refusal(robots: Robots, user_agent: str, url: str) -> Failure | None:
    """Why `url` may not be fetched now; None: it may."""
    if robots.body is None:
        said = f"answered {robots.status}" if robots.status else "did not answer"
        return Failure(Stage.FETCH, Reason.SERVER_ERROR, f"robots.txt {said}; its host is left alone until it does")
    token = _product_token(user_agent)
    if _rules(robots.body).can_fetch(url, token):
        return None
    return Failure(Stage.FETCH, Reason.ROBOTS, f"robots.txt of the host disallows it for {token}")


def crawl_delay_s(robots: Robots, user_agent: str) -> float:
    """The distance in seconds that the host asks for, capped at 30; 0 where it asks for none."""
    wanted = _rules(robots.body).crawl_delay(_product_token(user_agent)) if robots.body else None
    return max(0.0, min(float(wanted or 0), LONGEST_CRAWL_DELAY_S))


def _product_token(user_agent: str) -> str:
    """The name that a group of rules is for (RFC 9309, 2.2.1): a contact behind it may contain the name of others."""
    return user_agent.partition("/")[0].strip()


@lru_cache(maxsize=512)
def _has_rules(body: str) -> bool:
    """Whether a file has rules for anybody: a page in HTML has none."""
    return _GROUP.search(body.replace("\r", "\n")) is not None


@lru_cache(maxsize=512)
def _rules(body: str) -> Protego:
    return Protego.parse(body)
