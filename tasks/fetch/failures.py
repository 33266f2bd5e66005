"""What goes wrong with a request, as a value: exceptions of the client and texts of servers, fit to be stored."""

import ssl
from datetime import timedelta

import aiohttp

from tasks.fetch.address import ForbiddenAddressError
from tasks.outcome import Failure, Reason, Stage

_PROXY_REMEDY = "check NEWSTAPE_PROXY_URL and that the proxy lets Newstape out; what was to be asked is tried again"


def failed(reason: Reason, detail: str, status: int | None = None, retry_after: timedelta | None = None) -> Failure:
    """A failure of this stage; its detail can quote a server and is stored, so that it must be clean Unicode."""
    printable = detail.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    return Failure(Stage.FETCH, reason, printable, status, retry_after)


def proxy_refused(status: int, phrase: str) -> Failure:
    """Our proxy's no: nobody's fault but ours, so that it has no status of a portal's."""
    return failed(Reason.UNREACHABLE, f"the proxy answered {status} {phrase}; {_PROXY_REMEDY}")


def failure_of(error: Exception) -> Failure:
    """The failure that an exception of the client is; it names a proxy by host and port, never its credentials."""
    cause = getattr(error, "os_error", None) or error
    detail = f"{type(error).__name__}: {error}"
    if isinstance(cause, ForbiddenAddressError):
        return failed(Reason.FORBIDDEN_ADDRESS, str(cause))
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return proxy_refused(error.status, error.message)
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return failed(Reason.UNREACHABLE, f"no connection to the proxy {error.host}:{error.port}; {_PROXY_REMEDY}")
    if isinstance(error, aiohttp.ClientPayloadError):
        return failed(Reason.TRUNCATED, detail)
    # A certificate that does not fit is a ValueError too.
    if isinstance(error, ValueError) and not isinstance(error, ssl.SSLError):
        return failed(Reason.BAD_URL, detail)
    return failed(Reason.UNREACHABLE, detail)


def storable(text: str) -> str:
    """`text` from a header as Unicode: aiohttp hands on bytes that are not UTF-8 as lone surrogates."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError:
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
