"""Permanent redirects of a feed: followed at once, believed only after many equal ones. Pure.

A portal that is being rebuilt, a consent page or an error page answers 301 for an hour; who believes it loses the feed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from tasks.discover.polling import Poll
from tasks.outcome import Reason

# So many polls in a row, over so long a time, must have led to the same address.
MIN_POLLS = 5
MIN_SPAN = timedelta(days=2)
# What proves that the address that was believed is not, or no longer, the feed's.
_LOST = frozenset({Reason.NOT_FOUND, Reason.GONE, Reason.NOT_A_FEED, Reason.REDIRECT_LOOP})


@dataclass(frozen=True, slots=True)
class Course:
    """Where a feed's redirects lead; the columns of ingest.feeds of the same names say what each means."""

    redirect_to: str | None = None
    redirects: int = 0
    redirected_since: datetime | None = None
    moved_to: str | None = None


def course_after(poll: Poll, taken: Collection[str] = ()) -> Course:
    """The course of a feed after this poll; `taken` are addresses that are another feed's, which are never believed.

    An address that was believed is forgotten where it is lost or leads on, so that the listed one is asked next.
    """
    before = poll.feed.history
    if before.moved_to:
        is_lost = poll.failure is not None and poll.failure.reason in _LOST
        return Course() if is_lost or poll.moved_to else Course(moved_to=before.moved_to)
    if poll.failure:
        # It tells nothing of where the feed is.
        return Course(before.redirect_to, before.redirects, before.redirected_since)
    course = _counted(poll)
    if is_ripe(poll, course) and course.redirect_to not in taken:
        return Course(moved_to=course.redirect_to)
    return course


def target_of(poll: Poll) -> str | None:
    """The address that this poll makes worth believing, unless it is another feed's; None: none."""
    if poll.failure or poll.feed.history.moved_to:
        return None
    course = _counted(poll)
    return course.redirect_to if is_ripe(poll, course) else None


def is_ripe(poll: Poll, course: Course) -> bool:
    """Whether redirects were equal often and long enough, and lead to a feed: read there, and no homepage."""
    if course.redirect_to is None or course.redirected_since is None:
        return False
    lasted = course.redirects >= MIN_POLLS and poll.at - course.redirected_since >= MIN_SPAN
    return lasted and poll.body_sha256 is not None and urlsplit(course.redirect_to).path not in ("", "/")


def _counted(poll: Poll) -> Course:
    before = poll.feed.history
    if poll.moved_to in (None, poll.feed.url):
        return Course()
    if poll.moved_to == before.redirect_to:
        return Course(poll.moved_to, before.redirects + 1, before.redirected_since or poll.at)
    return Course(poll.moved_to, 1, poll.at)


def moved_message(poll: Poll, target: str) -> str:
    """What a person has to change after a move was believed."""
    feed = poll.feed
    return (
        f"{feed.url} has been redirected to {target} for good, {MIN_POLLS} polls and {MIN_SPAN.days} days or more in a "
        f"row, and is a feed there. It is asked there from now on; write the new address into {feed.source}.yaml."
    )
