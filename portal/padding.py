"""Ballast: scripts, state, navigation and teasers that make a page as heavy as real ones.

It compresses to about a fifth, as the median of real news pages does, and differs from page to page.
"""

import random
from functools import lru_cache

CHUNK = 4096
CHUNKS = 96  # per portal; a page takes a sample, so that pages differ but cost little to make
HEAD_SHARE = 0.55

_WORDS = [
    "track",
    "view",
    "slot",
    "widget",
    "config",
    "layout",
    "page",
    "user",
    "consent",
    "module",
    "event",
    "bundle",
    "render",
    "state",
    "price",
    "quote",
    "chart",
    "index",
    "market",
    "push",
    "frame",
    "lazy",
    "theme",
    "token",
    "cache",
    "route",
    "video",
    "player",
    "stock",
    "board",
    "table",
    "ad",
    "unit",
    "banner",
    "teaser",
]


def padding(slug: str, seed: str, kib: int) -> tuple[str, str]:
    """About `kib` KiB of markup, split into a part for the head (scripts) and one for the foot (elements)."""
    if kib <= 0:
        return "", ""
    rng = random.Random(seed)
    count = max(1, kib * 1024 // CHUNK)
    in_head = round(count * HEAD_SHARE)
    scripts, elements = _chunks(slug)
    return "\n".join(rng.choices(scripts, k=in_head)), "\n".join(rng.choices(elements, k=count - in_head))


@lru_cache(maxsize=32)
def _chunks(slug: str) -> tuple[list[str], list[str]]:
    rng = random.Random(f"padding:{slug}")
    scripts = [rng.choice((_script, _state, _style))(rng) for _ in range(CHUNKS)]
    return scripts, [rng.choice((_navigation, _drawing))(rng) for _ in range(CHUNKS)]


def _filled(rng: random.Random, opening: str, line: str, closing: str) -> str:
    """`line` with fresh words and numbers until the chunk is full; {w} a word, {n} a number, {h} a long token."""
    parts, size = [opening], len(opening) + len(closing)
    while size < CHUNK:
        word, other = rng.choice(_WORDS), rng.choice(_WORDS)
        part = line.format(w=word, v=other, n=rng.randrange(10_000), h=f"{rng.getrandbits(64):016x}")
        parts.append(part)
        size += len(part)
    return "".join([*parts, closing])


def _script(rng: random.Random) -> str:
    line = 'window.{w}_{v}=function(e){{return e&&e.{w}?"{h}":{n}}};if(!window.{v}){{window.{v}=[];}}\n'
    return _filled(rng, "<script>", line, "</script>")


def _state(rng: random.Random) -> str:
    line = '{{"id":"{h}","{w}":{{"type":"{v}","visible":true,"order":{n},"children":[]}}}},\n'
    return _filled(rng, '<script type="application/json">[', line, "null]</script>")


def _style(rng: random.Random) -> str:
    line = ".{w}-{v}-{n}{{margin:0 auto;padding:4px 8px;display:flex;color:#{h:.6}}}\n"
    return _filled(rng, "<style>", line, "</style>")


def _navigation(rng: random.Random) -> str:
    line = '<li class="nav__entry nav__entry--{w}"><a href="/{w}/{v}-{n}" data-t="{h}">{w} {v}</a></li>\n'
    return _filled(rng, '<nav class="mega"><ul>', line, "</ul></nav>")


def _drawing(rng: random.Random) -> str:
    line = '<path class="{w}" d="M{n} 12.5c0-3.3 2.7-6 6-6z" data-k="{h}"/>\n'
    return _filled(rng, '<svg viewBox="0 0 24 24" aria-hidden="true">', line, "</svg>")
