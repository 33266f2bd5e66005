"""What becomes of an entry after a failure: tried again (when), kept out, gone or dead."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tasks.outcome import Failure, Kind, Reason, Stage

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
# Reasons that are tried a second time although they look final: portals list an article before their cache has it,
# and bot walls come and go.
SECOND_CHANCE = frozenset({Reason.NOT_FOUND, Reason.SOFT_404, Reason.BLOCKED, Reason.EMPTY_BODY})
# An article is handed on between hosts of a portal once or twice; more is a circle.
MOST_HOPS = 5
TOO_MANY_HOPS = Failure(
    Stage.FETCH, Reason.REDIRECTED, f"redirected from host to host more than {MOST_HOPS} times; it is not followed on"
)
_NO_ARTICLE = frozenset({Reason.NOT_A_PAGE, Reason.NO_TEXT, Reason.EMPTY_BODY, Reason.JS_ONLY, Reason.BAD_URL})
_NOWHERE = frozenset({Reason.NOT_FOUND, Reason.GONE, Reason.SOFT_404})


@dataclass(frozen=True, slots=True)
class NextStep:
    """The state an entry goes to; `due_at` for retry only."""

    state: str
    due_at: datetime | None = None


def after(failure: Failure, attempts: int, max_attempts: int, now: datetime, key: str) -> NextStep:
    """The next step of an entry after `failure`, which was request number `attempts`; `key` spreads the retries."""
    if failure.reason in SECOND_CHANCE and attempts < min(2, max_attempts):
        return NextStep("retry", now + pause(attempts, key))
    if failure.reason.kind is Kind.TRANSIENT:
        if attempts >= max_attempts:
            return NextStep("dead")
        return NextStep("retry", now + max(pause(attempts, key), failure.retry_after or timedelta(0)))
    if failure.reason in _NOWHERE:
        return NextStep("gone")
    if failure.reason.kind is Kind.POLICY or failure.reason in _NO_ARTICLE:
        return NextStep("skipped")
    return NextStep("dead")


def may_move(entry: Mapping[str, Any]) -> bool:
    """Whether an entry that is redirected to another host may be asked there."""
    return int(entry["hops"]) < MOST_HOPS


def pause(attempts: int, key: str) -> timedelta:
    """Exponential: 1, 2, 4 ... minutes up to 6 hours, each 0 to 50 % longer by a fixed amount per `key`."""
    base = min(FIRST_PAUSE * (1 << max(0, min(attempts, 20) - 1)), LONGEST_PAUSE)
    return base * (1 + 0.5 * (zlib.crc32(key.encode()) / 2**32))
