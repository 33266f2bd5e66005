"""Faults of archives: children that do not hold the month of their name, listings that shift under the reader."""

from collections.abc import Callable
from datetime import timedelta

from aiohttp import web

from portal.faults.kit import Call, Fault, altered, chosen, plain_of
from portal.past import Past
from portal.shelves import Months, month

LATE = timedelta(days=2)


async def lying_child(call: Call) -> web.StreamResponse:
    """The month's sitemap with other days than its name says; value: which. Other addresses stay right."""
    past = call.world.archives.pasts.get(call.slug)
    document = None if past is None else month(past, call.path, chosen(call, LIES)(past))
    return call.answer if document is None else altered(call, document.plain, document.content_type, 200)


async def new_in_archive(call: Call) -> web.StreamResponse:
    """The right answer after one more article appeared in the archive, so that the pages of its listing shift."""
    past = call.world.archives.pasts.get(call.slug)
    if past is None:
        return call.answer
    past.append()
    document = call.world.document(call.slug, call.path)
    return altered(call, document.plain if document else plain_of(call.answer))


FAULTS: dict[str, Fault] = {"lying_child": lying_child, "new_in_archive": new_in_archive}


def _swapped(past: Past) -> Months:
    """Each month's name leads to the next month, the last one's to the first."""
    months = past.months()
    names = list(months)
    return dict(zip(names, [months[name] for name in (names[-1], *names[:-1])], strict=True))


def _late(past: Past) -> Months:
    """Months that begin and end two days late."""
    months: dict[tuple[int, int], list[int]] = {}
    for number in past.newest():
        day = past.day(number) - LATE
        months.setdefault((day.year, day.month), []).append(number)
    return months


LIES: dict[str, Callable[[Past], Months]] = {"month": _swapped, "late": _late}
