"""The trading day of price moves: cases in tests/data/fields/session_dates.yaml, and what must hold for every text."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from config.exchanges import markets
from tasks.fields.datelines import dateline_of
from tasks.fields.day_rules import PREMARKET, clock_of, day_of_dateline, day_of_word
from tasks.fields.enrich import enrich
from tasks.fields.market_days import market_days
from tasks.fields.model import PriceMove
from tasks.fields.session_words import WEEKDAYS, DayWord

CASES: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "data" / "fields" / "session_dates.yaml").read_text(encoding="utf-8")
)
LABELS = ("premarket", "afterhours", "intraday", "regular")
WORDS = [
    *(("weekday", day) for day in WEEKDAYS),
    *(("day", value) for value in ("0", "-1", "-2")),
    ("session", "-1"),
    ("sometime", ""),
    *(("easter", days) for days in ("-3", "-2", "1", "39", "50")),
    *(("last", day) for day in WEEKDAYS),
    *(("date", f"{year}-{month}-{day}") for year in (0, 2024, 2025) for month in (1, 2, 12) for day in (1, 29, 30)),
]
_INSTANTS = st.datetimes(datetime(2024, 6, 1), datetime(2026, 6, 30), timezones=st.just(UTC))  # noqa: DTZ001
_ZONES = st.sampled_from(
    ["Europe/Zurich", "America/New_York", "Asia/Hong_Kong", "Pacific/Auckland", "Pacific/Honolulu"]
)
_SCRAPS = (
    "Der Dax", "Apple", "der Nikkei 225", "Bitcoin", "Gold", "die Aktie der Muster AG", "verlor 1,2 Prozent",
    "gewann 3 %", "am Freitag", "heute", "gestern", "am Vortag", "vorbörslich", "nachbörslich", "am 24. September",
    "am 31.12.2024", "schloss", "in Hongkong", "an der NYSE", ",", ".", "nachdem", "und", "\n", "(Dienstag:",
    "1,16 Dollar", ")", "zuletzt",
)  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_move_has_the_day_that_its_words_and_the_calendar_say(name: str) -> None:
    case = CASES[name]
    title = case.get("title", "Börse")
    found = enrich(title, case["text"], case["language"], case["published"], case.get("zone", ""))
    whole = f"{title}\n{case['text']}"
    assert [_shown(move, whole) for move in found.price_moves] == [str(day) for day in case["days"]]


def _shown(move: PriceMove, whole: str) -> str:
    word = move.date_evidence
    return f"{move.session_date or 'null'} {whole[word.start : word.stop] if word else ''}".rstrip()


@given(_INSTANTS, _ZONES, st.sampled_from(markets().codes), st.sampled_from(WORDS), st.sampled_from(LABELS))
@settings(max_examples=300, deadline=None)
def test_a_day_is_a_session_of_the_market_and_not_in_the_future_of_the_dateline(
    at: datetime, zone: str, code: str, word: tuple[str, str], label: str
) -> None:
    dateline = dateline_of(at.isoformat(), zone)
    assert dateline
    clock = clock_of(code, dateline, at)
    if clock is None:
        assert market_days(code, at) is None
        return
    named = day_of_word(DayWord(*word, 0, 1), clock, label, None)
    present = [day_of_dateline(clock, label, closed=closed) for closed in (True, False)]
    for day in filter(None, (named, *present)):
        session = clock_on(code, day)
        assert session
        assert day <= clock.local
        assert session.opens_at <= at or (label == PREMARKET and day == clock.local)


def clock_on(code: str, day: date) -> Any:
    """The session of `day`, asked of the calendar of that day."""
    known = market_days(code, datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    return known and known.on(day)


@given(st.lists(st.sampled_from(_SCRAPS), max_size=40), _INSTANTS, _ZONES)
@settings(max_examples=200, deadline=None)
def test_scraps_of_market_reports_never_get_a_day_to_come_and_words_lie_inside(
    scraps: list[str], at: datetime, zone: str
) -> None:
    text = " ".join(scraps)
    for move in enrich("Börse", text, "de", at.isoformat(), zone).price_moves:
        if move.session_date:
            assert move.session_date <= (at + timedelta(hours=14)).date()
        if move.date_evidence:
            assert f"Börse\n{text}"[move.date_evidence.start : move.date_evidence.stop].strip()
            assert move.session_date


@pytest.mark.parametrize(
    "published", ["", "gestern", "2025-02-30", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31"]
)
def test_a_dateline_that_is_none_or_out_of_reach_gives_no_day(published: str) -> None:
    (move,) = enrich("Börse", "Der Dax verlor am Dienstag 0,6 Prozent.", "de", published).price_moves
    assert move.session_date is None
    assert move.date_evidence is None


def test_a_time_without_offset_counts_in_the_zone_of_the_portal_and_else_as_a_day() -> None:
    placed, day = dateline_of("2025-09-24T09:30:00", "Europe/Zurich"), dateline_of("2025-09-24T09:30:00")
    assert placed
    assert day
    assert (placed.at, placed.is_day) == (datetime(2025, 9, 24, 7, 30, tzinfo=UTC), False)
    assert (day.at, day.is_day) == (datetime(2025, 9, 24, 23, 59, 59, tzinfo=UTC), True)


@pytest.mark.parametrize("code", markets().codes)
def test_every_market_of_the_file_has_a_calendar_and_opens_after_its_first_indications(code: str) -> None:
    known = market_days(code, datetime(2025, 9, 17, 12, tzinfo=UTC))
    assert known
    session = known.on(date(2025, 9, 17))
    assert session
    assert markets().premarket[code] <= session.opens_at.astimezone(known.zone).time()


def test_half_days_close_early() -> None:
    known = market_days("XNYS", datetime(2025, 11, 28, 20, tzinfo=UTC))
    assert known
    session = known.on(date(2025, 11, 28))
    assert session
    assert session.closes_at == datetime(2025, 11, 28, 18, 0, tzinfo=UTC)


def test_the_calendars_are_loaded_only_for_a_text_with_a_move_and_a_dateline() -> None:
    code = (
        "import sys, flows.cli; from tasks.fields.enrich import enrich\n"
        "enrich('Titel', 'Der Umsatz stieg auf 5 Mio. Euro.', 'de', '2025-09-24T12:00:00+02:00')\n"
        "enrich('Titel', 'Der Dax gewann 1 Prozent.', 'de')\n"
        "print('pandas' in sys.modules)\n"
        "enrich('Titel', 'Der Dax gewann 1 Prozent.', 'de', '2025-09-24T12:00:00+02:00')\n"
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("scrap", ["Der Dax verlor am Freitag 1 %. ", "Dax +1 %, Dax -2 % am Montag, ", "(Dienstag: "])
def test_a_megabyte_of_one_scrap_does_not_hang(scrap: str) -> None:
    enrich("Börse", (scrap * (1_000_000 // len(scrap)))[:1_000_000], "de", "2025-09-24T18:00:00+02:00")
