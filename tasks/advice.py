"""What to do about what a checkup found: one line for each trouble and each peculiarity. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tasks.checkup import Checkup, Contents, Sample
from tasks.model import FeedKind
from tasks.outcome import Failure, Reason
from tasks.selector_rows import Silence

# Central banks publish once a week; two weeks without a word are a feed that nobody fills any more.
STALE_AFTER = timedelta(days=14)
_FEEDS = frozenset({FeedKind.RSS, FeedKind.ATOM, FeedKind.RDF, FeedKind.JSON_FEED})
_AGAIN = "try again later; a run does so by itself"
_AWAY = "look for its new address with `newstape sources add {homepage}`"
_REMEDIES = {
    Reason.ROBOTS: "ask the portal for leave, or take the feed out of the file",
    Reason.BLOCKED: "name yourself in NEWSTAPE_CONTACT, or agree with the portal on a user_agent or headers",
    Reason.CONSENT_WALL: "the portal shows its articles to visitors who consented; it can't be read like this",
    Reason.LOGIN_WALL: "the portal shows its articles to those who log in; it can't be read like this",
    Reason.NOT_FOUND: _AWAY,
    Reason.GONE: _AWAY,
    Reason.NOT_A_FEED: _AWAY,
    Reason.REDIRECT_LOOP: _AWAY,
    Reason.REDIRECTED: _AWAY,
    Reason.EMPTY_BODY: "it answers without content; " + _AGAIN,
    Reason.BAD_URL: "correct the address in the file",
    Reason.TOO_LARGE: "raise NEWSTAPE_MAX_BODY_MB, or read a smaller feed of the portal",
    Reason.FORBIDDEN_ADDRESS: "portals in your own network need NEWSTAPE_ALLOW_PRIVATE_ADDRESSES=true",
    Reason.THROTTLED: "give the source a longer delay; " + _AGAIN,
    Reason.UNREACHABLE: "see whether the host's name is right; " + _AGAIN,
    Reason.TIMEOUT: "raise NEWSTAPE_FETCH_TIMEOUT if it always takes so long; " + _AGAIN,
    Reason.NO_TEXT: "see with `newstape extract {article}` whether only this one is without text",
    Reason.JS_ONLY: "its pages are filled by scripts, which are not run",
}
# One article may be so without any fault of the feed.
_OF_THE_ARTICLE_ALONE = frozenset({Reason.PAYWALL, Reason.NOT_A_PAGE})

# What every article has; one page without it may be of another kind, so many in a row are not.
_ON_EVERY_PAGE = frozenset({"title", "body", "date"})
_SILENT_PAGES = 5
# Kickers, boxes or walls may be absent from so many pages in a row without anything being wrong.
_SELDOM_PAGES = 30


@dataclass(frozen=True, slots=True)
class Advice:
    """A line for a person; where it is no trouble, the feed is well all the same."""

    text: str
    is_trouble: bool


def advice_on(checkup: Checkup, now: datetime) -> list[Advice]:
    """What is to be said about a feed, troubles first."""
    lines = [*_moved(checkup), *_failed(checkup)]
    if checkup.contents is not None:
        lines += [*_contents(checkup.contents, now), *_kind(checkup, checkup.contents)]
    if checkup.sample is not None:
        lines += _sample(checkup.sample, checkup)
    lines += [line for one in checkup.silences if (line := _silence(one))]
    return sorted(lines, key=lambda line: not line.is_trouble)


def is_well(checkup: Checkup, now: datetime) -> bool:
    """Whether nothing has to be done about a feed."""
    return not any(line.is_trouble for line in advice_on(checkup, now))


def _moved(checkup: Checkup) -> Iterator[Advice]:
    if checkup.moved_to is not None:
        yield Advice(f"moved permanently to {checkup.moved_to}: put that address into the file", is_trouble=True)


def _failed(checkup: Checkup) -> Iterator[Advice]:
    if checkup.failure is not None:
        yield Advice(f"{_told(checkup.failure)}: {_remedy(checkup.failure, checkup)}", is_trouble=True)


def _contents(contents: Contents, now: datetime) -> Iterator[Advice]:
    if contents.undated:
        text = f"{contents.undated} entries have no date, neither beside nor in their address: a run takes none of them"
        yield Advice(text, is_trouble=not contents.entries)
    elif not contents.entries:
        yield Advice("it answers, but lists no entry: see whether the portal still fills it", is_trouble=True)
    if contents.newest_at is not None and now - contents.newest_at > STALE_AFTER:
        days = (now - contents.newest_at).days
        yield Advice(f"stale: its newest entry is {days} days old; look for a feed that is filled", is_trouble=True)
    if contents.entries and not contents.dated:
        yield Advice("its entries have no dates: the time of their first sight stands in", is_trouble=False)
    if contents.future:
        yield Advice(f"{contents.future} entries are dated in the future, as in a calendar", is_trouble=False)
    if contents.strangers:
        text = f"{contents.strangers} entries lead to other sites; name hosts that are the portal's in partners"
        yield Advice(text, is_trouble=False)


def _kind(checkup: Checkup, contents: Contents) -> Iterator[Advice]:
    """What the file says about the kind, where it is not so. An index says nothing about its sitemaps' kind."""
    declared = FeedKind(checkup.feed.kind)
    if contents.kind is declared or contents.children or not contents.entries:
        return
    if (declared in _FEEDS) != (contents.kind in _FEEDS) or declared in _FEEDS:
        yield Advice(f"it is of kind {contents.kind}: put that into the file", is_trouble=False)
    elif declared is FeedKind.NEWS_SITEMAP:
        text = "no entry has news tags: as a plain sitemap, entries are taken by their time of change alone"
        yield Advice(text, is_trouble=False)


def _sample(sample: Sample, checkup: Checkup) -> Iterator[Advice]:
    failure = sample.outcome
    if isinstance(failure, Failure):
        text = f"its newest article {sample.url} can't be read, {_told(failure)}: {_remedy(failure, checkup)}"
        yield Advice(text, is_trouble=failure.reason not in _OF_THE_ARTICLE_ALONE)


def _silence(one: Silence) -> Advice | None:
    """What is to be said of selectors that find nothing; None: too little is known of what isn't on every page."""
    shown = ", ".join(map(repr, one.selectors))
    where = f"its newest page {one.url}" if one.pages == 1 else f"the last {one.pages} pages, such as {one.url}"
    text = f"pages.{one.key}: {shown} finds nothing on {where}; the other layers stand in"
    if one.key in _ON_EVERY_PAGE:
        is_trouble = one.pages >= _SILENT_PAGES or not one.is_known
        return Advice(f"{text}: look whether the portal changed its pages, and correct the selector", is_trouble)
    if one.is_known and one.pages < _SELDOM_PAGES:
        return None
    return Advice(f"{text}: not every page has one, but look whether some still do", is_trouble=False)


def _told(failure: Failure) -> str:
    """Reason and detail on one line; the end of a traceback says the most."""
    detail = failure.detail.strip().splitlines()[-1:] or ["no detail"]
    return f"{failure.reason} ({detail[0][:200]})"


def _remedy(failure: Failure, checkup: Checkup) -> str:
    remedy = _REMEDIES.get(failure.reason, _AGAIN)
    article = checkup.sample.url if checkup.sample else ""
    return remedy.format(homepage=checkup.source.homepage, article=article)
