"""Marks that a page bears in its markup: challenges, captchas, forms, shells, refreshes. Evidence, no verdicts.

All functions take the root of a page from which nothing was pruned, and give what they saw, short enough to be quoted.
"""

import re
from collections.abc import Iterator

from lxml.etree import _Element as Element

from tasks.extract.tree import lines_of, text_of
from tasks.extract.walls import says, sentences
from tasks.extract.words import word_set
from tasks.outcome import Reason
from tasks.text import clean

# Signs in scripts and attributes that only the challenge itself bears. What the same vendors put on every page of a
# portal (Cloudflare's scripts/jsd, DataDome's tags.js, Imperva's ?SWJIYLWA) is left out.
_CHALLENGES = {
    "_cf_chl_opt": "Cloudflare",
    "/orchestrate/chl_page": "Cloudflare",
    "/orchestrate/jsch": "Cloudflare",
    "/orchestrate/managed": "Cloudflare",
    "cf-browser-verification": "Cloudflare",
    "cf-error-details": "Cloudflare",
    "captcha-delivery.com": "DataDome",
    "px-captcha": "PerimeterX",
    "captcha.px-cdn.net": "PerimeterX",
    "captcha.px-cloud.net": "PerimeterX",
    "gokuprops": "AWS WAF",
    "awswafcookiedomainlist": "AWS WAF",
    "sec-if-cpt-container": "Akamai",
    "/_sec/cp_challenge/": "Akamai",
    "bm-verify=": "Akamai",
    "_incapsula_resource?cwudnsai": "Imperva",
    "/.well-known/vercel/security/": "Vercel",
    "sucuri_cloudproxy_js": "Sucuri",
    "check.ddos-guard.net": "DDoS-Guard",
    "validate.perfdrive.com": "Radware",
    "anubis_challenge": "Anubis",
    "kpsdk.scriptstart": "Kasada",
}
# A widget that may also protect a comment form; it counts where there is nothing else.
_CAPTCHA = re.compile(r"[\w./:?=&-]*(?:captcha|turnstile|geetest)[\w./:?=&-]*", re.IGNORECASE)
# Consent managers are on most pages; they count where there is hardly anything else.
_CONSENT = re.compile(
    r"[\w./:-]*(?:privacy-mgmt|sp_message|onetrust|didomi|usercentrics|consentmanager|qc-cmp|cookie-?wall|consent)[\w./:-]*",
    re.IGNORECASE,
)
_MOUNTS = word_set(
    "root app __next __nuxt __layout main-app app-root react-root react-app reactroot svelte ___gatsby q-app vue-app "
    "application spa-root ember-app mount"
)
_ATTRIBUTES = "//script/@src | //iframe/@src | //form/@action | //*/@id | //*/@class | //input/@name"
_MOVES_ON = re.compile(r"\blocation(?:\.href|\.replace|\.assign)?\s*[=(][^;\n]{0,80}")
_LONGEST_QUOTE = 100
# A shell has a name, a menu, perhaps a line of rights, but nothing to read.
_SHELL_CHARACTERS = 300
_BARE_CHARACTERS = 40


def quoted(text: str) -> str:
    """The text in quotation marks on one line, cut where it is long."""
    plain = clean(text)
    return f'"{plain if len(plain) <= _LONGEST_QUOTE else plain[: _LONGEST_QUOTE - 1] + "…"}"'


def find_challenge(root: Element) -> str | None:
    """The challenge that the page is, by its vendor's marks."""
    scripts = [script.text for script in root.iter("script") if script.text]
    refreshes = [tag.get("content") or "" for tag in _refreshes(root)]
    signs = "\n".join([*root.xpath(_ATTRIBUTES), *refreshes, *scripts]).lower()
    found = next(((mark, vendor) for mark, vendor in _CHALLENGES.items() if mark in signs), None)
    return f"a challenge of {found[1]}, by its mark {quoted(found[0])}" if found else None


def find_captcha(root: Element) -> str | None:
    """A captcha's widget, frame or form."""
    return _attribute(root, _CAPTCHA, "the captcha")


def find_consent(root: Element) -> str | None:
    """A consent manager's container, frame or script."""
    return _attribute(root, _CONSENT, "the consent manager")


def find_password(root: Element) -> str | None:
    """A field for a password that is shown; most pages have one in a hidden window."""
    fields = (one for one in root.iter("input") if (one.get("type") or "").lower() == "password")
    field = next((one for one in fields if not any(map(_is_hidden, one.iterancestors()))), None)
    return None if field is None else f"a password field {quoted(field.get('name') or field.get('id') or 'password')}"


def find_refresh(root: Element) -> str | None:
    """A meta refresh that leads to another address."""
    contents = (tag.get("content") or "" for tag in _refreshes(root))
    found = next((content for content in contents if "url" in content.lower()), None)
    return f"the meta refresh {quoted(found)}" if found else None


def find_shell(root: Element) -> str | None:
    """That a script would fill the page: an empty mount point, a notice in noscript, a script that leads on."""
    scripts = list(root.iter("script"))
    words = len(" ".join(lines_of(root)))
    if not scripts or words > _SHELL_CHARACTERS or _has_headline(root):
        return None
    mount = next((one for one in root.iter() if _is_mount(one) and not text_of(one)), None)
    if mount is not None:
        name = f" id={quoted(mount.get('id') or '')}" if mount.get("id") else ""
        return f"an empty <{mount.tag!s}{name}> and scripts ({len(scripts)})"
    if notice := next((line for line in _noscript(root) if says(Reason.JS_ONLY, line)), None):
        return f"the notice {quoted(notice)}"
    onwards = (found for one in scripts if one.text and (found := _MOVES_ON.search(one.text)))
    if words <= _BARE_CHARACTERS and (found := next(onwards, None)):
        return f"nothing but a script that leads on, {quoted(found[0])}"
    return None if words else f"no words but scripts ({len(scripts)})"


def is_noindex(robots: str) -> bool:
    """Whether robots directives keep the page out of search engines."""
    return "noindex" in robots.lower() or robots.strip().lower() == "none"


def _attribute(root: Element, sign: re.Pattern[str], what: str) -> str | None:
    """The first attribute with this sign, quoted as `what`."""
    found = next((match for value in root.xpath(_ATTRIBUTES) if (match := sign.search(value))), None)
    return f"{what} {quoted(found[0])}" if found else None


def _is_hidden(element: Element) -> bool:
    style = (element.get("style") or "").replace(" ", "").lower()
    is_closed = element.tag in ("dialog", "template") and element.get("open") is None
    return is_closed or "hidden" in element.attrib or element.get("aria-hidden") == "true" or "display:none" in style


def _has_headline(root: Element) -> bool:
    """Whether a headline is printed: somebody has drawn the page."""
    return any(text_of(h1) and next(h1.iterancestors("noscript"), None) is None for h1 in root.iter("h1"))


def _refreshes(root: Element) -> Iterator[Element]:
    return (tag for tag in root.iter("meta") if (tag.get("http-equiv") or "").lower() == "refresh")


def _noscript(root: Element) -> Iterator[str]:
    """The sentences that browsers without scripts show."""
    return sentences(clean(" ".join(one.itertext())) for one in root.iter("noscript"))


def _is_mount(element: Element) -> bool:
    """Whether the element is where a framework draws the page."""
    if not isinstance(element.tag, str):
        return False
    return (element.get("id") or "").lower() in _MOUNTS or element.tag == "app-root" or "ng-app" in element.attrib
