"""`newstape extract` for people: why a page was read as it was, and how well a folder of gold pairs is read."""

import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from flows.commands.extract import extract

PAGES = Path(__file__).parent / "data" / "pages"
URL = "https://www.kontor.example/wirtschaft/rheinwerk-4711.html"


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(extract, list(arguments), input=stdin)


def explained(layout: str) -> dict[str, Any]:
    done = run(str(PAGES / f"{layout}.html"), "--url", URL, "--explain", "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)["explained"]
    return found


def pair(folder: Path, name: str, layout: str = "jsonld_full", **changes: Any) -> Path:
    """A gold pair of a page of ours."""
    expected = json.loads((PAGES / f"{layout}.json").read_text(encoding="utf-8"))["expected"]
    gold = {
        "id": f"de-{name}",
        "url": URL,
        "charset": "utf-8",
        "publisher": name,
        "text": "\n\n".join(expected["text"]),
        "title": expected["title"],
        "authors": expected["authors"],
        "published": expected["published"]["at"].replace("Z", "+00:00"),
    }
    (folder / f"{name}.json").write_text(json.dumps(gold | changes), encoding="utf-8")
    (folder / f"{name}.html.gz").write_bytes(gzip.compress((PAGES / f"{layout}.html").read_bytes()))
    return folder


def test_a_value_stands_with_its_layer_and_below_it_what_others_say() -> None:
    done = run(str(PAGES / "search_engine_headline.html"), "--url", URL, "--explain")
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.stdout.splitlines()]
    chosen = next(at for at, words in enumerate(lines) if words[:2] == ["title", "chosen"])
    assert lines[chosen][2] == "opengraph"
    assert lines[chosen + 1][0] in ("agrees", "rejected")
    ways = next(at for at, words in enumerate(lines) if words[:2] == ["way", "to"])
    assert sum("chosen" in words for words in lines[ways:]) == 1


def test_an_alternative_that_says_something_else_is_told_from_one_that_agrees() -> None:
    title = explained("search_engine_headline")["values"]["title"]
    says = {one["layer"]: (one["value"] == title["value"], one["agrees"]) for one in title["alternatives"]}
    assert len(says) >= 2
    assert all(same == agrees for same, agrees in says.values())
    assert {agrees for _, agrees in says.values()} == {True, False}


def test_the_ways_to_the_text_are_shown_with_what_they_found_and_one_is_chosen() -> None:
    strategies = explained("jsonld_full")["strategies"]
    assert [one["name"] for one in strategies if one["chosen"]] == ["dom (the text's container)"]
    assert {one["name"].split(" ", 1)[0] for one in strategies} == {"profile", "dom", "trafilatura", "jsonld"}
    assert next(one for one in strategies if one["chosen"])["words"] > 50


def test_a_page_without_an_article_is_explained_by_its_reason(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(b"%PDF-1.7 nothing to read")
    done = run(str(tmp_path / "page.html"), "--explain")
    assert done.exit_code == 1
    assert "no article: not_a_page" in done.stdout


def test_json_lines_carry_the_reasons_where_they_are_asked_for() -> None:
    body = base64.b64encode((PAGES / "jsonld_full.html").read_bytes()).decode()
    done = run("--jsonl", "--explain", stdin=json.dumps({"id": "one", "url": URL, "html_b64": body}) + "\n")
    (line,) = done.stdout.splitlines()
    answer = json.loads(line)
    assert answer["explained"]["values"]["title"]["layer"] == answer["provenance"]["title"]


def test_a_folder_of_gold_pairs_is_scored(tmp_path: Path) -> None:
    pair(tmp_path, "kontor")
    pair(tmp_path, "werft", title="Ein anderer Titel", text="Ein anderer Text ohne ein gleiches Wort darin.")
    done = run("--gold", str(tmp_path), "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["groups"]["all"]["pages"] == 2
    assert found["groups"]["all"]["title"] == 0.5
    assert (found["groups"]["all"]["minute"], found["groups"]["all"]["authors"]) == (1.0, 1.0)
    assert [(one["page"], round(one["f1"])) for one in found["pages"]] == [("de-kontor", 1), ("de-werft", 0)]


def test_the_table_of_a_folder_names_the_worst_pages_first(tmp_path: Path) -> None:
    pair(tmp_path, "kontor")
    pair(tmp_path, "werft", text="Ein anderer Text ohne ein gleiches Wort darin.")
    lines = run("--gold", str(tmp_path)).stdout.splitlines()
    worst = next(at for at, line in enumerate(lines) if line.startswith("worst pages"))
    assert [line.split()[0] for line in lines[worst + 1 :]] == ["de-werft", "de-kontor"]
    assert lines[1].split()[:2] == ["all", "2"]


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no folder": (Path.exists, "is no folder"),
    "no pair": (made, "holds no gold"),
    "a page is missing": (lambda folder: (pair(made(folder), "a") / "a.html.gz").rename(folder / "b"), "a.html.gz"),
    "no JSON": (lambda folder: (pair(made(folder), "a"), (folder / "a.json").write_text("{")), "can't be read"),
    "a list": (lambda folder: (pair(made(folder), "a"), (folder / "a.json").write_text("[]")), "is no JSON object"),
    "no gzip": (lambda folder: (pair(made(folder), "a"), (folder / "a.html.gz").write_bytes(b"<p>")), "can't be read"),
    "no title": (lambda folder: pair(made(folder), "a", title=None), "lacks title"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_with_a_folder_of_gold_is_named(case: str, tmp_path: Path) -> None:
    make, message = BROKEN[case]
    make(tmp_path / "gold")
    done = run("--gold", str(tmp_path / "gold"))
    assert done.exit_code != 0
    assert message in str(done.exception)
    assert "NAME.html.gz" in str(done.exception) or "gold" in str(done.exception)


@pytest.mark.parametrize(
    "arguments", [(), ("page.html", "--jsonl"), ("page.html", "--gold", "x"), ("page.html", "--json")]
)
def test_options_that_make_no_sense_together_are_refused(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert "Usage" in done.output
