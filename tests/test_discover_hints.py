"""What feeds and headers ask for, sensible or not."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.discover.hints import document_pace, header_pace, quiet_hours

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

DOCUMENTS: dict[str, tuple[tuple[str, str, str], timedelta | None]] = {
    "nothing": (("", "", ""), None),
    "ttl in minutes": (("45", "", ""), 45 * MINUTE),
    "ttl of two minutes": (("2", "", ""), 2 * MINUTE),
    "ttl with a comma": (("0,5", "", ""), 30 * timedelta(seconds=1)),
    "ttl of nothing": (("0", "", ""), None),
    "a negative ttl": (("-60", "", ""), None),
    "a ttl that is no number": (("soon", "", ""), None),
    "a ttl that is not finite": (("inf", "", ""), None),
    "a ttl of a thousand years": (("525600000", "", ""), 365 * DAY),
    "hourly": (("", "hourly", ""), HOUR),
    "twice an hour": (("", "hourly", "2"), 30 * MINUTE),
    "in capitals": (("", " Daily ", "1"), DAY),
    "misspelt": (("", "dayly", ""), DAY),
    "always": (("", "always", "1"), None),
    "a tenth of a time a day": (("", "daily", "0.1"), 10 * DAY),
    "never a day": (("", "daily", "0"), DAY),
    "the longer one counts": (("30", "hourly", "1"), HOUR),
}


@pytest.mark.parametrize(("said", "expected"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_what_a_document_asks_for(said: tuple[str, str, str], expected: timedelta | None) -> None:
    assert document_pace(*said) == expected


DATE, LATER = "Mon, 02 Mar 2026 09:00:00 GMT", "Mon, 02 Mar 2026 09:20:00 GMT"
HEADERS: dict[str, tuple[dict[str, str], timedelta | None]] = {
    "nothing": ({}, None),
    "max-age": ({"cache-control": "public, max-age=900"}, 15 * MINUTE),
    "max-age in quotes": ({"cache-control": 'max-age="600"'}, 10 * MINUTE),
    "max-age of nothing": ({"cache-control": "max-age=0"}, None),
    "not the one of shared caches": ({"cache-control": "s-maxage=900"}, None),
    "no-cache cancels it": ({"cache-control": "no-cache, max-age=900"}, None),
    "no-store cancels Expires": ({"cache-control": "no-store", "expires": LATER, "date": DATE}, None),
    "max-age wins over Expires": ({"cache-control": "max-age=60", "expires": LATER, "date": DATE}, MINUTE),
    "Expires counts from the server's own clock": ({"expires": LATER, "date": DATE}, 20 * MINUTE),
    "Expires in the past": ({"expires": DATE, "date": LATER}, None),
    "Expires without a clock": ({"expires": LATER}, None),
    "Expires of zero": ({"expires": "0", "date": DATE}, None),
    "one with a zone, one without": ({"expires": "Mon, 02 Mar 2026 09:20:00 -0000", "date": DATE}, None),
    "a year of nines": ({"cache-control": "max-age=999999999999"}, 365 * DAY),
}


@pytest.mark.parametrize(("headers", "expected"), HEADERS.values(), ids=HEADERS)
def test_what_headers_ask_for(headers: dict[str, str], expected: timedelta | None) -> None:
    assert header_pace(headers) == expected


def test_quiet_hours_are_read_in_any_form_and_never_close_the_whole_day() -> None:
    assert quiet_hours("<skipHours><hour>3</hour><hour> 1 </hour></skipHours>") == (1, 3)
    assert quiet_hours("<SKIPHOURS><HOUR>24</HOUR></SKIPHOURS>") == (0,)
    assert quiet_hours("<skipHours><hour>25</hour><hour>x</hour></skipHours>") == ()
    assert quiet_hours(f"<skipHours>{''.join(f'<hour>{h}</hour>' for h in range(24))}</skipHours>") == ()
    assert quiet_hours("<channel><hour>3</hour></channel>") == ()


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_any_text_asks_for_a_span_or_for_nothing(first: str, second: str, third: str) -> None:
    paces = (
        document_pace(first, second, third),
        header_pace({"cache-control": first, "expires": second, "date": third}),
    )
    assert all(pace is None or timedelta(0) <= pace <= 365 * DAY for pace in paces)
    assert all(0 <= hour < 24 for hour in quiet_hours(f"<skipHours>{first}</skipHours>"))
