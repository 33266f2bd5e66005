"""What a program costs: wall time, CPU seconds and memory of its whole process tree (Linux).

CPU is exact: the kernel adds up what is reaped, and orphans are reaped here too. Memory is sampled: the proportional
set size (PSS) of all processes of the tree, added up, so that a page they share counts once.
"""

import ctypes
import os
import platform
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psutil

SAMPLE_EVERY_S = 0.2
# What a program started has this long to end after it; whatever lives longer was left behind.
ORPHANS_END_WITHIN_S = 10.0
_PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>


@dataclass(frozen=True, slots=True)
class Sample:
    """The tree at one moment: CPU seconds used up to then, PSS, number of processes."""

    at: float
    cpu_s: float
    pss_bytes: int
    processes: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a program cost; `began` and `ended` are seconds since the epoch."""

    began: float
    ended: float
    exit_code: int
    cpu_s: float
    samples: tuple[Sample, ...]

    @property
    def wall_s(self) -> float:
        """From the start of the process to its end."""
        return self.ended - self.began

    @property
    def peak_pss_bytes(self) -> int:
        """Most memory that the tree held at one moment."""
        return max((sample.pss_bytes for sample in self.samples), default=0)

    @property
    def peak_processes(self) -> int:
        """Most processes alive at one moment."""
        return max((sample.processes for sample in self.samples), default=0)

    def cpu_before(self, instant: float) -> float:
        """CPU seconds that had been used by `instant`, between two samples in proportion."""
        points = [(self.began, 0.0), *((one.at, one.cpu_s) for one in self.samples), (self.ended, self.cpu_s)]
        for (at, used), (next_at, next_used) in pairwise(points):
            if at <= instant < next_at:
                return used + (next_used - used) * (instant - at) / (next_at - at)
        return self.cpu_s if instant >= self.ended else 0.0


def this_machine() -> str:
    """The machine in general terms: what a reader needs to judge figures, no names."""
    memory = round(psutil.virtual_memory().total / 1024**3)
    words = f"{os.cpu_count()} cores, {memory} GiB, {platform.system()} {platform.machine()}"
    return f"{words}, Python {platform.python_version()}"


def adopt_orphans() -> None:
    """Makes this process the parent of what its children leave behind, so that its CPU is counted, too."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER) was refused")


def measure(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Cost:
    """Runs `command` to its end, its output into `log`; RuntimeError where it leaves processes behind.

    Only one program is measured at a time, and `adopt_orphans` was called before.
    """
    seen: dict[int, psutil.Process] = {}
    samples: list[Sample] = []
    before, began = _reaped_cpu_s(), time.time()
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        while child.poll() is None:
            samples.append(_sample(child.pid, seen))
            time.sleep(SAMPLE_EVERY_S)
    finally:
        # Only where we are interrupted: else it has ended.
        if child.returncode is None:
            end_tree(child.pid, ORPHANS_END_WITHIN_S)
    ended = time.time()
    _, alive = psutil.wait_procs([one for pid, one in seen.items() if pid != child.pid], ORPHANS_END_WITHIN_S)
    if alive:
        raise RuntimeError(f"{command[0]} ended and left processes behind: {alive}")
    return Cost(began, ended, child.returncode, _reaped_cpu_s() - before, tuple(samples))


def tree(pid: int) -> list[psutil.Process]:
    """The process and all its descendants that are alive; empty: it has ended."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_s(pid: int) -> float:
    """CPU seconds of the tree of `pid` up to now, processes that have ended included."""
    return sum(_cpu_of(member) for member in tree(pid))


def end_tree(pid: int, within_s: float) -> None:
    """Ends a process that was started here, with all its descendants; what does not go is killed."""
    members = tree(pid)
    for member in members[:1]:
        member.terminate()
    _, alive = psutil.wait_procs(members, within_s)
    for member in alive:
        member.kill()
    psutil.wait_procs(alive, within_s)


def _sample(pid: int, seen: dict[int, psutil.Process]) -> Sample:
    members = tree(pid)
    seen.update((member.pid, member) for member in members)
    return Sample(
        at=time.time(),
        cpu_s=sum(_cpu_of(member) for member in members),
        pss_bytes=sum(_pss_of(member) for member in members),
        processes=len(members),
    )


def _cpu_of(member: psutil.Process) -> float:
    """Own CPU seconds and those of its children that have ended."""
    try:
        times = member.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _pss_of(member: psutil.Process) -> int:
    try:
        return int(member.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0


def _reaped_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
