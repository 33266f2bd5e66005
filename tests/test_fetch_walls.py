"""Answers that are no page: walls, wishes for a pause, refusals, each with its evidence (tests/data/walls.tsv)."""

import asyncio
import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asking import asked, failure, response
from hypothesis import given
from hypothesis import strategies as st
from scripted import Step, hang, reply, reset_after

from tasks.fetch.client import Limits
from tasks.fetch.walls import challenge, judged
from tasks.model import Response
from tasks.outcome import Failure, Reason

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TABLE = Path(__file__).parent / "data" / "walls.tsv"
ROWS = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_an_answer_means_as_in_the_table(row: list[str]) -> None:
    _, status, lines, text, reason, evidence = row
    headers = dict(line.split(": ") for line in lines.split("|") if line)
    found = judged(int(status), "Said", headers, text, NOW)
    assert (found.reason, found.status) == (Reason(reason), int(status))
    assert evidence in found.detail
    time = headers.get("retry-after", "")
    assert found.retry_after == (timedelta(seconds=int(time)) if time.isdigit() else None)


def test_only_the_start_of_a_text_is_searched() -> None:
    assert judged(503, "", {}, "x" * 70_000 + "px-captcha", NOW).reason is Reason.SERVER_ERROR


def test_a_success_can_be_a_challenge() -> None:
    marked, written = (
        challenge(202, {"x-amzn-waf-action": "challenge"}, ""),
        challenge(202, {}, "window.gokuProps = {}"),
    )
    assert marked is not None
    assert (marked.reason, marked.detail) == (Reason.BLOCKED, "202 with x-amzn-waf-action: challenge")
    assert written is not None
    assert challenge(202, {"x-datadome": "protected", "server": "AkamaiGHost"}, "<p>Der Ring mit dem Captcha") is None


@given(
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(["server", "retry-after", "cf-mitigated", "x-datadome", "date"]), st.text()),
    st.text(),
)
def test_any_answer_has_a_reason(status: int, headers: dict[str, str], text: str) -> None:
    assert judged(status, "", headers, text, NOW).status == status


BLOCKING = b"<html><p>px-captcha</p></html>"
WALLS: dict[str, Step] = {
    "a header": reply(503, b"", cf_mitigated="challenge"),
    "a text": reply(503, BLOCKING),
    "a compressed text": reply(503, gzip.compress(BLOCKING), Content_Encoding="gzip"),
    "a text in UTF-16": reply(503, BLOCKING.decode().encode("utf-16"), Content_Type="text/html; charset=utf-16"),
    "a header before half a body": reset_after(reply(503, b"x", Content_Length="9", cf_mitigated="challenge")),
    "a header before a body that does not end": (
        reply(503, b"", Transfer_Encoding="chunked", cf_mitigated="challenge").replace(b"Content-Length: 0\r\n", b"")
        + b"fffff\r\n" + bytes(300_000)
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WALLS)
def test_a_wall_is_known_by(case: str) -> None:
    found = failure({"/a": WALLS[case]})
    assert (found.reason, found.status, found.requests) == (Reason.BLOCKED, 503, 1)


NO_TEXT: dict[str, Step] = {
    "a bomb": reply(503, gzip.compress(b"px-captcha" + bytes(2**21)), Content_Encoding="gzip"),
    "half of its compression": reply(503, gzip.compress(BLOCKING * 9)[:-9], Content_Encoding="gzip"),
    "too much": reply(503, BLOCKING + bytes(60_000)),
    "half of it": reset_after(reply(503, BLOCKING, Content_Length="99")),
}


@pytest.mark.parametrize("case", NO_TEXT)
def test_an_error_whose_text_can_not_be_read_is_judged_without_it(case: str) -> None:
    assert failure({"/a": NO_TEXT[case]}).reason is Reason.SERVER_ERROR


def test_an_error_whose_body_never_comes_keeps_its_status() -> None:
    async def stalled(writer: asyncio.StreamWriter) -> None:
        writer.write(reply(403, b"", Content_Length="9"))
        await hang(writer)

    found = failure({"/a": stalled}, limits=Limits(timedelta(seconds=2), 50_000, "Newstape/0.1", allow_private=True))
    assert (found.reason, found.status) == (Reason.BLOCKED, 403)


@pytest.mark.parametrize("status", [202, 203])
def test_a_success_with_a_body_is_an_answer(status: int) -> None:
    answer = response({"/a": reply(status, b"<p>text")})
    assert (answer.status, answer.body) == (status, b"<p>text")


@pytest.mark.parametrize("status", [202, 203, 204, 205])
def test_a_success_without_a_body_is_empty(status: int) -> None:
    found = failure({"/a": reply(status)})
    assert (found.reason, found.status) == (Reason.EMPTY_BODY, status)


def test_a_success_with_a_challenge_is_a_wall() -> None:
    answer, _ = asked({"/a": reply(202, b"<script src=/c.js></script>", x_amzn_waf_action="challenge")})
    assert not isinstance(answer, Response)
    assert isinstance(answer, Failure)
    assert answer.reason is Reason.BLOCKED
