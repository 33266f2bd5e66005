"""The steps of a run against a real database and a scripted web: what the flow tests can't bring about."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes import FakeWeb
from makers import known_feeds, listed, page
from sqlalchemy import Engine, text

from tasks.outcome import Reason, Stage
from tasks.steps import fetch
from tasks.steps.run import Handover, Run, stage_row


def entry(tape: Engine) -> dict[str, Any]:
    with tape.connect() as conn:
        return dict(conn.execute(text("SELECT * FROM ingest.entries")).mappings().one())


def test_an_entry_whose_archived_page_expired_is_due_again_without_a_page(tape: Engine) -> None:
    with tape.begin() as conn:
        feed = next(iter(known_feeds(conn, "alpha").values()))
        listed(conn, feed, [page(1)])
        conn.execute(
            text("UPDATE ingest.entries SET state = 'fetched', page_id = 7, page_fetched_at = now(), attempts = 1")
        )
    run = Run(1, "run:1:x", None, None)
    _hosts, entries = fetch._claim_entries(run, 10)
    assert [row["page_id"] for row in entries] == [7]
    with tape.begin() as conn:
        assert fetch._fetched_before(conn, run, entries, datetime.now(UTC)) == []
    after = entry(tape)
    assert (after["state"], after["reason"], after["page_id"]) == ("retry", Reason.PAGE_EXPIRED, None)
    assert after["lease_owner"] is None


def test_items_that_are_not_accounted_for_stop_the_run() -> None:
    with pytest.raises(RuntimeError, match=r"3 items came in, 1 \+ 1 \+ 0 are accounted for"):
        stage_row(Stage.LOAD, 3, 1, 1, 0, 0.0)


def test_nothing_due_asks_nobody(tape: Engine) -> None:
    web = FakeWeb()
    claimed = asyncio.run(fetch.fetch_due(Run(1, "run:1:x", None, None), web, Handover(), 10))
    assert (claimed, web.asked) == (0, [])
