"""What a trail comes to: why an address is on the tape or not, in a sentence, and what happens or is to be done next.

Pure. Written for somebody who has to answer a colleague in a minute.
"""

from dataclasses import dataclass
from datetime import datetime
from shlex import quote

from flows.trail import Row, Trail
from tasks.outcome import Reason

# Every reason as the end of "it is not on the tape because ...".
MEANINGS: dict[Reason, str] = {
    Reason.UNREACHABLE: "no connection to its host came about",
    Reason.TIMEOUT: "its host took too long",
    Reason.TRUNCATED: "its body arrived broken",
    Reason.THROTTLED: "the portal asks for fewer requests (429)",
    Reason.SERVER_ERROR: "the portal has trouble of its own",
    Reason.PAGE_EXPIRED: "its archived page expired before it was read",
    Reason.NOT_FOUND: "the portal says that there is no such page (404)",
    Reason.GONE: "the portal says that it took the page down (410)",
    Reason.HTTP_ERROR: "the portal answered with a status that is of no use",
    Reason.REDIRECT_LOOP: "its redirects lead nowhere",
    Reason.NOT_A_FEED: "there is no feed under the address",
    Reason.NOT_A_PAGE: "there is no HTML page under the address",
    Reason.EMPTY_BODY: "the answer was empty",
    Reason.NO_TEXT: "there is no article on the page",
    Reason.SOFT_404: "an error page or the start page came instead of the article",
    Reason.JS_ONLY: "the page is an empty shell that a script would fill",
    Reason.REDIRECTED: "it was sent from host to host too often",
    Reason.BAD_URL: "the address can't be one",
    Reason.CRASH: "the extraction failed on it",
    Reason.HUNG: "the extraction took too long and was ended",
    Reason.ROBOTS: "robots.txt disallows it",
    Reason.BLOCKED: "the portal keeps robots out",
    Reason.CONSENT_WALL: "a consent page came instead of the article",
    Reason.LOGIN_WALL: "a login page came instead of the article",
    Reason.PAYWALL: "nothing of it is free",
    Reason.TOO_LARGE: "it is larger than the limit",
    Reason.FORBIDDEN_ADDRESS: "its host is on a private network",
    Reason.TAKEN_DOWN: "a person took it down, and it never comes back",
}
# What helps before it is tried again; a reason without a line needs nothing first.
_FIRST: dict[Reason, str] = {
    Reason.ROBOTS: "robots.txt still stands against it; only the portal can change that.",
    Reason.BLOCKED: "See what the portal says to `newstape sources doctor {slug}`; a user agent of its own may help.",
    Reason.PAYWALL: "It takes a subscription, which Newstape does not have.",
    Reason.LOGIN_WALL: "It takes an account, which Newstape does not have.",
    Reason.CONSENT_WALL: "See what the portal shows to `newstape sources doctor {slug}`.",
    Reason.TOO_LARGE: "Raise NEWSTAPE_MAX_BODY_MB.",
    Reason.FORBIDDEN_ADDRESS: "Set NEWSTAPE_ALLOW_PRIVATE_ADDRESSES if the portal is in-house.",
    Reason.CRASH: "The page is kept; the detail above says where the extraction failed.",
    Reason.HUNG: "Raise NEWSTAPE_EXTRACT_TIMEOUT.",
}


@dataclass(frozen=True, slots=True)
class Conclusion:
    """`verdict` is what the matter is, `next_step` what happens by itself or has to be done."""

    verdict: str
    next_step: str


def conclude(trail: Trail, now: datetime) -> Conclusion:
    """What the trail comes to at `now`."""
    if trail.entry is not None:
        return _of_entry(trail, trail.entry, now)
    if trail.article is not None:
        verdict = f"On the tape as article {trail.article['id']}; its entry is no longer kept."
        return Conclusion(verdict, f"Nothing to do; {_ask(trail.canonical_url)} asks for it again.")
    if trail.source is None:
        return Conclusion("Never seen: no source covers it.", _add_source(trail.url))
    return _of_unseen(trail, trail.source)


def moment(at: datetime | None) -> str:
    """A time as it is told to people."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "never"


def counted(number: int, noun: str) -> str:
    """A number with its noun, whose plural ends in s."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def explained(reason: str | None, detail: str | None) -> str:
    """A reason of the closed list with its details, in words."""
    if reason is None:
        return detail or "no reason was noted"
    return f"{MEANINGS[Reason(reason)]} ({reason}{': ' + detail if detail else ''})"


def pause_of(source: Row) -> str:
    """How a source is paused, for the middle of a sentence; "" where it is not."""
    if source["paused_at"] is None:
        return ""
    until = f" until {moment(source['paused_until'])}" if source["paused_until"] else ""
    return f"paused since {moment(source['paused_at'])}{until} ({source['pause_reason'] or 'no reason given'})"


def _ask(url: str) -> str:
    """The command that asks for one address, fit to be pasted into a shell."""
    return f"`newstape ingest {quote(url)}`"


def _add_source(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"`newstape sources add {scheme}://{rest.partition('/')[0]}/` describes the portal as a source."


def _of_entry(trail: Trail, entry: Row, now: datetime) -> Conclusion:
    match entry["state"]:
        case "loaded":
            return _of_loaded(trail, entry)
        case "duplicate":
            return _of_duplicate(trail, entry)
        case "skipped" | "gone" | "dead":
            return _of_end(trail, entry)
        case "retry":
            return _of_retry(trail, entry, now)
        case "leased":
            since = f"{entry['lease_owner']} works on it, its lease runs to {moment(entry['lease_until'])}"
            return Conclusion(f"Being fetched: {since}.", "Wait for that run; should it die, the next one takes over.")
        case "fetched":
            verdict = f"Fetched at {moment(entry['page_fetched_at'])}; the page is archived and not extracted yet."
            return Conclusion(verdict, f"The next run extracts and loads it.{_held_up(trail, now)}")
        case _:
            verdict = f"Known since {moment(entry['first_seen_at'])} and not asked yet."
            step = f"The first run after {moment(entry['due_at'])} asks for it.{_held_up(trail, now)}"
            return Conclusion(verdict, step)


def _of_loaded(trail: Trail, entry: Row) -> Conclusion:
    article = trail.article
    if article is None:
        verdict = f"It was loaded as article {entry['article_id']}, which is no longer on the tape."
        return Conclusion(verdict, _again(trail, entry))
    verdict = (
        f"On the tape as article {article['id']}, {counted(len(trail.revisions), 'revision')}: {article['title']}."
    )
    if entry["reason"]:
        verdict += f" When it was asked again: {explained(entry['reason'], entry['detail'])}."
    if entry["recheck_at"]:
        return Conclusion(verdict, f"Asked again for changes at {moment(entry['recheck_at'])}.")
    return Conclusion(verdict, f"Nothing to do; {_ask(entry['canonical_url'])} asks for it again.")


def _of_duplicate(trail: Trail, entry: Row) -> Conclusion:
    if trail.article is None:
        verdict = f"It repeated article {entry['article_id']}, which is no longer on the tape."
        return Conclusion(verdict, _again(trail, entry))
    original = f"article {trail.article['id']} of {trail.article['source']}, {trail.article['url']}"
    return Conclusion(
        f"Not a row of its own: it repeats {original}.", f"Nothing to do; read article {trail.article['id']}."
    )


def _of_end(trail: Trail, entry: Row) -> Conclusion:
    names = {"skipped": "Skipped", "gone": "Gone", "dead": f"Given up after {counted(entry['attempts'], 'attempt')}"}
    since = f" at {moment(entry['settled_at'])}" if entry["settled_at"] else ""
    verdict = f"{names[entry['state']]}{since}: {explained(entry['reason'], entry['detail'])}."
    if entry["article_id"] is not None:
        verdict += f" Its article {entry['article_id']} stays on the tape."
    return Conclusion(verdict, _again(trail, entry))


def _of_retry(trail: Trail, entry: Row, now: datetime) -> Conclusion:
    again = "Asked again" if entry["article_id"] is not None else "In retry"
    since = f" since {moment(trail.attempts[-1]['at'])}" if trail.attempts else ""
    why = f"{counted(entry['attempts'], 'attempt')} so far: {explained(entry['reason'], entry['detail'])}"
    verdict = f"{again}{since}, {why}." if entry["reason"] else f"{again}: the next answer tells whether it changed."
    step = (
        f"Next attempt at the first run after {moment(entry['due_at'])}; {_ask(entry['canonical_url'])} asks at once."
    )
    return Conclusion(verdict, step + _held_up(trail, now))


def _again(trail: Trail, entry: Row) -> str:
    """How an entry that came to its end is tried once more, and what has to change before that makes sense."""
    reason = Reason(entry["reason"]) if entry["reason"] else None
    if reason is Reason.TAKEN_DOWN:
        return "Nothing asks for it any more; `newstape articles removed` lists who took down what, and why."
    first = _FIRST.get(reason, "") if reason else ""
    allowed = trail.robots is not None and trail.robots["verdict"] in ("allowed", "no_rules")
    if reason is Reason.ROBOTS and allowed:
        first = "robots.txt allows it by now."
    others = f"; all like it: `newstape entries retry --source {entry['source']} --reason {reason}`" if reason else ""
    step = f"{_ask(entry['canonical_url'])} tries it once more{others}."
    return f"{first.format(slug=entry['source'])} {step}".strip()


def _held_up(trail: Trail, now: datetime) -> str:
    """What stands between an open entry and its next request, as further sentences."""
    held = ""
    if trail.source and (pause := pause_of(trail.source)):
        held += f" But {trail.source['slug']} is {pause}: `newstape sources resume {trail.source['slug']}` ends that."
    robots = trail.robots
    if robots and robots["verdict"] == "unknown":
        since = f" since {moment(robots['failing_since'])}" if robots["failing_since"] else ""
        held += f" But {robots['detail']}{since}; it is asked again at {moment(robots['expires_at'])}."
    elif robots and robots["next_request_at"] > now:
        held += f" Its host may be asked again at {moment(robots['next_request_at'])}."
    return held


def _of_unseen(trail: Trail, source: Row) -> Conclusion:
    slug, ask = source["slug"], f"{_ask(trail.canonical_url)} asks for it now."
    if source["absent_since"]:
        verdict = f"Never seen: {slug} would cover it, but its file is missing since {moment(source['absent_since'])}."
        return Conclusion(verdict, f"Put the source file of {slug} back; `newstape sources check` reads them all.")
    if not source["is_synced"]:
        verdict = f"Never seen: {slug} covers it, but no run has read that source yet."
        return Conclusion(verdict, f"`newstape ingest --source {slug}` starts; {ask}")
    pause = pause_of(source)
    if pause:
        return Conclusion(f"Never seen: {slug} is {pause}.", f"`newstape sources resume {slug}`, then {ask}")
    return Conclusion(f"Never seen: the feeds of {slug} never listed it. {_coverage(trail)}", ask)


def _coverage(trail: Trail) -> str:
    """How well the feeds of a source were read lately."""
    polled = [feed["last_polled_at"] for feed in trail.feeds if feed["last_polled_at"]]
    last = f"last polled {moment(max(polled))}" if polled else "never polled"
    said = [f"{counted(len(trail.feeds), 'feed')}, {last}"]
    failing = sum(feed["failures"] > 0 for feed in trail.feeds)
    said += [f"{failing} of them failing"] if failing else []
    said += [f"open warning `{one['kind']}` since {moment(one['first_at'])}" for one in trail.warnings]
    maps = [feed["last_polled_at"] for feed in trail.feeds if feed["kind"] == "news_sitemap"]
    said += [f"news sitemap read {moment(max((at for at in maps if at), default=None))}"] if maps else []
    return "; ".join(said) + "."
