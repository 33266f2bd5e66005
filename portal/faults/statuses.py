"""Faults of status and headers: errors, throttling, walls against robots, clients that the portal does not like."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from portal.faults.kit import HTML, Call, Fault, notice, served

MANY_HEADERS = 150

_WITHOUT_BODY = (204, 304)


def _in(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def _skewed() -> dict[str, str]:
    """A server whose clock is a day behind asks for a minute."""
    return {"Date": _in(-86_400), "Retry-After": _in(60 - 86_400)}


RETRY_AFTER: dict[str, Callable[[], Mapping[str, str]]] = {
    "seconds": lambda: {"Retry-After": "5"},
    "date": lambda: {"Retry-After": _in(60)},
    "past": lambda: {"Retry-After": _in(-3600)},
    "skewed": _skewed,
    "negative": lambda: {"Retry-After": "-1"},
    "huge": lambda: {"Retry-After": "1000000000"},
    "word": lambda: {"Retry-After": "soon"},
    "missing": dict,
}


async def status(call: Call) -> web.StreamResponse:
    """Any status; value: 503 or {"status": 429, "retry_after": "30"}."""
    wish = call.value if isinstance(call.value, dict) else {"status": call.value}
    headers = {"Retry-After": str(wish["retry_after"])} if "retry_after" in wish else {}
    return _plain(int(wish["status"]), headers)


async def statuses(call: Call) -> web.StreamResponse:
    """A status after the other, per address; value: [500, 500, 200]; 200 and all after the last is the right answer."""
    code = int(call.value[call.turn - 1]) if call.turn <= len(call.value) else 200
    return call.answer if code == 200 else _plain(code, {})  # noqa: PLR2004 - OK


async def retry_after(call: Call) -> web.StreamResponse:
    """503 with a Retry-After; value: its form, or {"form": "date", "status": 429}."""
    wish = call.value if isinstance(call.value, dict) else {"form": call.value or "seconds"}
    return _plain(int(wish.get("status", 503)), RETRY_AFTER[wish["form"]]())


async def forbidden(call: Call) -> web.StreamResponse:
    """403 with the page of a wall, and the header with which some say that it is one."""
    return served(notice(call, "forbidden"), HTML, 403, {"cf-mitigated": "challenge", "Server": "sample-wall"})


async def unauthorised(call: Call) -> web.StreamResponse:
    """401 with a captcha's address as JSON, as some walls answer."""
    said = json.dumps({"url": f"{call.portal.base}/captcha", "reason": "robot"}).encode()
    return served(said, "application/json", 401, {"X-DataDome": "protected"})


async def challenge(call: Call) -> web.StreamResponse:
    """202 with a script that a browser must run before it gets the page."""
    script = "<noscript>JavaScript!</noscript><script src='/challenge.js'></script>"
    return served(notice(call, "challenge", script), HTML, 202, {"x-amzn-waf-action": "challenge"})


async def captcha(call: Call) -> web.StreamResponse:
    """200 with a captcha instead of the page."""
    form = "<form id='captcha-form'><div class='g-recaptcha'></div><button>OK</button></form>"
    return served(notice(call, "captcha", form), HTML)


async def headers(call: Call) -> web.StreamResponse:
    """The right answer with more headers; value: {"X-Robots-Tag": "noarchive"}."""
    call.answer.headers.update({str(name): str(value) for name, value in call.value.items()})
    return call.answer


async def many_headers(call: Call) -> web.StreamResponse:
    """The right answer with `value` (default 150) headers that nobody needs."""
    count = int(call.value or MANY_HEADERS)
    call.answer.headers.update({f"X-Trace-{number}": f"node-{number}" for number in range(count)})
    return call.answer


async def choosy(call: Call) -> web.StreamResponse:
    """A refusal unless a header of the request suits; value: {"header": "Accept", "wants": "regex", "status": 406}."""
    wish: dict[str, Any] = call.value
    suits = re.search(wish["wants"], call.request.headers.get(wish["header"], ""))
    return call.answer if suits else _plain(int(wish.get("status", 406)), {})


FAULTS: dict[str, Fault] = {
    "status": status,
    "statuses": statuses,
    "retry_after": retry_after,
    "forbidden": forbidden,
    "unauthorised": unauthorised,
    "challenge": challenge,
    "captcha": captcha,
    "headers": headers,
    "many_headers": many_headers,
    "choosy": choosy,
}


def _plain(code: int, headers: Mapping[str, str]) -> web.Response:
    body = b"" if code in _WITHOUT_BODY else f"<html><body><h1>{code}</h1></body></html>".encode()
    return web.Response(status=code, headers=headers, body=body, content_type="text/html")
