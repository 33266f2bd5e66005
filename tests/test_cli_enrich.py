"""`newstape enrich`: a plain text, a page, JSON Lines; as a table, with marks, as JSON; what is wrong with an input."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config.errors import Misconfigured
from flows.commands import enrich_reports
from flows.commands.enrich import enrich
from tasks.fields.enrich import enrich as find

TITLE = "Börse Zürich: SMI fester"
TEXT = (
    "Der SMI hat am Mittwoch um 0,62 Prozent auf 12'655,20 Punkte zugelegt. Der Umsatz von Lonza stieg auf 2,5 Mrd. "
    "Franken, sagte CEO Anna Muster."
)
PAGE = f"""<!DOCTYPE html><html lang="de"><head><title>{TITLE}</title>
<meta property="og:title" content="{TITLE}"><meta property="article:published_time" content="2025-09-24T18:05:00+02:00">
</head><body><article><h1>{TITLE}</h1><p>{TEXT}</p><p>Auch in Frankfurt und in Paris haben die Anlegerinnen und Anleger
wieder mehr gewagt. Händler sprachen von einem ruhigen Tag ohne grosse Umsätze und ohne neue Zahlen aus Amerika.</p>
</article></body></html>"""
DATED = ("--language", "de-CH", "--published", "2025-09-24T18:05:00+02:00")


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(enrich, list(arguments), input=stdin)


def written(folder: Path, name: str = "text.txt", body: str = f"{TITLE}\n\n{TEXT}\n") -> str:
    (folder / name).write_text(body, encoding="utf-8")
    return str(folder / name)


def line(**changes: Any) -> str:
    article = {"id": 7, "title": TITLE, "text": TEXT, "language": "de-CH", "published": "2025-09-24T18:05:00+02:00"}
    return json.dumps(article | changes) + "\n"


def test_a_plain_text_is_read_with_its_first_line_as_the_title_and_facts_stand_in_a_table(tmp_path: Path) -> None:
    done = run(written(tmp_path), *DATED)
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["field", "says", "quote"]
    (move,) = [line for line in lines if line.startswith("price_moves")]
    assert "SMI percent=0.62 price=12655.2 session=regular session_date=2025-09-24" in move
    assert move.endswith("SMI hat am Mittwoch um 0,62 Prozent auf 12'655,20 Punkte")


def test_every_fact_in_json_has_its_quote_at_its_offsets_and_the_rule_that_fired(tmp_path: Path) -> None:
    done = run(written(tmp_path), *DATED, "--json")
    answer = json.loads(done.stdout)
    whole = f"{TITLE}\n{TEXT}"
    facts = [fact for kind in answer["fields"].values() for fact in kind]
    assert len(facts) >= 5
    for fact in facts:
        assert whole[fact["start"] : fact["stop"]] == fact["evidence"]
        assert fact["rule"]
    (move,) = answer["fields"]["price_moves"]
    word = move["date_evidence"]
    assert (move["session_date"], word["evidence"]) == ("2025-09-24", "Mittwoch")
    assert whole[word["start"] : word["stop"]] == "Mittwoch"
    assert (move["percent"], move["price"]) == (0.62, 12655.2)


def test_marks_in_the_text_have_the_numbers_of_the_lines_below_and_without_them_it_is_the_text(tmp_path: Path) -> None:
    done = run(written(tmp_path), *DATED, "--explain")
    assert done.exit_code == 0, done.output
    marked, _, table = done.stdout.partition("\n\n#")
    assert re.sub(r"\[|\]\d+", "", marked) == f"{TITLE}\n{TEXT}"
    numbers = [row.split()[0] for row in table.splitlines()[1:]]
    assert sorted(re.findall(r"\](\d+)", marked), key=int) == numbers
    assert "\x1b" not in done.stdout
    (dated,) = [row for row in table.splitlines() if "date: weekday" in row]
    assert "[Mittwoch]" + dated.split()[0] in marked


def test_on_a_terminal_marks_are_colours(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    found = find(TITLE, TEXT, "de-CH", "2025-09-24T18:05:00+02:00")
    enrich_reports.show_explained(found, f"{TITLE}\n{TEXT}")
    said = capsys.readouterr().out
    assert "\x1b[" in said
    shown = re.sub(r"\x1b\[[\d;]*m", "", said)
    assert "[" not in shown.split("┏", maxsplit=1)[0]
    assert "Der Umsatz von" in shown


def test_marks_that_cross_can_be_told_apart() -> None:
    found = find("Dax", "Der Dax gewann heute 1 Prozent.", "de", "2025-09-24T18:05:00+02:00")
    spans = enrich_reports.spans_of(found)
    assert [span.number for span in spans] == list(range(1, len(spans) + 1))
    whole = "Dax\nDer Dax gewann heute 1 Prozent."
    for span in spans:
        marked = enrich_reports.bracketed(whole, [span])
        place = span.evidence
        assert marked == f"{whole[: place.start]}[{whole[place.start : place.stop]}]{span.number}{whole[place.stop :]}"


def test_a_page_says_its_own_title_language_and_dateline(tmp_path: Path) -> None:
    done = run(written(tmp_path, "page.html", PAGE), "--url", "https://www.cash.ch/news/smi-1", "--json")
    assert done.exit_code == 0, done.output
    (move,) = json.loads(done.stdout)["fields"]["price_moves"]
    assert (move["subject"], move["session_date"]) == ("SMI", "2025-09-24")


def test_a_page_without_an_article_is_named_with_the_reason(tmp_path: Path) -> None:
    file = written(tmp_path, "empty.html", "<!DOCTYPE html><html><body></body></html>")
    done = run(file)
    assert done.exit_code == 1
    assert f"{file}: no article on this page: " in done.stderr


@pytest.mark.parametrize("from_file", [True, False])
def test_json_lines_give_one_line_of_facts_each(tmp_path: Path, *, from_file: bool) -> None:
    lines = line() + "\n" + line(id="b", text="Nichts.", published=None)
    done = run("--jsonl", written(tmp_path, "a.jsonl", lines)) if from_file else run("--jsonl", stdin=lines)
    assert done.exit_code == 0, done.output
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["id"], second["id"]) == ("7", "b")
    assert [person["name"] for person in first["fields"]["people"]] == ["Anna Muster"]
    assert first["fields"]["price_moves"][0]["session_date"] == "2025-09-24"
    assert set(second["fields"]) == set(first["fields"])


def test_the_names_of_annotated_texts_are_understood_and_sources_are_names() -> None:
    article = {"id": "a", "title": "Dax", "lang": "de", "published_at": "2025-09-24T18:05:00+02:00"}
    done = run("--jsonl", stdin=json.dumps(article | {"text": "FRANKFURT (dpa-AFX) - Der Dax stieg um 1 Prozent."}))
    fields = json.loads(done.stdout)["fields"]
    assert fields["cited_sources"] == ["dpa-AFX"]
    assert fields["price_moves"][0]["session_date"] == "2025-09-24"


def test_the_zone_of_the_writer_decides_which_day_yesterday_was() -> None:
    told = line(text="Gold stieg gestern um 1,5 Prozent.", published="2025-09-23T22:30:00Z")
    days = [
        json.loads(run("--jsonl", *zone, stdin=told).stdout)["fields"]["price_moves"][0]["session_date"]
        for zone in ((), ("--zone", "Europe/Zurich"))
    ]
    assert days == ["2025-09-22", "2025-09-23"]


def test_a_page_that_extraction_gave_up_keeps_its_line_and_its_reason() -> None:
    done = run("--jsonl", stdin=json.dumps({"id": "pdf", "error": "not_a_page", "detail": "x"}) + "\n" + line())
    first, second = map(json.loads, done.stdout.splitlines())
    assert first == {"id": "pdf", "fields": {}, "error": "not_a_page"}
    assert second["fields"]["price_moves"]


BAD_LINES = {
    "no JSON": ("{", "JSONDecodeError"),
    "a list": ("[]", "AttributeError"),
    "no title": (json.dumps({"id": 1, "text": "x", "language": "de"}), "'title'"),
    "no language": (json.dumps({"id": 1, "title": "x", "text": "x"}), "'language'"),
    "a number as text": (line(text=5), "must be texts"),
    "no dateline": (line(published="gestern"), "'gestern', which is not ISO 8601"),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_line_that_is_no_article_is_named_and_what_stands_before_it_is_written(name: str, tmp_path: Path) -> None:
    bad, says = BAD_LINES[name]
    file = written(tmp_path, "in.jsonl", line() + bad)
    done = run("--jsonl", file)
    assert isinstance(done.exception, Misconfigured)
    assert f"Line 2 of {file} is not an article" in str(done.exception)
    assert says in str(done.exception)
    assert len(done.stdout.splitlines()) == 1


def test_a_line_of_standard_input_is_named_too() -> None:
    done = run("--jsonl", stdin="{}\n")
    assert "Line 1 of standard input is not an article" in str(done.exception)


BAD_FILES = {
    "language is missing": (b"Titel\nText", (), "Add --language"),
    "empty": (b" \n ", ("--language", "de"), "is empty"),
    "another encoding": ("Börse".encode("latin-1"), ("--language", "de"), "is not UTF-8 (byte 1)"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_can_not_be_read_as_a_text_is_named(name: str, tmp_path: Path) -> None:
    body, options, says = BAD_FILES[name]
    file = tmp_path / "in.txt"
    file.write_bytes(body)
    done = run(str(file), *options)
    assert isinstance(done.exception, Misconfigured)
    assert str(file) in str(done.exception)
    assert says in str(done.exception)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "none.txt"):
        for arguments in ((str(place),), ("--jsonl", str(place))):
            done = run(*arguments)
            assert isinstance(done.exception, Misconfigured)
            assert f"{place} can't be read" in str(done.exception)


WRONG_USE = {
    "nothing": ((), "name a file"),
    "marks and JSON": (("x.txt", "--explain", "--json"), "choose one"),
    "marks in JSON Lines": (("--jsonl", "--explain"), "goes with FILE and --zone only"),
    "a zone that is none": (("x.txt", "--zone", "Zürich"), "is no time zone"),
    "a language that is not read": (("x.txt", "--language", "it"), "de, en, fr"),
    "a dateline that is none": (("x.txt", "--published", "gestern"), "is not ISO 8601"),
}


@pytest.mark.parametrize("name", WRONG_USE)
def test_wrong_use_says_what_would_be_right(name: str) -> None:
    arguments, says = WRONG_USE[name]
    done = run(*arguments)
    assert done.exit_code == 2
    assert says in done.stderr
