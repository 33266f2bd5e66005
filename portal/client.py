"""The sample portal from the outside: start it, steer it, stop it. Standard library only.

with portal.client.start(articles=200, page_kb=50, sources_dir=folder) as running:
    running.fault("status", path="/rss", value=503, times=2)
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

STOP_TIMEOUT_S = 10
CONTROL_TIMEOUT_S = 300  # writing the captures of 20,000 articles takes over a minute

_ROOT = Path(__file__).resolve().parent.parent

Option = str | int | float | bool | Path | None


class PortalError(Exception):
    """The sample portal did not start, or refused an order; the text is what it said."""


@dataclass(frozen=True, slots=True)
class RunningPortal:
    """A running sample portal: `control` steers it, `portals` is the ready line's list, `pid` names its process.

    `tls` (with the option of that name): addresses by the kind of certificate, and `authority`, the file to trust.
    """

    control: str
    portals: list[dict[str, Any]]
    pid: int
    tls: dict[str, str] = field(default_factory=dict)

    def gold(self) -> list[dict[str, Any]]:
        """What an ideal reader would have of every article, as published up to now."""
        gold: list[dict[str, Any]] = self._order("GET", "/gold")
        return gold

    def archive_gold(self) -> list[dict[str, Any]]:
        """The same of the articles that only the archives still list."""
        gold: list[dict[str, Any]] = self._order("GET", "/gold/archive")
        return gold

    def ledger(self) -> list[dict[str, Any]]:
        """Every request served so far."""
        lines: list[dict[str, Any]] = self._order("GET", "/ledger")
        return lines

    def summary(self) -> dict[str, Any]:
        """The ledger's counts."""
        counts: dict[str, Any] = self._order("GET", "/ledger/summary")
        return counts

    def clear_ledger(self) -> None:
        """Forgets the requests served so far."""
        self._order("DELETE", "/ledger")

    def fault(
        self,
        name: str,
        *,
        path: str = "",
        portal: str | None = None,
        value: Any = None,
        times: int | None = None,
    ) -> None:
        """Switches a fault on for the paths that contain the regular expression `path`."""
        self._order("POST", "/faults", {"fault": name, "path": path, "portal": portal, "value": value, "times": times})

    def clear_faults(self) -> None:
        """Switches every fault off."""
        self._order("DELETE", "/faults")

    def publish(self, portal: str | None = None, count: int = 1) -> list[dict[str, Any]]:
        """Publishes new articles on one portal (or each); their gold."""
        gold: list[dict[str, Any]] = self._order("POST", "/publish", {"portal": portal, "count": count})
        return gold

    def edit(self, id_: str, kind: str = "correction") -> dict[str, Any]:
        """Changes an article (its title, body, advert, timestamp, or a correction); its new gold."""
        gold: dict[str, Any] = self._order("POST", "/edit", {"id": id_, "kind": kind})
        return gold

    def rename(self, id_: str) -> dict[str, Any]:
        """Gives an article another slug; its gold. The old address still shows it."""
        gold: dict[str, Any] = self._order("POST", "/rename", {"id": id_})
        return gold

    def remove(self, id_: str, status: int = 404) -> dict[str, Any]:
        """Takes an article off feeds, listings and sitemaps; its address answers `status` from then on."""
        gold: dict[str, Any] = self._order("POST", "/remove", {"id": id_, "status": status})
        return gold

    def write_archive(self, folder: Path, *, index: bool = True, bad: bool = False) -> dict[str, Any]:
        """Writes what the archives' articles were when captured as WARC files and pages, bad ones too on wish.

        `warc` is the list of the files, `records` what is in them, `pages` a folder per portal (with an index.csv).
        """
        wish = {"folder": str(folder.resolve()), "index": index, "bad": bad}
        written: dict[str, Any] = self._order("POST", "/archive", wish)
        return written

    def shut(self, portal: str) -> None:
        """Ends a portal's connections and refuses new ones."""
        self._order("POST", "/shut", {"portal": portal})

    def open(self, portal: str) -> None:
        """Lets a portal that was shut answer again, at the same address."""
        self._order("POST", "/open", {"portal": portal})

    def _order(self, method: str, path: str, wish: dict[str, Any] | None = None) -> Any:
        """The control's JSON answer."""
        address = urlsplit(self.control)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=CONTROL_TIMEOUT_S)
        try:
            connection.request(method, path, None if wish is None else json.dumps(wish))
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:  # noqa: PLR2004 - OK
            raise PortalError(answer["error"])
        return answer


@contextmanager
def start(**options: Option) -> Iterator[RunningPortal]:
    """A sample portal with the options of `python -m portal` (page_kb=50 is --page-kb 50), ended with the block."""
    paths = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    with subprocess.Popen(
        [sys.executable, "-m", "portal", "--end-with-stdin", *_arguments(options)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    ) as child:
        try:
            yield _ready(child)
        finally:
            child.terminate()
            try:
                child.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                child.kill()


def _arguments(options: dict[str, Option]) -> Iterator[str]:
    """The options as a command line."""
    for name, value in options.items():
        if value is None or value is False:
            continue
        yield f"--{name.replace('_', '-')}"
        if value is not True:
            yield str(value)


def _ready(child: "subprocess.Popen[str]") -> RunningPortal:
    """The portal that the ready line describes; PortalError where it ends instead."""
    line = child.stdout.readline() if child.stdout else ""
    if not line:
        raise PortalError(f"the sample portal ended with exit code {child.wait()} before it was ready")
    ready = json.loads(line)
    return RunningPortal(ready["control"], ready["portals"], child.pid, ready.get("tls", {}))
