"""Answers other than 200: a wall against robots, a wish for a pause, an error; by status, headers and text. Pure.

What stands on a page under 200 is the extractor's to judge.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from html import unescape

from tasks.fetch.failures import failed
from tasks.fetch.patience import retry_after
from tasks.outcome import Failure, Reason

# How much of an answer's text is searched.
SEARCHED_CHARACTERS = 64 * 1024
# Whose body says what the status leaves open; of the others it is not read.
TELLING = frozenset({401, 403, 429, 451, 503})
# Successes that can be a wall's, or a page.
DOUBTFUL = frozenset({202, 203})
_REASONS = {
    204: Reason.EMPTY_BODY,
    205: Reason.EMPTY_BODY,
    401: Reason.BLOCKED,
    403: Reason.BLOCKED,
    451: Reason.BLOCKED,
    404: Reason.NOT_FOUND,
    410: Reason.GONE,
    429: Reason.THROTTLED,
}
_BARRED = frozenset({401, 403, 451})
_PAUSABLE = frozenset({403, 429, 503})
# Headers that only an answer of a wall has: Cloudflare's, and those of Amazon's firewall.
_DECISIVE_HEADERS = {
    "cf-mitigated": re.compile(r"challenge|block"),
    "x-amzn-waf-action": re.compile(r"challenge|captcha"),
}
# What the pages of known walls say or run. Names of vendors' scripts alone prove nothing: ordinary pages load some of
# them, and portals have forms with a captcha.
_DECISIVE_WORDS = re.compile(
    r"cf_chl_(?:opt|ctx|f_tk)|challenge-platform/\w/\w/orchestrate|captcha-delivery|gokuprops|px-captcha"
    r"|incapsula incident|ddos-guard|anubis_challenge|g-recaptcha-response|pardon our interruption"
    r"|(?:verify|confirm|prove) (?:that )?you(?:'| a)re (?:a )?human|enable javascript and cookies to continue"
    r"|unusual traffic from your|are you a (?:human|robot)"
)
_WORDS = re.compile(rf"{_DECISIVE_WORDS.pattern}|captcha|bot detect|automated (?:access|requests|traffic)|challenge")
_PAUSE_WORDS = re.compile(
    r"rate[ -]?limit|too many requests|request limit|quota exceeded|please slow down|reduce your request rate"
    r"|zu viele anfragen|trop de requ"
)
_AKAMAI_REFERENCE = re.compile(r"reference(?: |&#32;)*(?:#|&#35;|&#x23;)\s*[0-9a-f.&#;]{8,60}")


def judged(status: int, phrase: str, headers: Mapping[str, str], text: str, now: datetime) -> Failure:
    """Why an answer with this status is none, the evidence in the detail; `text` is the start of its body, may be "".

    Decisive marks of a wall count first, then a wish for a pause, then what the status says by itself.
    """
    said = text[:SEARCHED_CHARACTERS].lower()
    wait = retry_after(headers.get("retry-after"), headers.get("date"), now)
    if status in TELLING and (mark := _decisive_mark(headers, said)):
        return failed(Reason.BLOCKED, f"{status} with {mark}", status, wait)
    if status in _PAUSABLE and (wish := _wish(headers, said) if wait is None else _retry_after(headers)):
        return failed(Reason.THROTTLED, f"{status} {wish}", status, wait)
    if status in _BARRED and (mark := _mark(headers, said)):
        return failed(Reason.BLOCKED, f"{status} with {mark}", status, wait)
    fallback = Reason.SERVER_ERROR if status >= 500 else Reason.HTTP_ERROR  # noqa: PLR2004 - RFC 9110, 15.6
    return failed(_REASONS.get(status, fallback), f"{status} {phrase}".strip(), status, wait)


def challenge(status: int, headers: Mapping[str, str], text: str) -> Failure | None:
    """The wall that answers with a success (202, 203) instead of a page; None: it is none."""
    mark = _decisive_mark(headers, text[:SEARCHED_CHARACTERS].lower())
    return failed(Reason.BLOCKED, f"{status} with {mark}", status) if mark else None


def _decisive_mark(headers: Mapping[str, str], said: str) -> str | None:
    for name, pattern in _DECISIVE_HEADERS.items():
        value = headers.get(name, "").lower()
        if pattern.search(value):
            return f"{name}: {value[:80]}"
    found = _DECISIVE_WORDS.search(said)
    return f"{found[0]!r} in its text" if found else None


def _mark(headers: Mapping[str, str], said: str) -> str | None:
    """What tells a wall from a plain refusal; vendors put some of it on every answer: alone it proves nothing."""
    server = headers.get("server", "").lower()
    if value := headers.get("x-datadome"):
        return f"x-datadome: {value[:80]}"
    if "datadome" in server:
        return f"server: {server[:80]}"
    if "akamai" in server:
        reference = _AKAMAI_REFERENCE.search(said)
        return f"server: {server[:80]}" + (f", {unescape(reference[0])}" if reference else "")
    found = _WORDS.search(said)
    return f"{found[0]!r} in its text" if found else None


def _wish(headers: Mapping[str, str], said: str) -> str | None:
    if headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining", "")).strip() == "0":
        return "with no requests remaining"
    found = _PAUSE_WORDS.search(said)
    return f"that says {found[0]!r}" if found else None


def _retry_after(headers: Mapping[str, str]) -> str:
    return f"with Retry-After: {headers.get('retry-after', '')[:80]}"
