"""Printed numbers of German, Swiss, English and French texts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.fields.printed_numbers import parse_number

CASES = {
    "a Swiss index level": ("13'859,76", "de-CH", "13859.76"),
    "a typographic apostrophe": ("13’859.76", "de-CH", "13859.76"),
    "German thousands and decimals": ("1.234,5", "de", "1234.5"),
    "English thousands and decimals": ("1,234.5", "en", "1234.5"),
    "a lone group after a point is thousands in German": ("8.600", "de", "8600"),
    "a lone group after a point is thousands in French": ("4.600", "fr", "4600"),
    "a lone group after a point is decimal in English": ("1.234", "en", "1.234"),
    "a lone group after a comma is thousands in English": ("8,600", "en", "8600"),
    "a lone group after a comma is decimal in German": ("1,234", "de", "1.234"),
    "a leading zero makes it a fraction": ("0.927", "de", "0.927"),
    "a narrow space groups": ("12\u202f270,60", "fr", "12270.60"),
    "a plain space groups": ("24 120", "de", "24120"),
    "two decimals after a point in Swiss text": ("221.40", "de-CH", "221.40"),
    "Indian groups": ("1,50,000", "en", "150000"),
    "several groups": ("1.234.567", "de", "1234567"),
    "no sign at all": ("9264", "en", "9264"),
}
NO_NUMBERS = {"a date": "12.05.2024", "a version": "1.2.3", "too long": "1" * 31, "mixed groups": "1,23.4,5"}


@pytest.mark.parametrize(("printed", "language", "value"), CASES.values(), ids=CASES)
def test_numbers_are_read_by_the_locale_of_the_text(printed: str, language: str, value: str) -> None:
    assert parse_number(printed, language) == Decimal(value)


@pytest.mark.parametrize("printed", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_what_is_no_number_has_no_value(printed: str) -> None:
    assert parse_number(printed, "de") is None


def _grouped(value: Decimal, thousands: str, decimal: str) -> str:
    return f"{value:,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands)


@given(
    st.integers(min_value=0, max_value=10**13),
    st.sampled_from(
        [
            ("de", ".", ","),
            ("de-CH", "'", "."),
            ("en", ",", "."),
            ("fr", "\u202f", ","),
            ("fr", " ", ","),
            ("de-CH", "’", ","),
        ]
    ),
)
def test_what_a_locale_prints_is_read_back(cents: int, locale: tuple[str, str, str]) -> None:
    value = Decimal(cents).scaleb(-2)
    language, thousands, decimal = locale
    assert parse_number(_grouped(value, thousands, decimal), language) == value


@given(
    st.text(alphabet="0123456789.,'’ \u202f", min_size=1, max_size=40).filter(
        lambda text: text[0].isdigit() and text[-1].isdigit()
    )
)
def test_no_run_of_digits_and_signs_raises(printed: str) -> None:
    value = parse_number(printed, "de")
    assert value is None or value >= 0
