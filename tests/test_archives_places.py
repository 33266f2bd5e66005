"""Dates in addresses: those that an address names, and addresses made for dates."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from announcing import days
from hypothesis import given
from hypothesis import strategies as st

from config.errors import Misconfigured
from tasks.archives.address_dates import address_day, address_stretch
from tasks.archives.places import check_place, dated_documents, has_dates
from tasks.archives.stretches import Stretch, stretch_of, wanted_of
from tasks.discover.window import child_spans
from tasks.past import Days

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "data" / "address_dates.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
ANY_DAY = st.dates(date(1995, 1, 1), date(2099, 12, 31))
PART = st.sampled_from(["{year}", "{month}", "{month2}", "{day}", "{day2}", "/a-", ".xml", "?p=", "&", "{page}"])


def stretch(first: str, last: str) -> Stretch | None:
    return Stretch(date.fromisoformat(first), date.fromisoformat(last)) if first else None


@pytest.mark.parametrize(("kind", "address", "first", "last", "why"), ROWS, ids=[row[1] + " " + row[4] for row in ROWS])
def test_what_an_address_says_about_time_is_read(kind: str, address: str, first: str, last: str, why: str) -> None:
    found = address_stretch(address) if kind == "article" else stretch_of(child_spans([address])[0])
    assert found == stretch(first, last), why


def test_the_children_of_an_index_are_read_side_by_side() -> None:
    bare = child_spans([f"https://a.example/archive-2024-{number}.xml" for number in range(1, 13)])
    assert [found.first.month for span in bare if (found := stretch_of(span))] == list(range(1, 13))
    quarters = child_spans([f"https://a.example/archive-2024-q{number}.xml" for number in range(1, 5)])
    assert [found.last.month for span in quarters if (found := stretch_of(span))] == [3, 6, 9, 12]


@given(st.text(max_size=80) | st.lists(st.sampled_from([*"/-_.0123456789q", "2024", "mar", "/2024/"])).map("".join))
def test_any_address_is_read_as_days_or_as_nothing(text: str) -> None:
    url = f"https://a.example/{text}"
    found = address_stretch(url)
    assert found is None or 1970 <= found.first.year <= found.last.year <= 2100
    assert address_day(url) in (None, found and found.first)
    (span,) = child_spans([url])
    assert span is None or span.start < span.end


@given(ANY_DAY)
def test_a_day_that_is_written_into_an_address_is_read_back(day: date) -> None:
    for form in ("{year}/{month2}/{day2}/a", "{year}/{month}/{day}/a", "{year}-{month2}-{day2}-a"):
        (document,) = dated_documents(f"https://a.example/{form}", [day])
        assert address_day(document.url) == day
        assert document.stretch == Stretch(day, day)


@given(st.text(max_size=60) | st.lists(PART).map("".join), st.lists(ANY_DAY, unique=True, max_size=40).map(sorted))
def test_any_place_is_filled_or_refused_and_loses_no_day(place: str, wanted: list[date]) -> None:
    try:
        check_place(place, frozenset({"page"}))
    except Misconfigured:
        return
    documents = dated_documents(place, wanted)
    assert sorted(day for one in documents for day in one.days) == wanted
    assert len({one.url for one in documents}) == len(documents)
    assert has_dates(place) or len(documents) <= 1
    assert all(not re.search(r"\{(year|month2?|day2?)\}", one.url) for one in documents)
    if has_dates(place):
        assert all(one.stretch.first <= day <= one.stretch.last for one in documents for day in one.days)


def test_a_month_is_one_document_however_many_of_its_days_are_wanted() -> None:
    found = dated_documents("https://a.example/archive-{year}-{month}.xml", days("2024-02-27", "2024-04-01"))
    assert [one.url.rpartition("/")[2] for one in found] == [
        "archive-2024-2.xml", "archive-2024-3.xml", "archive-2024-4.xml",
    ]  # fmt: skip
    assert [len(one.days) for one in found] == [3, 31, 1]
    assert found[0].stretch == stretch("2024-02-01", "2024-02-29")


def test_a_year_is_one_document() -> None:
    (found,) = dated_documents("https://a.example/{year}.xml", days("2024-02-27", "2024-04-01"))
    assert (found.url, found.stretch) == ("https://a.example/2024.xml", stretch("2024-01-01", "2024-12-31"))


BAD_PLACES = {
    "a name that is none of ours": ("https://a.example/{jahr}.xml", "{jahr}"),
    "a page where there are none": ("https://a.example/?page={page}", "{page}"),
    "a month of no year": ("https://a.example/{month2}.xml", "{year}"),
    "a day of no month": ("https://a.example/{year}/{day}.xml", "{month}"),
    "nothing in the brackets": ("https://a.example/{}.xml", "{}"),
}


@pytest.mark.parametrize(("place", "named"), BAD_PLACES.values(), ids=BAD_PLACES)
def test_a_place_that_cannot_be_filled_is_refused_with_what_is_wrong(place: str, named: str) -> None:
    with pytest.raises(Misconfigured, match=re.escape(named)):
        check_place(place)


def test_the_days_of_a_clock_change_are_days_like_others() -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    wanted = wanted_of(Days((spring, autumn), "Europe/Zurich"))
    first, last = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 21, 59, tzinfo=UTC)
    assert {wanted.local(first), wanted.local(last)} == {spring}
    assert wanted.local(last + timedelta(minutes=1)) == date(2026, 3, 30)
    first, last = datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 22, 59, tzinfo=UTC)
    assert {wanted.local(first), wanted.local(last)} == {autumn}
    assert wanted.local(last + timedelta(minutes=1)) == date(2026, 10, 26)
