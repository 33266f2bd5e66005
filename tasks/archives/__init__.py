"""The past of a source, from wherever it can be had: which documents announce its articles, and for which day.

Each archive is a class that implements `tasks.past.Archive`: it asks (politely, through the `get` that it is given) or
reads from disk, and announces candidates piece by piece. Nothing is stored here.
"""

from datetime import datetime

from tasks.archives.asking import May
from tasks.model import Get
from tasks.past import Archive, Past, Via


def archive_of(via: Via, past: Past, get: Get, now: datetime, may: May | None = None) -> Archive:
    """The archive that `via` names; `may` says whether robots.txt lets an address be asked (None: everything).

    Misconfigured where `past.place` can't be a place of that kind.
    """
    match via:
        case Via.SITEMAPS:
            from tasks.archives.sitemaps import SitemapArchive

            return SitemapArchive(past, get, may)
        case Via.LISTING:
            from tasks.archives.listing import ListingArchive

            return ListingArchive(past, get, may)
        case Via.WAYBACK:
            from tasks.archives.wayback import WaybackArchive

            return WaybackArchive(past, get, now)
        case Via.WARC:
            from tasks.archives.warc import WarcArchive

            return WarcArchive(past, get, now)
        case Via.FOLDER:
            from tasks.archives.folder import FolderArchive

            return FolderArchive(past, get, now)
