"""What stands in one clause and belongs to a fact of another: levels behind "and", aliases, losses of years before."""

from decimal import Decimal

import pytest

from tasks.fields.enrich import enrich
from tasks.fields.model import PriceMove

LEVELS = {
    "Die Titel gewannen 3,4 Prozent und notierten bei 15,62 Euro.": ("de", "3.4", "15.62"),
    "Die SAP-Aktie legte um 3,4 Prozent zu und kostete zuletzt 215,62 Euro.": ("de", "3.4", "215.62"),
    "SAP shares rose 3.4 percent and were trading at 215.62 euros.": ("en", "3.4", "215.62"),
    "L'action SAP gagnait 3,4% et s'échangeait à 215,62 euros.": ("fr", "3.4", "215.62"),
    "Die SAP-Aktie gewann 3,4 Prozent, nachdem sie am Vortag 2 Prozent verloren hatte.": ("de", "3.4", None),
}


def moves(text: str, language: str) -> list[PriceMove]:
    return list(enrich("SAP gefragt", text, language).price_moves)


@pytest.mark.parametrize("text", LEVELS)
def test_a_level_behind_and_belongs_to_the_move_that_led_there(text: str) -> None:
    language, percent, price = LEVELS[text]
    found = moves(text, language)[0]
    assert (found.percent, found.price) == (Decimal(percent), Decimal(price) if price else None)


def test_a_level_of_another_instrument_stays_with_it() -> None:
    found = moves("Die SAP-Aktie gewann 3,4 Prozent und der Euro kostete 1,1590 US-Dollar.", "de")
    assert [(one.subject, one.percent, one.price) for one in found] == [
        ("SAP", Decimal("3.4"), None),
        ("EUR/USD", None, Decimal("1.1590")),
    ]


def test_an_alias_in_brackets_is_no_third_one_of_a_pair() -> None:
    text = "Raiffeisen Bank International (RBI) und Erste Group zogen um 1,1 bzw. 0,8 Prozent an."
    found = enrich("Banken gefragt", text, "de-AT").price_moves
    assert [(one.subject, one.percent) for one in found] == [
        ("Raiffeisen Bank International", Decimal("1.1")),
        ("Erste Group", Decimal("0.8")),
    ]


def test_the_loss_of_a_year_before_is_none_of_this_year() -> None:
    text = "Net profit for the quarter came in at 697 million euros against a loss of 102 million a year ago."
    (found,) = enrich("Siemens Energy lifts outlook", f"Siemens Energy reported on Friday. {text}", "en").figures
    assert (found.metric, found.value) == ("net_profit", Decimal(697_000_000))


def test_who_rates_a_company_in_the_next_sentence_does_not_employ_its_chief() -> None:
    text = (
        'Nvidia shares fell 2.1%. Chief Executive Jensen Huang said demand was "incredible". Morgan Stanley raised its '
        "price target on the stock to $168 from $160 and kept an overweight rating."
    )
    found = enrich("Nvidia slips", text, "en")
    assert [(one.name, one.organisation) for one in found.people] == [("Jensen Huang", "Nvidia")]
    assert [(one.house, one.rating) for one in found.ratings] == [("Morgan Stanley", "overweight")]
