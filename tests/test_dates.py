"""Printed dates: the right instant or none, for every form in tests/data/dates.tsv and any string at all."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.dates import parse_date
from tasks.model import Precision

LINES = (Path(__file__).parent / "data" / "dates.tsv").read_text(encoding="utf-8").splitlines()
ROWS = [line.split("\t")[:5] for line in LINES if not line.startswith("# ")]
PIECES = st.sampled_from([
    "24", "09", "9", "2025", "25", "13", "31", "00", "12:39", "12:39:05", ".", "-", "/", ",", " ", "T", "Z", "+02:00",
    "-0500", "+9", "Sep", "sept.", "März", "mar.", "Mi", "Mo,", "um", "Uhr", "h", "PM", "a.m.", "CEST", "ET", "(", ")",
    "[", "GMT", "1758710345", "\u00a0", "é",
])  # fmt: skip
MOMENTS = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2099, 12, 31)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)


@pytest.mark.parametrize(("raw", "zone", "instant", "precision", "said"), ROWS)
def test_a_printed_date_is_the_instant_of_the_table(
    raw: str, zone: str, instant: str, precision: str, said: str
) -> None:
    read = parse_date(raw, zone=zone, origin="feed.published")
    if not instant:
        assert read is None
        return
    assert read is not None
    assert read.at == datetime.fromisoformat(instant)
    assert read.at.tzinfo is UTC
    assert read.precision == precision
    assert read.zone == ("stated" if said == "stated" else zone)
    assert (read.raw, read.origin) == (raw.strip(), "feed.published")


def test_the_table_is_large_and_its_columns_hold_what_they_say() -> None:
    assert len(ROWS) >= 60
    assert {row[4] for row in ROWS} == {"stated", "assumed", ""}
    assert {row[3] for row in ROWS} == {*Precision, ""}


@given(st.text(max_size=120) | st.lists(PIECES, max_size=12).map("".join))
def test_any_string_is_an_instant_or_none(raw: str) -> None:
    read = parse_date(raw, zone="Europe/Zurich", origin="x")
    if read is not None:
        assert 1969 <= read.at.year <= 2101
        assert read.raw == raw.strip()


@given(MOMENTS, st.integers(min_value=-14 * 60, max_value=14 * 60))
def test_a_stated_offset_wins_over_the_portals_zone(moment: datetime, minutes: int) -> None:
    sign, east = "-" if minutes < 0 else "+", abs(minutes)
    for raw in (
        f"{moment:%Y-%m-%dT%H:%M:%S}{sign}{east // 60:02}:{east % 60:02}",
        f"{moment:%a, %d %b %Y %H:%M:%S} {sign}{east // 60:02}{east % 60:02}",
        f"{moment:%d.%m.%Y %H:%M:%S} GMT{sign}{east // 60}:{east % 60:02}",
    ):
        read = parse_date(raw, zone="Asia/Tokyo", origin="x")
        assert read is not None
        assert read.at == moment.replace(tzinfo=UTC) - timedelta(minutes=minutes)


@given(MOMENTS)
def test_the_forms_of_one_local_time_agree(moment: datetime) -> None:
    zone = "Europe/Vienna"
    forms = ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y, %H:%M:%S Uhr", "%B %d, %Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%S", "%c")
    read = {found.at for form in forms if (found := parse_date(moment.strftime(form), zone=zone, origin="x"))}
    assert read == {moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)}


HOSTILE = {
    "digits": "1" * 100,
    "letters": "a" * 100,
    "blanks": "Mi " + " " * 96 + "x",
    "words": "mo " * 33,
    "commas": "mo" + "," * 97,
    "brackets": "24.09.2025 12:39 +0200" + " (" * 39,
    "a very long one": "24.09.2025 " * 100_000,
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_string_is_refused_at_once(raw: str) -> None:
    assert parse_date(raw, zone="Europe/Zurich", origin="x") is None


def test_a_zone_that_does_not_exist_is_an_error_of_the_caller() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        parse_date("24.09.2025", zone="Europe/Atlantis", origin="x")
