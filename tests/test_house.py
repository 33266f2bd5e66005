"""The house keeps its own rules: layers, names, comments, settings, reasons."""

import ast
import importlib
import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from config.settings import Settings
from config.sources import load_sources
from flows.declaration import declared
from tasks.outcome import Reason

ROOT = Path(__file__).parent.parent
PACKAGES = ("flows", "tasks", "sql", "config", "portal")
OUTSIDE_SQL = [p for name in ("flows", "tasks", "config", "portal") for p in sorted((ROOT / name).rglob("*.py"))]
ALL_PYTHON = [p for name in PACKAGES for p in sorted((ROOT / name).rglob("*.py"))]
STATEMENT = re.compile(r"\b(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE (TABLE|VIEW|INDEX))\b")
LONGEST_MODULE = 300


def strings(file: Path) -> list[str]:
    """Every string constant of a file that is no docstring."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {id(node.body[0].value) for node in ast.walk(tree)
            if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    return [node.value for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs]  # fmt: skip


def test_sql_is_written_in_sql_alone() -> None:
    found = [f"{file.relative_to(ROOT)}: {text[:60]}" for file in OUTSIDE_SQL for text in strings(file)
             if STATEMENT.search(text)]  # fmt: skip
    assert found == []


def test_the_environment_is_read_in_settings_alone() -> None:
    reads = re.compile(r"os\.(getenv|environ(\[[^\]]+\](?! =)|\.get))")
    readers = {str(file.relative_to(ROOT)) for file in ALL_PYTHON if reads.search(file.read_text(encoding="utf-8"))}
    # psql inherits the options that its user set for libpq; the portal is a program of its own.
    assert {reader for reader in readers if not reader.startswith("portal/")} <= {"flows/commands/database.py"}


def test_no_module_grows_past_its_room() -> None:
    long = {str(file.relative_to(ROOT)): lines for file in ALL_PYTHON if "versions" not in file.parts
            if (lines := len(file.read_text(encoding="utf-8").splitlines())) > LONGEST_MODULE}  # fmt: skip
    assert long == {}


def test_nobody_else_claims_our_import_names() -> None:
    owners = packages_distributions()
    assert {name: set(owners.get(name, [])) - {"newstape"} for name in PACKAGES} == {name: set() for name in PACKAGES}
    found = {name: Path(str(importlib.import_module(name).__file__)).parent for name in PACKAGES}
    assert found == {name: ROOT / name for name in PACKAGES}


def test_no_test_folder_hides_a_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_explained_in_the_docs(name: str) -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert f"## NEWSTAPE_{name.upper()}\n" in page


def test_every_variable_of_the_example_is_a_setting() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"NEWSTAPE_([A-Z_]+)=", example))
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_every_reason_is_produced_in_some_test() -> None:
    tests = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("*")
                      if p.suffix in (".py", ".json", ".tsv", ".txt") and p.name != "test_house.py")  # fmt: skip
    unproduced = [r.name for r in Reason if not re.search(rf"\b(Reason\.{r.name}|{r.value})\b", tests)]
    assert unproduced == []


def test_at_least_forty_portals_of_six_countries_are_shipped() -> None:
    loaded = load_sources()
    assert len(loaded) >= 40
    assert {"CH", "DE", "AT", "US", "GB", "FR"} <= {source.country for source in loaded}
    assert {source.verified for source in loaded} == {None}


def test_the_deployments_name_flows_that_exist_and_schedules_that_keep_their_identity() -> None:
    for deployment in declared()["deployments"]:
        module, _, function = deployment["entrypoint"].rpartition(".")
        assert (ROOT / f"{module.replace('.', '/')}.py").exists()
        assert f"def {function}(" in (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        schedules = deployment.get("schedules", [])
        slugs = [schedule["slug"] for schedule in schedules]
        assert len(slugs) == len(set(slugs))
        assert all("active" not in schedule and schedule["timezone"] == "UTC" for schedule in schedules)


def test_no_registry_and_no_machine_path_is_committed() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[a-z0-9-]+==[^\s/]+", line) for line in lock if not line.startswith("#"))
    assert not (ROOT / "uv.lock").exists()
