"""Captures: pages as a web archive kept them, asked at its address and read as the portal's own. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from tasks.archives.cdx import captured_at_of, original_of
from tasks.archives.wayback import LEAST_DELAY
from tasks.model import Page


def least_delay(urls: Iterable[str]) -> timedelta | None:
    """The time that lies between two requests at least where one of `urls` is a capture; None: none is one.

    A web archive is nobody's portal: it wants to be asked one request at a time, whatever the source says.
    """
    return LEAST_DELAY if any(captured_at_of(url) is not None for url in urls) else None


def as_kept(page: Page) -> Page:
    """A page with the time of its capture, where its address says that it is one: the nearest that the archive had."""
    captured_at = captured_at_of(page.final_url)
    return page if captured_at is None else replace(page, captured_at=captured_at)


def as_published(page: Page) -> Page:
    """A capture under the portal's own address, as an extractor must see it; any other page as it is."""
    original = original_of(page.final_url) if page.captured_at is not None else None
    return page if original is None else replace(page, url=original, final_url=original)
