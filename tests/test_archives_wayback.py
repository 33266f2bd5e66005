"""The past of a source from a web archive: every capture once, at a polite rate, whatever the index answers."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from fakes import FakeWeb, ok
from hypothesis import given
from hypothesis import strategies as st
from pasts import NOW, announced, candidates, complete, days, failed, left_out, no_web, past

from config.errors import Misconfigured
from tasks.archives.cdx import LIMIT, Captures, index_of, question, read_captures, spans
from tasks.archives.wayback import WaybackArchive, captured_at_of, original_of
from tasks.model import Response
from tasks.outcome import Failure, Reason, Stage
from tasks.past import Announced, Past

HEADER = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest"]
SECOND_TO_FOURTH = {date(2026, 3, day) for day in (2, 3, 4)}
Answer = list[Any] | bytes | Failure


def row(path: str, stamp: str = "20260303090000", **changes: str) -> list[str]:
    """A capture; its digest is made of its path."""
    plain = {"mimetype": "text/html", "statuscode": "200", "digest": f"SHA{path}"} | changes
    return [f"example,nordwerk)/{path}", stamp, f"http://www.nordwerk.example:80/{path}",
            plain["mimetype"], plain["statuscode"], plain["digest"]]  # fmt: skip


@dataclass
class Index:
    """An index that gives its answers in order, the last one for ever; `starts` is when it was asked, in seconds."""

    answers: Sequence[Answer]
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    web: FakeWeb = field(default_factory=FakeWeb)

    async def get(self, url: str, headers: Mapping[str, str]) -> Response | Failure:
        answer = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(parse_qs(urlsplit(url).query))
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode() if isinstance(answer, list) else b""
        self.web.answers[url] = answer if isinstance(answer, Failure) else ok(body)
        return await self.web.get(url, headers)


def listed(*answers: Answer, wish: Past | None = None) -> tuple[list[Announced], Index]:
    index = Index(answers)
    return announced(WaybackArchive(wish or past(), index.get, NOW)), index


def test_a_capture_is_the_portals_address_with_the_one_to_ask_instead() -> None:
    found, index = listed([HEADER, row("news/a?id=1")])
    (one,) = candidates(found)
    assert one.url == "https://www.nordwerk.example/news/a?id=1"
    assert one.asked_url == "https://web.archive.org/web/20260303090000id_/http://www.nordwerk.example:80/news/a?id=1"
    assert one.captured_at == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert one.day == date(2026, 3, 3)
    assert one.page is None
    assert complete(found) == SECOND_TO_FOURTH
    assert urlsplit(one.place).netloc == "web.archive.org"
    assert len(index.asked) == 1


def test_the_question_names_the_window_in_utc_and_what_is_wanted() -> None:
    _, index = listed([])
    assert index.asked[0] == {
        "url": ["nordwerk.example"],
        "matchType": ["domain"],
        "from": ["20260301230000"],
        "to": ["20260304225959"],
        "output": ["json"],
        "fl": [",".join(HEADER)],
        "filter": ["statuscode:200", "mimetype:text/html"],
        "collapse": ["urlkey"],
        "limit": ["5000"],
        "showResumeKey": ["true"],
    }


def test_days_are_asked_for_in_rows_within_a_month() -> None:
    wanted = days("2026-01-30", "2026-02-02")
    wanted = replace(wanted, days=(*wanted.days, date(2026, 2, 5)))
    assert [[day.isoformat()[5:] for day in span.days] for span in spans(wanted)] == [
        ["01-30", "01-31"],
        ["02-01", "02-02"],
        ["02-05"],
    ]


def test_a_resume_key_is_followed_to_the_end() -> None:
    """The Wayback server writes its key encoded; it goes back as it came."""
    key = "example%2Cnordwerk%29%2Fb+20260303090000"
    found, index = listed([HEADER, row("a"), row("b"), [], [key]], [HEADER, row("c")])
    assert [one.url[-1] for one in candidates(found)] == ["a", "b", "c"]
    assert index.asked[1]["resumeKey"] == ["example,nordwerk)/b 20260303090000"]
    assert complete(found) == SECOND_TO_FOURTH
    assert not found[0].complete


def test_a_plain_resume_key_is_encoded() -> None:
    index = index_of(None, "https://nordwerk.example/")
    asked = question(index, days("2026-03-02", "2026-03-02"), "a+b/c=&d")
    assert dict(parse_qsl(urlsplit(asked).query))["resumeKey"] == "a+b/c=&d"


def test_a_resume_key_that_comes_again_ends_the_listing() -> None:
    found, index = listed([HEADER, row("a"), [], ["k"]])
    assert len(index.asked) == 2
    assert "goes round in a circle" in failed(found)[date(2026, 3, 2)]


EMPTY: dict[str, Answer] = {
    "no array": b"", "an empty array": [], "a header alone": [HEADER], "a key behind nothing": [HEADER, [], ["k"]],
}  # fmt: skip


@pytest.mark.parametrize("case", EMPTY)
def test_an_empty_answer_ends_the_listing_and_the_days_are_done(case: str) -> None:
    found, index = listed(EMPTY[case])
    assert (candidates(found), complete(found), len(index.asked)) == ([], SECOND_TO_FOURTH, 1)


def test_every_page_is_taken_once_and_the_rest_is_counted() -> None:
    found, _ = listed([
        HEADER, row("a"), row("b"), row("a-copy", digest="SHAa"), row("a", "20260303100000", digest="other"),
        row("c", mimetype="warc/revisit", statuscode="-"), row("d", statuscode="301"), row("e", mimetype="image/png"),
        row("f", "2026"), row("g", "20261399000000"), row(""), row("2019/05/07/h.html"), row("i", "20260201000000"),
    ])  # fmt: skip
    assert [one.url[-1] for one in candidates(found)] == ["a", "b"]
    line = left_out(found)
    assert line.startswith("captures of 2026-03-02 to 2026-03-04: 2 taken, left out: ")
    for counted in ("1 with the same body as another address", "1 further ones of the same address", "1 front pages",
                    "1 revisits", "1 with another status than 200", "1 not HTML", "2 of articles of other days",
                    "2 with an address or a time that can't be read"):  # fmt: skip
        assert counted in line


def test_the_day_in_an_address_counts_more_than_that_of_the_capture() -> None:
    found, _ = listed([HEADER, row("2026/03/02/a.html", "20260304100000")])
    assert [one.day for one in candidates(found)] == [date(2026, 3, 2)]


def test_the_day_of_a_capture_is_one_of_the_zone_of_the_source() -> None:
    found, _ = listed([HEADER, row("a", "20260302233000")])
    assert [one.day for one in candidates(found)] == [date(2026, 3, 3)]


def test_candidates_come_in_pieces() -> None:
    found, _ = listed([HEADER, *(row(f"a{number}") for number in range(2500))])
    assert [len(piece.candidates) for piece in found] == [1000, 1000, 500]


def test_requests_are_spaced_by_a_second_and_a_half_at_least() -> None:
    answers = [[HEADER, row(str(number)), [], [f"k{number}"]] for number in range(3)]
    for delay, starts in ((timedelta(0), [0, 1.5, 3, 4.5]), (timedelta(seconds=4), [0, 4, 8, 12])):
        _, index = listed(*answers, [], wish=past(delay=delay))
        assert index.web.starts() == starts


def test_the_archive_does_not_get_the_headers_of_the_portal() -> None:
    _, index = listed([], wish=past(headers={"X-Key": "secret", "User-Agent": "Tester"}))
    assert set(index.web.asked[0].headers) == {"Accept", "User-Agent"}


THROTTLED = Failure(Stage.FETCH, Reason.THROTTLED, "429 Too Many Requests", 429)
REFUSED = Failure(Stage.FETCH, Reason.UNREACHABLE, "connection refused")
SLOW = Failure(Stage.FETCH, Reason.TIMEOUT, "no answer within 30 s")


def test_whoever_shuts_us_out_is_left_alone_for_twice_as_long_each_time() -> None:
    found, index = listed(THROTTLED, REFUSED, THROTTLED, [HEADER, row("a")])
    assert index.web.starts() == [0, 60, 180, 420]
    assert len(candidates(found)) == 1
    requests = [request for piece in found for request in piece.requests]
    assert [request.status for request in requests] == [429, None, 429, 200]


def test_a_pause_that_is_asked_for_is_made() -> None:
    _, index = listed(replace(THROTTLED, retry_after=timedelta(minutes=10)), [])
    assert index.web.starts() == [0, 600]


def test_after_an_hour_of_pauses_the_days_fail_with_the_reason() -> None:
    found, index = listed(THROTTLED, wish=past("2026-02-28", "2026-03-02"))
    assert index.web.starts()[:6] == [0, 60, 180, 420, 900, 1860]
    assert len(index.asked) == 7, "the second month is asked for once"
    assert set(failed(found)) == {date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)}
    assert "throttled (429 Too Many Requests)" in failed(found)[date(2026, 3, 1)]
    assert not complete(found)


def test_a_month_that_is_too_much_for_the_index_is_asked_for_day_by_day() -> None:
    found, index = listed(SLOW, SLOW, SLOW, [HEADER, row("a")])
    spans_asked = [(asked["from"][0][4:8], asked["to"][0][4:8]) for asked in index.asked[2:]]
    assert spans_asked == [("0301", "0304"), ("0301", "0302"), ("0302", "0303"), ("0303", "0304")]
    assert complete(found) == SECOND_TO_FOURTH


def test_a_day_that_is_too_much_fails_alone() -> None:
    found, _ = listed(SLOW, SLOW, SLOW, SLOW, SLOW, SLOW, [])
    assert set(failed(found)) == {date(2026, 3, 2)}
    assert complete(found) == {date(2026, 3, 3), date(2026, 3, 4)}


def test_a_refusal_for_good_fails_the_days_at_once() -> None:
    found, index = listed(Failure(Stage.FETCH, Reason.BLOCKED, "403 Forbidden", 403))
    assert len(index.asked) == 1
    assert set(failed(found)) == SECOND_TO_FOURTH


def test_an_index_without_resume_keys_is_asked_for_single_days_when_it_is_full() -> None:
    full = [HEADER, *(row(f"a{number}") for number in range(LIMIT))]
    found, index = listed(full, [HEADER, row("b")], full, [])
    assert len(index.asked) == 4
    assert complete(found) == {date(2026, 3, 2), date(2026, 3, 4)}
    assert "gives no resume key" in failed(found)[date(2026, 3, 3)]


def test_pywb_answers_with_an_object_a_line_and_its_own_names() -> None:
    lines = [
        {"urlkey": "example,nordwerk)/a", "timestamp": "20260303090000", "url": "https://www.nordwerk.example/a",
         "mime": "text/html", "status": "200", "digest": "X", "filename": "a.warc.gz"},
        {"urlkey": "example,nordwerk)/b", "timestamp": "20260303090000", "url": "https://www.nordwerk.example/b",
         "mime": "warc/revisit", "digest": "X"},
    ]  # fmt: skip
    answer = "\n".join(json.dumps(line) for line in lines).encode()
    found, index = listed(answer, wish=past(place="http://localhost:8080/my/cdx"))
    (one,) = candidates(found)
    assert one.asked_url == "http://localhost:8080/my/20260303090000id_/https://www.nordwerk.example/a"
    assert index.web.asked[0].url.startswith("http://localhost:8080/my/cdx?url=nordwerk.example&")


def test_a_place_may_say_which_part_and_where_the_captures_are() -> None:
    place = "https://cdx.example/search?url=nordwerk.example/news/*&token=7&capture=https://c.example/{timestamp}/{url}"
    found, index = listed([HEADER, row("news/a")], wish=past(place=place))
    assert index.asked[0]["url"] == ["nordwerk.example/news/"]
    assert index.asked[0]["matchType"] == ["prefix"]
    assert index.asked[0]["token"] == ["7"]
    (one,) = candidates(found)
    assert one.asked_url == "https://c.example/20260303090000/http://www.nordwerk.example:80/news/a"


WRONG = {
    "a path": ("/srv/cdx", "is no address of a web archive's index"),
    "a template without the address": ("https://c.example/cdx?capture=https://c.example/{timestamp}", "needs"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_place_that_can_not_be_is_refused_at_once(case: str) -> None:
    place, message = WRONG[case]
    with pytest.raises(Misconfigured, match=re.escape(message)):
        WaybackArchive(past(place=place), no_web, NOW)


CAPTURES = {
    "as asked": ("https://web.archive.org/web/20260303090000id_/https://a.example/b?c=d", "https://a.example/b?c=d"),
    "without id_": ("https://web.archive.org/web/20260303090000/http://a.example/", "http://a.example/"),
    "with a slash lost": ("https://web.archive.org/web/20260303090000id_/https:/a.example/b", "https://a.example/b"),
    "of pywb": ("http://localhost:8080/my/20260303090000id_/https://a.example/b", "https://a.example/b"),
    "without a scheme": ("https://web.archive.org/web/20260303090000id_/www.a.example/b", "www.a.example/b"),
}


@pytest.mark.parametrize("case", CAPTURES)
def test_the_address_of_a_capture_says_when_it_was_made_and_of_what(case: str) -> None:
    address, original = CAPTURES[case]
    assert captured_at_of(address) == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert original_of(address) == original


@pytest.mark.parametrize("address", ["", "https://a.example/20260303090000", "https://a.example/2026/https://b.example/",
                                     "https://web.archive.org/web/20261399990000id_/nothing"])  # fmt: skip
def test_other_addresses_are_of_no_capture(address: str) -> None:
    assert captured_at_of(address) is None
    assert original_of(address) is None


@given(st.text(max_size=100))
def test_any_text_is_the_address_of_a_capture_or_of_none(text: str) -> None:
    address = f"https://web.archive.org/web/{text}"
    at, original = captured_at_of(address), original_of(address)
    assert at is None or original is not None


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.just("timestamp") | st.just("original"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["url", "timestamp", "x"]), inner),
    max_leaves=12,
)


@given(st.binary(max_size=200) | JSON.map(json.dumps).map(str.encode) | st.just(b"[" * 100_000))
def test_any_answer_is_rows_or_a_named_reason(body: bytes) -> None:
    found = read_captures(body)
    assert isinstance(found, Captures) or found.reason is Reason.NOT_A_FEED


@given(st.binary(max_size=100) | JSON.map(json.dumps).map(str.encode))
def test_any_answer_ends_with_each_day_done_or_failed(body: bytes) -> None:
    found, _ = listed(body)
    assert complete(found) | set(failed(found)) == SECOND_TO_FOURTH
    assert not complete(found) & set(failed(found))
