"""docs/portal.md is complete and true: every row, every fault and every value is in it, and every call works."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from portal_asking import base, get

from portal import client
from portal.addresses import VARIANTS
from portal.changes import CHANGES
from portal.client import RunningPortal
from portal.faults import FAULTS, VALUES

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "portal.md").read_text("utf-8")
LINES = re.findall(r"^\| (\d+) \| (\w+) \| `(.*?)` \| (.*) \|$", PAGE, re.MULTILINE)
NOT_A_PORTALS = {13, 21, 25, 26, 27, 28, 29}  # resolver, crash of the reader, texts, dates, clocks
ARCHIVE = {47}  # of the rows beyond those of fetching
ORDERS = {"shut", "start", "rename", "edit", "remove"}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningPortal]:
    """A portal that the calls of the page are tried on."""
    with client.start(articles=40) as portal:
        yield portal


def call(line: str) -> tuple[str, list[object], dict[str, object]]:
    """The method, the values and the named values of a call as the page prints it."""
    tree = ast.parse(line.replace("\\|", "|"), mode="eval").body
    assert isinstance(tree, ast.Call)
    assert isinstance(tree.func, ast.Attribute)
    named = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in tree.keywords}
    return tree.func.attr, [ast.literal_eval(value) for value in tree.args], named


def test_every_row_that_a_portal_can_cause_has_a_line() -> None:
    assert {int(row) for row, *_ in LINES} == (set(range(1, 36)) - NOT_A_PORTALS) | ARCHIVE


def test_every_fault_has_a_line_and_every_line_a_fault() -> None:
    assert {name for _, name, *_ in LINES} == set(FAULTS) | ORDERS


def test_every_line_calls_what_it_names() -> None:
    for _, name, line, _ in LINES:
        if name != "start":
            method, values, _named = call(line)
            assert name == (values[0] if method == "fault" else method), line


def test_every_change_has_a_line() -> None:
    assert {str(call(line)[1][1]) for _, name, line, _ in LINES if name == "edit"} == set(CHANGES)


@pytest.mark.parametrize("name", sorted(VALUES.keys() - {"charset"}))
def test_every_value_of_a_fault_is_explained(name: str) -> None:
    told = "\n".join(f"{line} {what}" for _, fault, line, what in LINES if fault == name)
    assert [value for value in VALUES[name] if not re.search(rf"[`\"]{re.escape(value)}[`\"]", told)] == []


@pytest.mark.parametrize("line", sorted({line for _, name, line, _ in LINES if name in FAULTS}))
def test_every_call_of_a_fault_is_accepted(running: RunningPortal, line: str) -> None:
    _, values, named = call(line)
    running.fault(*values, **named)  # type: ignore[arg-type]
    running.clear_faults()


@pytest.mark.parametrize("line", sorted({line for _, name, line, _ in LINES if name in ORDERS - {"start"}}))
def test_every_order_is_carried_out(line: str) -> None:
    with client.start(articles=10) as portal:
        method, values, named = call(line)
        getattr(portal, method)(*values, **named)


def test_help_lists_every_fault_with_its_values() -> None:
    command = [sys.executable, "-m", "portal", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    for name in FAULTS:
        line = re.search(rf"^  {name} +\S.*$", told, re.MULTILINE)
        assert line is not None, name
        assert all(value in line[0] for value in VALUES.get(name, ())), name


def test_the_documented_addresses_are_served(running: RunningPortal) -> None:
    paths = [path.replace("N", "1") for path in re.findall(r"^\| `(/[^`]*)` \|", PAGE, re.MULTILINE)]
    assert len(paths) >= 5
    assert {get(base(running) + path).status for path in paths} == {200}


def test_the_kinds_of_addresses_are_known_to_the_page() -> None:
    told = " ".join(what.lower() for _, name, _, what in LINES if name == "variants") + PAGE
    assert [kind for kind in VARIANTS if kind not in told] == []
