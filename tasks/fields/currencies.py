"""Names of currencies per language: CLDR's through Babel. Short names, symbols and minor units are in the lexicons."""

from collections.abc import Iterator

from babel import Locale
from babel.numbers import get_currency_name

# Currencies that finance pages print; CLDR names 300, among them the dead ones.
CODES = frozenset(
    [
        "AED",
        "ARS",
        "AUD",
        "BGN",
        "BRL",
        "CAD",
        "CHF",
        "CLP",
        "CNY",
        "CNH",
        "COP",
        "CZK",
        "DKK",
        "EGP",
        "EUR",
        "GBP",
        "GHS",
        "HKD",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "ISK",
        "JPY",
        "KES",
        "KRW",
        "KWD",
        "KZT",
        "MAD",
        "MXN",
        "MYR",
        "NGN",
        "NOK",
        "NZD",
        "PEN",
        "PHP",
        "PKR",
        "PLN",
        "QAR",
        "RON",
        "RSD",
        "RUB",
        "SAR",
        "SEK",
        "SGD",
        "THB",
        "TRY",
        "TWD",
        "UAH",
        "USD",
        "UYU",
        "VND",
        "XAF",
        "XOF",
        "ZAR",
    ]
)


def currency_phrases(language: str) -> Iterator[tuple[str, str]]:
    """Pairs of phrase and ISO 4217 code: the codes themselves and CLDR's names, singular and plural."""
    locale = Locale(language)
    for code in sorted(CODES):
        yield code, code
        names = {locale.currencies.get(code, ""), *(get_currency_name(code, count, locale) for count in (1, 2))}
        yield from ((form, code) for name in sorted(names) if name and name != code for form in _forms(name, language))


def _forms(name: str, language: str) -> Iterator[str]:
    """The name as found in running text: lower case outside German, and German adjectives with their endings."""
    if language != "de":
        yield name.lower()
        return
    yield name
    first, _, rest = name.partition(" ")
    if rest and first.endswith(("er", "e")) and first[0].isupper():
        stem = first.removesuffix("r") if first.endswith("scher") else first
        yield from (f"{form} {rest}" for form in {stem, stem.lower(), f"{stem.lower()}n", f"{stem.lower()}r"})
