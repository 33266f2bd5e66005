"""Whatever happens in whatever order, no entry is lost and none is settled twice."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, ClassVar

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from makers import LEASE, NOW, entries, host_row, known_feeds, listed_row, settled, share
from sqlalchemy import Connection, Engine

from sql.store import frontier

ENDS = ("loaded", "duplicate", "skipped", "gone", "dead")
ADDRESSES = st.lists(st.integers(0, 11), min_size=1, max_size=6)


def address(number: int) -> str:
    return f"https://h{number % 3}.example/{number}"


def by_id(conn: Connection) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in entries(conn)}


class History(RuleBasedStateMachine):
    """Three processes on one frontier; each knows only what its own calls told it, and may die at any moment."""

    engine: ClassVar[Engine]

    def __init__(self) -> None:
        super().__init__()
        self.conn = self.engine.connect()
        self.transaction = self.conn.begin()
        feeds = known_feeds(self.conn, "alpha", "beta")
        self.feeds = [feeds["alpha/all"], feeds["beta/all"]]
        self.now = NOW
        self.runs = [1, 2, 3]
        self.holds: dict[int, dict[int, datetime]] = {run: {} for run in self.runs}
        self.listed: set[str] = set()
        self.ended: dict[int, dict[str, Any]] = {}
        self.calls = 0

    def teardown(self) -> None:
        """Everybody dies, a last process drains: then every address that was ever listed is at its end."""
        self.now += timedelta(days=1)
        frontier.release_expired(self.conn, self.now)
        while (claimed := frontier.claim(self.conn, "last", self.now, LEASE, share(count=4)))[1]:
            frontier.settle(self.conn, "last", [settled(row["id"], "loaded") for row in claimed[1]], self.now)
            frontier.release_hosts(self.conn, "last", [host_row(row["host"], self.now) for row in claimed[0]])
        rows = by_id(self.conn)
        assert {row["canonical_url"] for row in rows.values() if row["state"] in ENDS} == self.listed
        assert {entry_id: rows[entry_id] for entry_id in self.ended} == self.ended
        self.transaction.rollback()
        self.conn.close()

    @rule(numbers=ADDRESSES, feed=st.integers(0, 1), priority=st.integers(0, 1))
    def list_addresses(self, numbers: list[int], feed: int, priority: int) -> None:
        urls = [address(number) for number in numbers]
        rows = [listed_row(self.feeds[feed], url, position) for position, url in enumerate(urls)]
        new = frontier.add(self.conn, rows, self.now, priority=priority).new
        assert len(new) == len(set(urls) - self.listed)
        self.listed |= set(urls)

    @rule(seconds=st.sampled_from([1, 20, 61, 400]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(who=st.integers(0, 2), count=st.integers(1, 8), hosts=st.integers(1, 3))
    def claim(self, who: int, count: int, hosts: int) -> None:
        frontier.release_expired(self.conn, self.now)
        held_hosts, rows = frontier.claim(self.conn, self.owner(who), self.now, LEASE, share(count, hosts))
        assert len(rows) <= count
        assert {row["host"] for row in rows} == {row["host"] for row in held_hosts}
        theirs = {
            entry_id
            for run, held in self.holds.items()
            if run != self.runs[who]
            for entry_id, until in held.items()
            if until >= self.now
        }
        assert theirs.isdisjoint(row["id"] for row in rows)
        assert set(self.ended).isdisjoint(row["id"] for row in rows)
        self.holds[self.runs[who]] |= {row["id"]: self.now + LEASE for row in rows}

    @rule(who=st.integers(0, 2))
    def renew(self, who: int) -> None:
        frontier.renew(self.conn, self.owner(who), self.now + LEASE)
        mine = self.holds[self.runs[who]]
        for entry_id in frontier.held(self.conn, self.owner(who), list(mine)):
            mine[entry_id] = self.now + LEASE

    @rule(who=st.integers(0, 2))
    def fetch(self, who: int) -> None:
        rows = [{"entry_id": entry_id, "id": 100 + entry_id, "fetched_at": self.now} for entry_id in self.mine(who)]
        frontier.mark_fetched(self.conn, self.owner(who), rows)

    @rule(who=st.integers(0, 2), state=st.sampled_from([*ENDS, "retry"]), every=st.integers(1, 3))
    def settle(self, who: int, state: str, every: int) -> None:
        self.calls += 1
        chosen = self.mine(who)[::every]
        reason = "timeout" if state == "retry" else None
        due_at = self.now + timedelta(seconds=30) if state == "retry" else None
        rows = [settled(one, state, reason=reason, due_at=due_at, detail=f"call {self.calls}") for one in chosen]
        frontier.settle(self.conn, self.owner(who), rows, self.now)
        after = by_id(self.conn)
        written = [one for one in chosen if after[one]["detail"] == f"call {self.calls}"]
        assert set(self.ended).isdisjoint(written), "settled twice"
        if state in ENDS:
            self.ended |= {one: after[one] for one in written}
        for one in chosen:
            del self.holds[self.runs[who]][one]

    @rule(who=st.integers(0, 2))
    def put_back(self, who: int) -> None:
        frontier.release_entries(self.conn, self.owner(who), self.mine(who))
        self.holds[self.runs[who]].clear()

    @rule(who=st.integers(0, 2), noticed=st.booleans())
    def die(self, who: int, *, noticed: bool) -> None:
        """Without a word; `noticed`: the next run frees its work at once, else its leases have to run out."""
        dead = self.runs[who]
        self.runs[who] = max(self.holds) + 1
        self.holds[self.runs[who]] = {}
        if noticed:
            frontier.release_run(self.conn, dead)
            self.holds[dead].clear()

    @invariant()
    def every_address_is_there_once_and_ends_stay_as_they_are(self) -> None:
        rows = by_id(self.conn)
        assert sorted(row["canonical_url"] for row in rows.values()) == sorted(self.listed)
        assert {entry_id: rows[entry_id] for entry_id in self.ended} == self.ended

    def owner(self, who: int) -> str:
        return f"run:{self.runs[who]}:x"

    def mine(self, who: int) -> list[int]:
        return sorted(self.holds[self.runs[who]])


def test_no_history_loses_an_entry_or_settles_it_twice(migrated: Engine) -> None:
    budget = hypothesis_settings(max_examples=40, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(type("HistoryHere", (History,), {"engine": migrated}), settings=budget)


def test_processes_that_work_and_die_side_by_side_settle_each_entry_once(tape: Engine) -> None:
    with tape.begin() as conn:
        feed = known_feeds(conn, "alpha")["alpha/all"]
        rows = [listed_row(feed, f"https://h{n % 9}.example/{n}", n) for n in range(300)]
        frontier.add(conn, rows, NOW)

    def work(run: int) -> list[int]:
        """Claim and settle until nothing is left; about every third batch the process dies and is succeeded."""
        chance, lives = random.Random(run), 0
        mine: list[int] = []
        while True:
            lives += 1
            owner = f"run:{run}:{lives}"
            with tape.begin() as conn:
                hosts, claimed = frontier.claim(conn, owner, NOW, LEASE, share(count=7, hosts=3))
            if chance.random() < 0.3:
                with tape.begin() as conn:
                    frontier.release_run(conn, run)
                continue
            with tape.begin() as conn:
                done = sorted(frontier.held(conn, owner, [row["id"] for row in claimed]))
                frontier.settle(conn, owner, [settled(one, "loaded") for one in done], NOW)
                frontier.release_hosts(conn, owner, [host_row(row["host"]) for row in hosts])
                left = frontier.counts(conn)
            mine += done
            if set(left) == {"loaded"}:
                return mine

    with ThreadPoolExecutor(4) as pool:
        settled_ids = [one for done in pool.map(work, range(1, 5)) for one in done]
    assert len(settled_ids) == 300
    assert len(set(settled_ids)) == 300
