"""Markets that a price move may have been made on, by printed venue, index, the company's home and the currency."""

from functools import cache

from config.exchanges import markets
from tasks.fields.mentions import Mention
from tasks.fields.model import Mentioned, PriceMove


class Homes:
    """What the names of one article say about their markets."""

    def __init__(self, mentions: list[Mention], instruments: tuple[Mentioned, ...]) -> None:
        self._kinds = {mention.name: mention.kind for mention in reversed(mentions)}
        self._known = {mention.name: mention.instrument for mention in mentions if mention.instrument}
        self._isins = {known.name: known.isin for known in instruments if known.isin}

    def markets_of(self, move: PriceMove) -> tuple[str, ...]:
        """Codes of the markets in question: one where the text says it, those of config/exchanges.yaml where not."""
        known = markets()
        code = known.venues.get(move.venue) or known.kinds.get(self._kinds.get(move.subject, ""))
        code = code or self._index(move.subject) or self._home(move)
        return (code,) if code else _unknown(move.currency)

    def _index(self, name: str) -> str | None:
        instrument = self._known.get(name)
        full = instrument.name if instrument else name
        return _indices().get(full.casefold()) or _indices().get(name.casefold())

    def _home(self, move: PriceMove) -> str | None:
        """The market of the ISIN's country, unless the quote is in another currency than that market's."""
        known = markets()
        instrument = self._known.get(move.subject)
        isin = self._isins.get(move.subject) or (instrument.isin if instrument else "")
        home, quoted = known.countries.get(isin[:2]), known.currencies.get(move.currency)
        if home is None or not move.currency:
            return home or quoted
        abroad = home in known.currencies.values() and quoted != home
        return quoted if abroad else quoted or home


@cache
def _unknown(currency: str) -> tuple[str, ...]:
    """The markets in question; a quote in euros was not made where another currency is the market's own."""
    known = markets()
    abroad = known.currencies.values() if currency == "EUR" else ()
    return tuple(code for code in known.unknown if code not in abroad)


@cache
def _indices() -> dict[str, str]:
    return {name.casefold(): code for name, code in markets().indices.items()}
