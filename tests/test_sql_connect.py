"""The embedded server ends with its last user, also when a user was killed."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from conftest import await_true

USE = "from sql import connect; print(connect.engine().connect().closed, flush=True); input()"


@pytest.fixture
def own_home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="nt-own-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def user_of(home: Path) -> "subprocess.Popen[str]":
    """A process that uses the embedded server of `home` until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", USE],
        env=os.environ | {"NEWSTAPE_HOME": str(home)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "False"
    return process


def test_the_server_survives_a_killed_user_and_ends_with_the_last_one(own_home: Path) -> None:
    killed, last = user_of(own_home), user_of(own_home)
    server = int((own_home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    assert psutil.pid_exists(server)
    last.communicate("\n", timeout=30)
    await_true(lambda: not psutil.pid_exists(server), 30, "the server's end")
    for process in (killed, last):
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
