"""Faults of pages: walls, shells and notices where an article should be, and half an article before a paywall."""

import html
import json
import re
from dataclasses import replace

from aiohttp import web

from portal.addresses import with_query
from portal.faults.kit import HTML, Call, Fault, altered, chosen, notice, served
from portal.model import Block
from portal.reading import read_yaml

_FREE = re.compile(r'(?:"|&quot;)isAccessibleForFree(?:"|&quot;): true,? ?\n?')
_PAYWALL_MARK = "@paywall@"
_PAYWALL_PLACE = re.compile(rf"{_PAYWALL_MARK}(?=\s*<)")  # on the page; in structured data a quote follows

PAYWALLS: dict[str, str | None] = {
    "false": '"isAccessibleForFree": false',
    "False": '"isAccessibleForFree": "False"',
    "part": '"isAccessibleForFree": false, "hasPart": '
    '{"@type": "WebPageElement", "isAccessibleForFree": false, "cssSelector": ".bezahlschranke"}',
    "true": '"isAccessibleForFree": true',
    "absent": None,
}


async def consent(call: Call) -> web.StreamResponse:
    """200 with a cookie wall instead of the page."""
    return served(notice(call, "consent", "<button>OK</button>"), HTML)


async def login_wall(call: Call) -> web.StreamResponse:
    """200 with a form to log in instead of the page."""
    form = "<form action='/login' method='post'><input name='user'><input type='password' name='pass'></form>"
    return served(notice(call, "login_wall", form), HTML)


async def soft_404(call: Call) -> web.StreamResponse:
    """200 with a page that says that there is nothing."""
    return served(notice(call, "soft_404"), HTML)


async def redirect_notice(call: Call) -> web.StreamResponse:
    """200 with the notice that one was led here, the way back, and no article."""
    back = f"<a href='{call.portal.base}/'>{html.escape(call.portal.name)}</a>"
    return served(notice(call, "redirect_notice", back), HTML)


async def js_shell(call: Call) -> web.StreamResponse:
    """200 with an empty page that a script would fill."""
    shell = "<noscript>JavaScript</noscript><div id='root'></div><script src='/app.js' defer></script>"
    page = (
        f"<!DOCTYPE html><html><head><title>{html.escape(call.portal.name)}</title></head><body>{shell}</body></html>"
    )
    return served(page.encode(), HTML)


async def meta_refresh(call: Call) -> web.StreamResponse:
    """`value` pages (default 1) that lead on by a meta refresh, then the right page."""
    if call.hop >= int(call.value or 1):
        return call.answer
    target = html.escape(with_query(call.path, f"hop={call.hop + 1}"))
    tag = f"<meta http-equiv='refresh' content='0; url={target}'>"
    return served(f"<!DOCTYPE html><html><head>{tag}</head><body></body></html>".encode(), HTML)


async def js_redirect(call: Call) -> web.StreamResponse:
    """A page that leads on by a script, then the right page."""
    if call.hop:
        return call.answer
    target = json.dumps(with_query(call.path, "hop=1"))
    return served(f"<!DOCTYPE html><html><body><script>location={target}</script></body></html>".encode(), HTML)


async def paywall(call: Call) -> web.StreamResponse:
    """The first paragraph, then the offer of a subscription; value: what isAccessibleForFree says. Articles only."""
    article = call.world.article_at(call.slug, call.path)
    if article is None:
        return call.answer
    blocks = (article.text.blocks[0], Block(_PAYWALL_MARK))
    page = call.world.page(replace(article, text=replace(article.text, blocks=blocks))).plain
    text = _PAYWALL_PLACE.sub(lambda _match: _offer(call), page.decode(call.portal.charset))
    text = _FREE.sub("", text).replace(_PAYWALL_MARK, "")
    statement = chosen(call, PAYWALLS)
    if statement is not None:
        said = f'{{"@context": "https://schema.org", "@type": "NewsArticle", {statement}}}'
        text = text.replace("</head>", f'<script type="application/ld+json">{said}</script>\n</head>', 1)
    return altered(call, text.encode(call.portal.charset, "xmlcharrefreplace"))


FAULTS: dict[str, Fault] = {
    "consent": consent,
    "login_wall": login_wall,
    "soft_404": soft_404,
    "redirect_notice": redirect_notice,
    "js_shell": js_shell,
    "meta_refresh": meta_refresh,
    "js_redirect": js_redirect,
    "paywall": paywall,
}


def _offer(call: Call) -> str:
    said = read_yaml("notices.yaml")["paywall"][call.portal.language]
    lines = "".join(f"<p>{line}</p>" for line in said["text"])
    return f'<div class="bezahlschranke"><h3>{said["title"]}</h3>{lines}</div>'
