"""Numbers with unit, magnitude, currency, range and hedge; the cases: tests/data/fields/quantities.txt."""

from pathlib import Path

import pytest
from fields_gold import number

from tasks.fields.quantities import DAY, YEAR, Quantity, find_quantities
from tasks.fields.reading import read

_FILE = Path(__file__).parent / "data" / "fields" / "quantities.txt"
CASES = [
    tuple(part.strip() for part in line.split("|"))
    for line in _FILE.read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
NO_QUANTITIES = {
    "a day": ("de", "am 14. Mai"), "an hour": ("de", "gegen 9.20 Uhr"), "an American date": ("en", "on June 30"),
    "a clock": ("fr", "vers 11h15"),
}  # fmt: skip


def _printed(quantity: Quantity) -> str:
    value = number(quantity.value) + (f"..{number(quantity.high)}" if quantity.high is not None else "")
    return " ".join(filter(None, (quantity.kind, value, quantity.currency, "~" if quantity.approx else "")))


@pytest.mark.parametrize(("language", "text", "expected"), CASES, ids=[case[1] for case in CASES])
def test_quantities_are_read_as_printed(language: str, text: str, expected: str) -> None:
    assert "; ".join(map(_printed, find_quantities(read(text, language)))) == expected


@pytest.mark.parametrize(("language", "text"), NO_QUANTITIES.values(), ids=NO_QUANTITIES)
def test_dates_and_hours_are_no_quantities(language: str, text: str) -> None:
    assert all(quantity.kind in (DAY, YEAR) for quantity in find_quantities(read(text, language)))
