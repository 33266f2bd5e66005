"""Faults of the way: redirects that move, go round in circles, or lead where nobody may go."""

from aiohttp import web

from portal.addresses import MOVED, with_query
from portal.faults.kit import Call, Fault

HOPS = 40
INSIDE = {
    "ssh": "http://127.0.0.1:22/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "mapped": "http://[::ffff:10.0.0.1]/",
    "private": "http://192.168.0.1/",
    "shared": "http://100.64.0.1/",
    "zero": "http://0.0.0.0/",
    "decimal": "http://2130706433/",
    "file": "file:///etc/passwd",
    "gopher": "gopher://127.0.0.1:70/_QUIT",
    "credentials": "http://user:secret@127.0.0.1/",
    "unknown_host": "http://gibt-es-nicht.invalid/",
}


async def redirect(call: Call) -> web.StreamResponse:
    """A redirect; value: the target, or {"to": target, "status": 301}."""
    wish = call.value if isinstance(call.value, dict) else {"to": call.value}
    return _to(str(wish["to"]), int(wish.get("status", 302)))


async def redirect_loop(call: Call) -> web.StreamResponse:
    """Redirects to the same path with a growing count, without end."""
    return _to(with_query(call.path, f"hop={call.hop + 1}"), 302)


async def redirect_self(call: Call) -> web.StreamResponse:
    """A redirect to the very address that was asked."""
    return _to(call.request.path_qs, 302)


async def redirect_cookie(call: Call) -> web.StreamResponse:
    """A redirect to itself that sets a cookie; the right answer only to those who send it back."""
    if "seen=1" in call.request.headers.get("Cookie", ""):
        return call.answer
    response = _to(call.request.path_qs, 302)
    response.headers["Set-Cookie"] = "seen=1; Path=/"
    return response


async def redirect_hops(call: Call) -> web.StreamResponse:
    """`value` redirects (default 40) one after the other, then the right answer."""
    if call.hop >= int(call.value or HOPS):
        return call.answer
    return _to(with_query(call.path, f"hop={call.hop + 1}"), 302)


async def redirect_inside(call: Call) -> web.StreamResponse:
    """A redirect to an address that no client from outside may follow."""
    return _to(INSIDE[call.value or "ssh"], 302)


async def moved(call: Call) -> web.StreamResponse:
    """A redirect (value: its status, default 301) to the same document below /neu, which answers."""
    if call.request.path.startswith(f"{MOVED}/"):
        return call.answer
    return _to(MOVED + call.request.path_qs, int(call.value or 301))


FAULTS: dict[str, Fault] = {
    "redirect": redirect,
    "redirect_loop": redirect_loop,
    "redirect_self": redirect_self,
    "redirect_cookie": redirect_cookie,
    "redirect_hops": redirect_hops,
    "redirect_inside": redirect_inside,
    "moved": moved,
}


def _to(target: str, status: int) -> web.Response:
    return web.Response(status=status, headers={"Location": target})
