"""What can go wrong with a feed, an entry or a page, as values from one closed list."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Stage(StrEnum):
    """Where in the pipeline something happened."""

    DISCOVER = "discover"
    FETCH = "fetch"
    EXTRACT = "extract"
    LOAD = "load"
    REPROCESS = "reprocess"


class Kind(StrEnum):
    """What a reason means for the next step: try again, give up, or a rule that forbids it."""

    TRANSIENT = "transient"
    PERMANENT = "permanent"
    POLICY = "policy"


class Reason(StrEnum):
    """Why something did not become what it should; the closed list that tables and reports use."""

    # transient: the next attempt may succeed
    UNREACHABLE = "unreachable"  # no connection: DNS, refused, reset, TLS
    TIMEOUT = "timeout"  # the total deadline of the request passed, or the body came too slowly
    TRUNCATED = "truncated"  # the body ended early, or its compression is broken
    THROTTLED = "throttled"  # 429
    SERVER_ERROR = "server_error"  # 5xx
    PAGE_EXPIRED = "page_expired"  # the archived page is gone before it was extracted
    # permanent: this address will not give an article
    NOT_FOUND = "not_found"  # 404
    GONE = "gone"  # 410
    HTTP_ERROR = "http_error"  # any other status we cannot use
    REDIRECT_LOOP = "redirect_loop"  # too many hops, or a hop to itself
    NOT_A_FEED = "not_a_feed"  # the body of a feed URL is something else
    NOT_A_PAGE = "not_a_page"  # the body of an article URL is not HTML (a PDF, an image, a feed)
    EMPTY_BODY = "empty_body"  # a successful answer without content
    NO_TEXT = "no_text"  # a page without an article on it
    SOFT_404 = "soft_404"  # an error page or the homepage under a successful status
    JS_ONLY = "js_only"  # an empty shell that a script would fill
    REDIRECTED = "redirected"  # too many moves from host to host
    BAD_URL = "bad_url"  # an address that cannot be one: scheme, length, syntax
    CRASH = "crash"  # our code or a library failed on this input; the traceback is in the detail
    HUNG = "hung"  # extraction took longer than its limit and was ended
    # policy: a rule says no
    ROBOTS = "robots"  # robots.txt disallows it for us
    BLOCKED = "blocked"  # a bot wall: 401, 403, 451, a challenge or captcha under any status
    CONSENT_WALL = "consent_wall"  # a cookie or privacy page instead of the article
    LOGIN_WALL = "login_wall"  # a form to log in instead of the article
    PAYWALL = "paywall"  # nothing of the article is free
    TOO_LARGE = "too_large"  # above the body limit, as received or inflated
    FORBIDDEN_ADDRESS = "forbidden_address"  # the host resolves to a private or loopback address
    TAKEN_DOWN = "taken_down"  # a person removed it from the tape, or forbade it beforehand

    @property
    def kind(self) -> Kind:
        """What this reason means for the next step."""
        return _KINDS.get(self, Kind.PERMANENT)


_KINDS = {
    Reason.UNREACHABLE: Kind.TRANSIENT,
    Reason.TIMEOUT: Kind.TRANSIENT,
    Reason.TRUNCATED: Kind.TRANSIENT,
    Reason.THROTTLED: Kind.TRANSIENT,
    Reason.SERVER_ERROR: Kind.TRANSIENT,
    Reason.PAGE_EXPIRED: Kind.TRANSIENT,
    Reason.ROBOTS: Kind.POLICY,
    Reason.BLOCKED: Kind.POLICY,
    Reason.CONSENT_WALL: Kind.POLICY,
    Reason.LOGIN_WALL: Kind.POLICY,
    Reason.PAYWALL: Kind.POLICY,
    Reason.TOO_LARGE: Kind.POLICY,
    Reason.FORBIDDEN_ADDRESS: Kind.POLICY,
    Reason.TAKEN_DOWN: Kind.POLICY,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that did not work: where, why (closed list), and the details a person needs.

    `status` is the HTTP status where there was one; `retry_after` what the server asked for; `requests` how many
    requests it took to know, redirects included (0: nobody was asked).
    """

    stage: Stage
    reason: Reason
    detail: str
    status: int | None = None
    retry_after: timedelta | None = None
    requests: int = 0
