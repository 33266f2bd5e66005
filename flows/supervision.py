"""Child processes that are kept running: what dies or hangs is started again, and all of them end together."""

import logging
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

logger = logging.getLogger(__name__)

STOP_S = 20.0
PROBE_TIMEOUT_S = 3.0


@dataclass(slots=True)
class Child:
    """A process that is kept running; it leads a process group, so that what it starts ends with it.

    `health` is the URL that tells whether it hangs (None: nothing does), `started` and `well_at` are monotonic seconds.
    """

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes]
    health: str | None
    started: float
    well_at: float
    asked_at: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Children in the order in which they were started; `logs` is the folder of their logs.

    `hang_s` is how long a child may leave its health unanswered, `start_s` how long it may need to come up; it is asked
    every `probe_s`, and one that dies at once is not started more often than every `restart_s`.
    """

    logs: Path
    hang_s: float = 60.0
    start_s: float = 180.0
    probe_s: float = 5.0
    restart_s: float = 5.0
    children: list[Child] = field(default_factory=list)
    ended: list[Child] = field(default_factory=list)

    def start(self, name: str, command: Sequence[str], health: str | None = None) -> Child:
        """Start a child and keep it; its output goes to a file that is called like the last word of its name."""
        child = self._spawn(name, command, health)
        self.children.append(child)
        return child

    def await_health(self, child: Child) -> bool:
        """Wait until the child answers; False: it ended, or did not come up in `start_s`."""
        while time.monotonic() - child.started < self.start_s and child.process.poll() is None:
            if child.health is None or answers(child.health):
                child.well_at = time.monotonic()
                return True
            time.sleep(0.3)
        return False

    def look_after(self) -> None:
        """Start again what died or hangs."""
        for place, child in enumerate(self.children):
            code = child.process.poll()
            if code is None and self._hangs(child):
                logger.warning("%s has not answered for %.0f s and is ended", child.name, self.hang_s)
                stop(child)
                code = child.process.poll()
            if code is not None and time.monotonic() - child.started > self.restart_s:
                logger.warning("%s ended with code %s and is started again", child.name, code)
                # What it had started has nobody any more: a flow run ends here, and the next one takes its work over.
                signal_group(child, signal.SIGTERM)
                self.ended.append(child)
                self.children[place] = self._spawn(child.name, child.command, child.health)

    def stop_all(self) -> None:
        """End all children, the last one first, with everything that they started."""
        for child in reversed(self.children):
            stop(child)
        for child in self.ended:
            signal_group(child, signal.SIGKILL)

    def _spawn(self, name: str, command: Sequence[str], health: str | None) -> Child:
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name.rpartition(' ')[2]}.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        logger.info("%s: started, process %d, log %s", name, process.pid, log.name)
        now = time.monotonic()
        # Until it must have come up, it does not hang.
        return Child(name, command, process, health, now, now + self.start_s - self.hang_s)

    def _hangs(self, child: Child) -> bool:
        now = time.monotonic()
        if child.health is None or now - child.asked_at < self.probe_s:
            return False
        child.asked_at = now
        if answers(child.health):
            child.well_at = time.monotonic()
            return False
        return now - child.well_at > self.hang_s


def answers(url: str) -> bool:
    """Whether a GET of `url`, an address of ours on loopback, is answered with success."""
    try:
        with urllib.request.urlopen(url, timeout=PROBE_TIMEOUT_S):  # noqa: S310 - our own loopback address
            return True
    except (urllib.error.URLError, OSError):
        return False


def stop(child: Child) -> None:
    """Ask the child and its group to end, then make them."""
    signal_group(child, signal.SIGTERM)
    try:
        child.process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        logger.warning("%s did not end within %.0f s and is killed", child.name, STOP_S)
    signal_group(child, signal.SIGKILL)
    child.process.wait()


def signal_group(child: Child, number: signal.Signals) -> None:
    """Send a signal to the child and everything that it started."""
    try:
        os.killpg(child.process.pid, number)
    except ProcessLookupError:
        return
