"""The captures of one span of days while an index lists them: candidates, what is left out, the end. Pure."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from urllib.parse import urlsplit

from tasks.archives.address_dates import address_day
from tasks.archives.addresses import portal_address
from tasks.archives.basket import Left
from tasks.archives.cdx import LIMIT, REVISIT, Capture, Captures, Index, capture_address, question, stamp_of
from tasks.archives.doubts import AGAIN, told
from tasks.archives.pieces import pieces
from tasks.archives.stretches import Wanted
from tasks.outcome import Failure, Reason
from tasks.past import Announced, ArchiveRequest, Candidate, Days
from tasks.urls import canonical_url

OTHER_DAY = "of articles of other days"
NOT_OK = "with another status than 200"
REVISITED = "revisits (the page is another capture)"
NO_HTML = "not HTML"
AGAIN_CAPTURED = "further ones of the same address"
SAME_BODY = "with the same body as another address"
NO_ADDRESS = "with an address or a time that can't be read"
FRONT = "front pages"
_OK = "200"
_FEWER_DAYS_HELP = frozenset({Reason.TIMEOUT, Reason.SERVER_ERROR, Reason.TRUNCATED, Reason.TOO_LARGE})


class CaptureListing:
    """What an index lists of the captures of `days`, answer by answer; articles of any wanted day are taken.

    `question` is what to ask next while `is_open`; `to_split` are days that are to be asked for one by one instead.
    """

    def __init__(self, index: Index, days: Days, wanted: Wanted, now: datetime) -> None:
        self.is_open = True
        self.to_split: tuple[date, ...] = ()
        self.question = question(index, days)
        self._index = index
        self._days = days
        self._wanted = wanted
        self._now = now
        self._keys: set[str] = set()
        self._seen: set[str] = set()
        self._taken = 0
        self._left: Counter[str] = Counter()

    def missed(self, failure: Failure, requests: tuple[ArchiveRequest, ...], *, may_split: bool) -> Announced:
        """What it means that there is no answer: days that are too much for the index are asked for one by one."""
        self.is_open = False
        if may_split and failure.reason in _FEWER_DAYS_HELP and len(self._days.days) > 1:
            self.to_split = self._days.days
            return Announced(requests=requests)
        return self._failed(f"the web archive's index can't be read: {told(failure)}; {AGAIN}", requests)

    def took(self, answer: Captures, requests: tuple[ArchiveRequest, ...]) -> Iterator[Announced]:
        """The candidates of an answer in pieces of at most 1,000; the days are done with the last one."""
        found = [self._candidate(row) for row in answer.rows]
        candidates = [one for one in found if isinstance(one, Candidate)]
        self._left.update(one.why for one in found if isinstance(one, Left))
        self._taken += len(candidates)
        return pieces(candidates, self._turned(answer, requests))

    def _turned(self, answer: Captures, requests: tuple[ArchiveRequest, ...]) -> Announced:
        """On with the next answer, or the end."""
        key = answer.resume_key
        if key and key not in self._keys and answer.rows:
            self._keys.add(key)
            self.question = question(self._index, self._days, key)
            return Announced(requests=requests)
        self.is_open = False
        if key and answer.rows:
            return self._failed(f"the web archive's index goes round in a circle (resume key {key[:80]!r})", requests)
        if len(answer.rows) < LIMIT or key:
            return Announced(requests=requests, complete=frozenset(self._days.days), left_out=self._lines())
        if len(self._days.days) > 1:
            self.to_split = self._days.days
            return Announced(requests=requests)
        reason = f"the web archive's index has more than {LIMIT} captures of this day and gives no resume key"
        return self._failed(f"{reason}; name a part of the portal in the place (?url=portal.example/news/)", requests)

    def _failed(self, reason: str, requests: tuple[ArchiveRequest, ...]) -> Announced:
        return Announced(requests=requests, failed=dict.fromkeys(self._days.days, reason), left_out=self._lines())

    def _lines(self) -> tuple[str, ...]:
        """What was left out of the whole span, on one line."""
        if not self._left:
            return ()
        counted = "; ".join(f"{count} {why}" for why, count in self._left.most_common())
        first, last = self._days.days[0], self._days.days[-1]
        return (f"captures of {first} to {last}: {self._taken} taken, left out: {counted}",)

    def _candidate(self, row: Capture) -> Candidate | Left:
        if why := _objection(row):
            return Left(why)
        captured_at = stamp_of(row.timestamp)
        url = portal_address(row.original)
        asked_url = capture_address(self._index, row)
        if not captured_at or not url or not canonical_url(asked_url):
            return Left(NO_ADDRESS)
        if urlsplit(url).path.strip("/") == "" and not urlsplit(url).query:
            return Left(FRONT)
        day = address_day(url) or self._wanted.local(captured_at)
        if day not in self._wanted.days:
            return Left(OTHER_DAY)
        if why := self._repeats(url, row.digest):
            return Left(why)
        captured_at = min(captured_at, self._now)
        return Candidate(url=url, place=self.question, day=day, captured_at=captured_at, asked_url=asked_url)

    def _repeats(self, url: str, digest: str) -> str | None:
        """Why a capture of a span is one too many; the first one of an address is the best bound of its time."""
        if url in self._seen:
            return AGAIN_CAPTURED
        if digest and digest in self._seen:
            return SAME_BODY
        self._seen |= {url, digest}
        return None


def _objection(row: Capture) -> str | None:
    """Why a row is no page; servers that do not filter list everything."""
    if row.mimetype == REVISIT:
        return REVISITED
    if row.status != _OK:
        return NOT_OK
    return None if "html" in row.mimetype.lower() else NO_HTML
