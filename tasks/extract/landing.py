"""Where a request landed: what the address asked for and the one that answered say on their own. Pure."""

import re
from urllib.parse import urlsplit

from tasks.extract.words import word_set
from tasks.outcome import Reason
from tasks.urls import canonical_url

_INDEX = re.compile(r"/(?:(?:index|home|default|start(?:seite)?)(?:\.[a-z]{3,5})?/?)?", re.IGNORECASE)
_COUNTRY = re.compile(r"/[a-z]{2}(?:[-_][a-z]{2})?/?", re.IGNORECASE)
# An article's number in a query: "/?p=1234".
_NUMBER = re.compile(r"\d{2}")
_WORD_BORDER = re.compile(r"[-_+.]")
# An article's last path segment has a number or several words; a section's has one or two.
_SLUG_WORDS = 3
# Words of a title that an address repeats: shorter ones and a single one may be the section's.
_TELLING_LETTERS = 4
_TITLE_WORDS = 2
_LETTERS = re.compile(r"[a-z]+")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "é": "e", "è": "e", "ê": "e", "à": "a", "ç": "c"})
# Segments of paths and first labels of hosts that name what stands there.
_NAMES = {
    Reason.BLOCKED: word_set("captcha challenge blocked denied access-denied robot robots-check verify human botcheck"),
    Reason.SOFT_404: word_set("404 410 notfound not-found not_found error errors fehler fehlerseite erreur 404-error"),
    Reason.CONSENT_WALL: word_set(
        "consent cookiewall cookie-wall cookies privacywall privacy-wall privacygate privacy-gate zustimmung "
        "datenschutz collectconsent guce cmp consentement"
    ),
    Reason.LOGIN_WALL: word_set(
        "login log-in signin sign-in anmelden anmeldung einloggen register registrieren registrierung registration "
        "connexion se-connecter inscription auth authorize oauth sso accounts account konto"
    ),
}


def led_home(asked: str, final: str, homepage: str) -> bool:
    """Whether an address below the start page was answered by the start page."""
    return final != asked and is_home(final, homepage) and not is_home(asked, homepage)


def is_home(url: str, homepage: str) -> bool:
    """Whether the address is a portal's start page: a bare host, its index, a country's edition, or `homepage`."""
    normal = canonical_url(url)
    if normal is None:
        return False
    parts = urlsplit(normal)
    if _NUMBER.search(parts.query):
        return False
    if _INDEX.fullmatch(parts.path) or _COUNTRY.fullmatch(parts.path):
        return True
    home = urlsplit(canonical_url(homepage) or "")
    hosts = {host.removeprefix("www.") for host in (parts.netloc, home.netloc)}
    return len(hosts) == 1 and parts.path.rstrip("/") == home.path.rstrip("/")


def led_to_section(asked: str, final: str) -> bool:
    """Whether an article's address was answered by a section above it: /markets/bank-raises-rates-17 by /markets."""
    one, other = _segments(asked), _segments(final)
    is_above = 0 < len(other) < len(one) and one[: len(other)] == other
    return is_above and any(map(_is_slug, one[len(other) :])) and not any(map(_is_slug, other))


def led_to(reason: Reason, asked: str, final: str) -> bool:
    """Whether the answer came from another address, and that one is named like this kind of page."""
    if final == asked:
        return False
    return not (_names(final) - _names(asked)).isdisjoint(_NAMES.get(reason, ()))


def in_address(title: str, url: str) -> bool:
    """Whether the address is made of the title's words: two of them are enough."""
    words = {word for word in _LETTERS.findall(title.lower().translate(_UMLAUTS)) if len(word) >= _TELLING_LETTERS}
    return len(words & set(_LETTERS.findall(urlsplit(url).path.lower().translate(_UMLAUTS)))) >= _TITLE_WORDS


def _segments(url: str) -> list[str]:
    return [segment for segment in urlsplit(canonical_url(url) or "").path.lower().split("/") if segment]


def _is_slug(segment: str) -> bool:
    words = [word for word in _WORD_BORDER.split(segment) if word]
    return len(words) >= _SLUG_WORDS or _NUMBER.search(segment) is not None


def _names(url: str) -> frozenset[str]:
    """Path segments without endings, and the host's first label."""
    segments = [segment.split(".")[0].split(";")[0] for segment in _segments(url)]
    return frozenset([*segments, urlsplit(canonical_url(url) or "").netloc.split(".")[0]])
