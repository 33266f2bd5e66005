"""Articles that a person takes down: everything of them goes, and none of their addresses is ever loaded again."""

import getpass
import platform
from collections.abc import Sequence
from datetime import UTC, datetime

from sql.connect import Connection
from sql.store import articles, takedowns
from sql.store.takedowns import Scope
from tasks.columns import Row, settled_row
from tasks.extracted import Extracted, stated_address
from tasks.outcome import Failure, Reason, Stage
from tasks.urls import url_hash

_REFUSED = Failure(Stage.LOAD, Reason.TAKEN_DOWN, "its address, or the one that its page states")


def scope_of(conn: Connection, canonical_url: str) -> Scope:
    """What is known under an address in its normal form."""
    digest = url_hash(canonical_url)
    return takedowns.scope(conn, digest, [digest])


def take_down(conn: Connection, canonical_url: str, reason: str, now: datetime) -> Scope:
    """Remove the article under an address in normal form with all that is kept of it; what went.

    Its addresses are forbidden for good, this one included: one that nobody knows is forbidden beforehand. One
    transaction, behind loads that are under way. Twice is once.
    """
    articles.lock_loading(conn)
    found = scope_of(conn, canonical_url)
    tombstone = {"hash": url_hash(canonical_url), "url": canonical_url, "reason": reason, "by": _who()}
    takedowns.take_down(conn, found, tombstone, now)
    return found


def allowed(conn: Connection, batch: Sequence[Extracted]) -> tuple[list[Extracted], list[Row]]:
    """What may be loaded, and the settled rows of what was taken down, by the address listed or the one it states.

    Of the latter nothing is kept, the pages that came just now included.
    """
    addresses = {one.entry["id"]: {one.entry["url_hash"], url_hash(stated_address(one))} for one in batch}
    gone = takedowns.refused(conn, {digest for digests in addresses.values() for digest in digests})
    refused = [one for one in batch if addresses[one.entry["id"]] & gone]
    if refused:
        takedowns.end(conn, [one.entry["id"] for one in refused], _REFUSED.detail, datetime.now(UTC))
    rows = [settled_row(one.entry, "skipped", one.entry["attempts"], failure=_REFUSED) for one in refused]
    return [one for one in batch if not addresses[one.entry["id"]] & gone], [dict(row, article_id=None) for row in rows]


def _who() -> str:
    """Login and machine."""
    return f"{getpass.getuser()}@{platform.node()}"
