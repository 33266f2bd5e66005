"""Children that are kept running: real processes that die, hang, and leave others behind."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from conftest import await_true, free_port

from flows.supervision import Supervisor, answers

pytestmark = pytest.mark.timeout(120)

# Answers every request with 200.
SERVER = """
import http.server, sys
class Well(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Well).serve_forever()
"""
# A parent whose child ignores SIGTERM, as a flow run that is stuck.
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(300)"])
time.sleep(300)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    made = Supervisor(tmp_path / "logs", hang_s=1.0, start_s=30.0, probe_s=0.1, restart_s=0.0)
    yield made
    made.stop_all()


def server(supervisor: Supervisor) -> str:
    """Start the server as a child; returns its address."""
    port = free_port()
    child = supervisor.start("the server", [sys.executable, "-c", SERVER, str(port)], f"http://127.0.0.1:{port}/")
    assert supervisor.await_health(child)
    return f"http://127.0.0.1:{port}/"


def looked_after(supervisor: Supervisor, was: int) -> bool:
    """Whether another process than `was` has its place now."""
    supervisor.look_after()
    return supervisor.children[0].process.pid != was


def ignores(pid: int, number: signal.Signals) -> bool:
    """Whether a process ignores a signal."""
    (mask,) = re.findall(r"^SigIgn:\s*(\w+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return bool(int(mask, 16) >> (number - 1) & 1)


def test_a_child_that_dies_is_started_again(supervisor: Supervisor) -> None:
    address = server(supervisor)
    was = supervisor.children[0].process.pid
    os.kill(was, signal.SIGKILL)
    await_true(lambda: looked_after(supervisor, was), 30, "another process")
    await_true(lambda: answers(address), 30, "an answer")


def test_a_child_that_hangs_is_ended_and_started_again(supervisor: Supervisor) -> None:
    address = server(supervisor)
    was = supervisor.children[0].process.pid
    supervisor.look_after()
    assert supervisor.children[0].process.pid == was
    os.kill(was, signal.SIGSTOP)
    await_true(lambda: looked_after(supervisor, was), 60, "another process")
    assert not psutil.pid_exists(was)
    await_true(lambda: answers(address), 30, "an answer")


def test_a_child_that_never_comes_up_is_told(supervisor: Supervisor) -> None:
    child = supervisor.start("the server", [sys.executable, "-c", "import sys; sys.exit(3)"], "http://127.0.0.1:9/")
    assert not supervisor.await_health(child)


def test_everything_ends_with_its_grandchildren_those_of_dead_children_too(supervisor: Supervisor) -> None:
    supervisor.start("the worker", [sys.executable, "-c", PARENT])
    was = supervisor.children[0].process.pid
    await_true(lambda: psutil.Process(was).children(), 30, "a grandchild")
    (grandchild,) = psutil.Process(was).children()
    # It must be deaf to SIGTERM before its parent dies.
    await_true(lambda: ignores(grandchild.pid, signal.SIGTERM), 30, "deafness")
    os.kill(was, signal.SIGKILL)
    await_true(lambda: looked_after(supervisor, was), 30, "another process")
    assert grandchild.is_running()
    supervisor.stop_all()
    _, alive = psutil.wait_procs([grandchild], timeout=15)
    assert alive == []
    assert (supervisor.logs / "worker.log").exists()
