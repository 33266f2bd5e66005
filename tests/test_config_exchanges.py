"""config/exchanges.yaml: what it says of markets, and how its mistakes are named."""

from datetime import time
from pathlib import Path

import pytest

from config.errors import Misconfigured
from config.exchanges import markets, read_markets

GOOD = """unknown: [XETR]
markets:
  XETR:
    premarket: "07:00"
    countries: [DE]
    venues: [Xetra]
  "24/7":
    kinds: [crypto]
"""


def test_the_shipped_file_places_venues_indices_countries_and_kinds() -> None:
    known = markets()
    assert (known.venues["Tradegate"], known.indices["Hang Seng"], known.countries["CH"]) == ("XETR", "XHKG", "XSWX")
    assert (known.currencies["HKD"], known.kinds["crypto"]) == ("XHKG", "24/7")
    assert set(known.unknown) <= set(known.codes)


def test_a_file_is_read_as_written_and_premarket_may_be_left_out(tmp_path: Path) -> None:
    file = tmp_path / "exchanges.yaml"
    file.write_text(GOOD, encoding="utf-8")
    found = read_markets(file)
    assert found.premarket == {"XETR": time(7), "24/7": time.min}
    assert (found.unknown, found.venues, found.kinds) == (("XETR",), {"Xetra": "XETR"}, {"crypto": "24/7"})


BAD = {
    "a key that is none": ("venues: [Xetra]", "places: [Xetra]", "6: markets.XETR.places: is not known"),
    "no list": ("venues: [Xetra]", "venues: Xetra", "6: markets.XETR.venues: must be a list"),
    "a time that is none": ('"07:00"', '"7 Uhr"', "4: markets.XETR.premarket: is 7 Uhr"),
    "a country with a small letter": ("[DE]", "[De]", "5: markets.XETR.countries[0]: is De"),
    "a kind that is none": ("[crypto]", "[coin]", "8: markets.24/7.kinds[0]: is coin"),
    "two markets claim a name": ("kinds: [crypto]", "venues: [Xetra]", "8: markets.24/7.venues[0]: says Xetra"),
    "unknown names no market": ("unknown: [XETR]", "unknown: [XNYS]", "1: unknown: names XNYS"),
    "another key": ("unknown:", "known:", "1: known: is not known"),
    "no markets": (GOOD, "unknown: []\n", "1: markets: must hold"),
    "no YAML": (GOOD, "{\n", "2: is not YAML"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_named_with_its_file_line_and_place(name: str, tmp_path: Path) -> None:
    old, new, says = BAD[name]
    file = tmp_path / "exchanges.yaml"
    file.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(Misconfigured) as raised:
        read_markets(file)
    assert f"exchanges.yaml:{says}" in str(raised.value)
