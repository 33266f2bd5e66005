"""The day that an article's address names, in the portal's calendar. Pure, total on any string."""

from datetime import date

from tasks.archives.stretches import Stretch, stretch_of
from tasks.discover.window import article_span


def address_stretch(url: str) -> Stretch | None:
    """The day or month that an article's address names, in the portal's calendar; None where it names none."""
    return stretch_of(article_span(url))


def address_day(url: str) -> date | None:
    """The day that an article's address names; None where it names none, or only the month."""
    found = address_stretch(url)
    return found.first if found and found.is_day else None
