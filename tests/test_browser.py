"""A backfill from Prefect's UI, as an operator does it: Debian's Chromium fills in the form and watches the run.

NEWSTAPE_SCREENSHOTS=1 (`make screenshots`) also writes the pictures of docs/operators.md.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import pytest
from conftest import await_true, free_port, missing, new_database
from playwright.sync_api import Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as Timeout
from sqlalchemy import Engine, text
from sqlalchemy.engine import URL

from portal.client import RunningPortal, start
from sql import connect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(600)]

CHROMIUM = Path("/usr/bin/chromium")
# Read here: no test sees the settings of the person who runs them.
TAKES_PICTURES = os.environ.get("NEWSTAPE_SCREENSHOTS") == "1"
PICTURES = Path(__file__).resolve().parent.parent / "docs" / "images"
SOURCE, ZONE = "cornhill-courier", ZoneInfo("Europe/London")
FIRST, LAST = "2026-03-01", "2026-03-20"
# Milliseconds: bounds against hanging on a busy machine, not measures.
SHOWN_MS, ENDED_MS, SUBMITTED_MS, CHOSEN_MS = 60_000, 240_000, 10_000, 10_000
TRIES = 3


@dataclass(frozen=True, slots=True)
class Desk:
    """What an operator sits in front of: the UI's address, the portal behind it, the database under it."""

    url: str
    portal: RunningPortal
    engine: Engine

    def flow_runs(self) -> int:
        """How many runs of the deployment were started by hand."""
        asked = json.dumps({"deployments": {"name": {"any_": ["backfill"]}}}).encode()
        request = Request(f"{self.url}/api/flow_runs/filter", asked, {"Content-Type": "application/json"})
        with urlopen(request, timeout=30) as answer:
            return sum(not run["auto_scheduled"] for run in json.load(answer))

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """What the database answers."""
        with self.engine.connect() as conn:
            return [tuple(row) for row in conn.execute(text(statement)).all()]


@pytest.fixture(scope="module")
def desk(embedded: URL) -> Iterator[Desk]:
    """`newstape serve` on a sample portal, with a home, a port and a database of its own."""
    if not CHROMIUM.exists():
        missing("Chromium", "apt-get install chromium")
    engine, port = new_database(embedded, "browser_one"), free_port()
    folder = Path(tempfile.mkdtemp(prefix="nt-browser-"))
    (folder / "sources").mkdir()
    with start(sources_dir=folder / "sources", end_with_stdin=True) as portal:
        process, log = served(folder, port, engine), folder / "log"
        try:
            await_true(lambda: b"UI: http" in log.read_bytes() or process.poll() is not None, 240, "the UI")
            assert process.poll() is None, log.read_text()
            yield Desk(f"http://127.0.0.1:{port}", portal, engine)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
            engine.dispose()
            shutil.rmtree(folder, ignore_errors=True)


def served(folder: Path, port: int, engine: Engine) -> "subprocess.Popen[bytes]":
    """The process of `newstape serve`; it knows no setting of the person who runs the tests."""
    own = {
        "NEWSTAPE_HOME": str(folder),
        "NEWSTAPE_SOURCES_DIR": str(folder / "sources"),
        "NEWSTAPE_DATABASE_URL": connect.plain(engine.url),
        "NEWSTAPE_ALLOW_PRIVATE_ADDRESSES": "true",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NEWSTAPE_", "PREFECT_"))}
    command = [sys.executable, "-m", "flows.cli", "serve", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, env=kept | own, stdout=log, stderr=log)


@pytest.fixture
def page(desk: Desk) -> Iterator[Page]:
    """A page of a browser that knows loopback addresses only."""
    arguments = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    arguments += ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        opened = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/Zurich")
        opened.set_default_timeout(SHOWN_MS)
        yield opened
        browser.close()


def picture(page: Page, name: str) -> None:
    """A picture for the operator's guide, where pictures are wanted."""
    if TAKES_PICTURES:
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


def open_form(page: Page, desk: Desk, deployment: str) -> None:
    """From the start page to the form of a deployment."""
    page.goto(desk.url)
    page.get_by_role("link", name="Deployments", exact=True).click()
    listed = page.get_by_role("link", name=deployment, exact=True).first
    expect(listed).to_be_visible(timeout=SHOWN_MS)
    picture(page, "deployments")
    listed.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Custom run").click()
    expect(page.get_by_role("heading", name="Parameters")).to_be_visible(timeout=SHOWN_MS)


def field(page: Page, name: str) -> Locator:
    """The inputs of a parameter."""
    label = page.locator("label", has_text=re.compile(rf"^{name}( \(Optional\))?$"))
    found = label.locator("xpath=../../../fieldset")
    found.wait_for()
    return found


def choose(page: Page, name: str, value: str) -> None:
    """Choose from a dropdown; one that may stay empty is shown first."""
    inputs = field(page, name)
    if (shown := inputs.get_by_role("tab").first).count():
        shown.click()
    opener = inputs.get_by_role("tabpanel").or_(inputs).get_by_role("button").last
    for _ in range(TRIES):
        opener.click()
        # A list closes by itself when the form takes the focus back: then it is opened again.
        with contextlib.suppress(Timeout, AssertionError):
            page.get_by_role("option", name=value, exact=True).click(timeout=CHOSEN_MS)
            expect(opener).to_contain_text(value, timeout=CHOSEN_MS)
            return
        page.keyboard.press("Escape")
    expect(opener).to_contain_text(value, timeout=CHOSEN_MS)


def pick(page: Page, name: str, day: str) -> None:
    """Type a day into a calendar; one that may stay empty is shown first."""
    inputs = field(page, name)
    if (shown := inputs.get_by_role("tab", name="date")).count():
        shown.click()
    inputs.get_by_role("button").last.click()
    typed = page.get_by_role("textbox", name="Date (yyyy-MM-dd)")
    typed.fill(day)
    page.keyboard.press("Escape")
    # While it closes it still holds the focus and closes whatever is opened next.
    expect(typed).to_be_hidden()


def fill_in(page: Page, start: str, end: str) -> None:
    """The form of a backfill."""
    choose(page, "source", SOURCE)
    pick(page, "start", start)
    pick(page, "end", end)
    choose(page, "via", "sitemaps")


def submit(page: Page, desk: Desk, state: str) -> str:
    """Start the run, wait for its end in that state; the message that it ended with."""
    before = desk.flow_runs()
    link = page.get_by_role("link", name="View run")
    for _ in range(TRIES):
        page.get_by_role("button", name="Submit").click()
        with contextlib.suppress(Timeout):
            link.wait_for(timeout=SUBMITTED_MS)
        # A click that only closes what was still open over the form starts nothing.
        if desk.flow_runs() > before:
            break
    link.click()
    expect(page.get_by_text(state, exact=True).first).to_be_visible(timeout=ENDED_MS)
    # Anew, as the graph was drawn while the run was at work.
    page.reload()
    page.get_by_role("tab", name="Details").click()
    told = page.get_by_role("term").filter(has_text="State Message").locator("xpath=following-sibling::*[1]")
    told.scroll_into_view_if_needed()
    return told.inner_text()


def test_a_backfill_from_the_form_fills_the_tape_and_shows_its_table(page: Page, desk: Desk) -> None:
    open_form(page, desk, "backfill")
    fill_in(page, FIRST, LAST)
    picture(page, "backfill-form")
    message = submit(page, desk, "Completed")
    picture(page, "backfill-run")

    days = {one["url"]: day_of(one["published"]) for one in desk.portal.archive_gold() if one["portal"] == SOURCE}
    in_time = {url for url, day in days.items() if FIRST <= day <= LAST}
    stored = desk.rows(
        f"SELECT url FROM news.articles WHERE source = '{SOURCE}' "
        f"AND (published_at AT TIME ZONE '{ZONE.key}')::date BETWEEN '{FIRST}' AND '{LAST}'"
    )
    assert {url for (url,) in stored} == in_time
    assert len(in_time) > 20
    assert str(len(in_time)) in message

    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_role("link", name="backfill-coverage").click()
    page.get_by_role("link", name=re.compile("^[0-9a-f]{8}$")).first.click()
    expect(page.get_by_role("cell", name=FIRST, exact=True)).to_be_visible(timeout=SHOWN_MS)
    picture(page, "backfill-table")
    loaded = {row["day"]: int(row["loaded"]) for row in table(page)}
    assert Counter(loaded) == Counter(days[url] for url in in_time)


def table(page: Page) -> list[dict[str, str]]:
    """The rows of the table that is shown, of all its pages."""
    names = page.get_by_role("columnheader").all_inner_texts()
    found: list[dict[str, str]] = []
    while True:
        rows = [row.get_by_role("cell").all_inner_texts() for row in page.get_by_role("row").all()]
        found += [dict(zip(names, row, strict=True)) for row in rows if row]
        further = page.get_by_role("button", name=re.compile("next page", re.IGNORECASE))
        if not further.count() or further.is_disabled():
            return found
        first = found[-1]["day"]
        further.click()
        expect(page.get_by_role("cell", name=first, exact=True)).to_have_count(0)


def day_of(published: str) -> str:
    """The day of a time in the zone of the source; a bare day is that day."""
    return published if len(published) == 10 else str(datetime.fromisoformat(published).astimezone(ZONE).date())


def test_days_in_the_wrong_order_are_refused_with_a_sentence(page: Page, desk: Desk) -> None:
    noted = desk.rows("SELECT count(*) FROM ingest.backfills")
    open_form(page, desk, "backfill")
    fill_in(page, LAST, FIRST)
    message = submit(page, desk, "Failed")
    picture(page, "backfill-refused")
    assert FIRST in message
    assert LAST in message
    assert "before" in message
    assert desk.rows("SELECT count(*) FROM ingest.backfills") == noted
