"""The forms in which portals show one article again: AMP, print, and the caches of search engines. Pure.

Only what is safe for every portal stands here; all else is for the page's own canonical link to say (tasks/load.py),
as are hosts of their own (m., mobile., amp.). This is about identity: requested is the address as listed.
"""

import re

# The cache names host and path of the article in its own path: /c/s/host/path ("s": https), /v/ with the viewer.
_CACHES = re.compile(
    r"https?://(?:[a-z0-9-]+\.cdn\.ampproject\.org/[acv]|(?:www\.)?(?:google\.[a-z.]{2,6}|bing\.com)/amp)"
    r"/(s/)?([^/?#]+\.[^/?#]+)(/[^#]*)?",
    re.IGNORECASE,
)
# In small letters only: /aktien/AMP is a share.
_AT_THE_END = re.compile(r"(?:/(?:amp|print))+(/?)$")
_AT_THE_START = re.compile(r"^(?:/amp)+(?=/)")
_SUFFIX = re.compile(r"(?:\.amp)+(\.html?)$")
# The last part of an article's path has a number or is a slug of several words; /aktien/amp is a share again.
_ARTICLE = re.compile(r"[^/]*(?:[0-9]|[^/]-[^/])[^/]*/?$")
_SWITCHES = frozenset({"amp", "print"})
_ON = frozenset({"", "1", "true", "yes", "on"})
_FORMS = frozenset({"view", "mode", "output", "outputtype", "format", "layout", "type"})


def is_suspect(url: str) -> bool:
    """Whether the address may be one of these forms at all; most are not, and it costs next to nothing to know."""
    lowered = url.lower()
    return "amp" in lowered or "print" in lowered


def behind_cache(url: str) -> str:
    """The address of the article that an AMP cache or viewer shows; any other address as it is."""
    while match := _CACHES.match(url):
        url = f"http{'s' if match[1] else ''}://{match[2]}{match[3] or '/'}"
    return url


def plain_path(path: str) -> str:
    """The path of the article's own page; a path that is no AMP or print form of one as it is."""
    for form, plain in ((_AT_THE_END, r"\1"), (_AT_THE_START, ""), (_SUFFIX, r"\1")):
        without = form.sub(plain, path)
        if without != path and _ARTICLE.search(without):
            path = without
    return path


def is_switch(name: str, value: str) -> bool:
    """Whether a parameter (its name in small letters) only asks for the AMP or print form."""
    if name in _SWITCHES:
        return value.lower() in _ON
    return name.startswith("amp_") or (name in _FORMS and value.lower() in _SWITCHES)
