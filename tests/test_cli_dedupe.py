"""`newstape dedupe --jsonl`: the contract of the filter, and what it says to lines that are no articles."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config.errors import Misconfigured
from flows.commands.dedupe import dedupe

TEXT = (
    "Der Energieversorger Lumena stellt den Bau von zwei Windparks in der Ostsee ein. Die Kosten seien binnen eines "
    "Jahres um 340 Millionen Euro gestiegen, teilte die Firma mit.\n\nDie Aktie gab nachbörslich nach. Für das "
    "Jahr hält der Vorstand an seinen Zielen fest und verspricht den Aktionären eine Dividende wie im Vorjahr."
)


def article(name: str, **changes: Any) -> str:
    row = {
        "id": name, "source": "kontor", "url": f"https://kontor.example/{name}", "published_at": "2026-03-02T09:00:00Z",
        "title": "Lumena baut nicht weiter", "text": TEXT,
    }  # fmt: skip
    return json.dumps(row | changes)


def run(*lines: str) -> Result:
    return CliRunner().invoke(dedupe, ["--jsonl"], input="\n".join(lines))


def test_each_article_gets_its_story_in_the_order_given() -> None:
    done = run(
        article("a"),
        "",
        article("b", source="bote", url="https://bote.example/1", title="Aus"),
        article("c", text="Anderes"),
    )
    assert done.exit_code == 0, done.output
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"id": "a", "story": "a", "kind": "original", "of": None, "exact": False},
        {"id": "b", "story": "a", "kind": "copy", "of": "a", "exact": True},
        {"id": "c", "story": "c", "kind": "original", "of": None, "exact": False},
    ]


def test_an_article_without_a_time_counts_as_published_with_the_one_before_it() -> None:
    done = run(article("a"), article("b", published_at=None, source="bote", url="https://bote.example/1"))
    assert json.loads(done.stdout.splitlines()[1])["story"] == "a"


BROKEN = {
    "no JSON": "{",
    "no object": "[1]",
    "no text": '{"id": "a", "source": "s", "url": "u", "published_at": null, "title": "t"}',
    "no time": article("a", published_at="gestern"),
}


@pytest.mark.parametrize("line", BROKEN.values(), ids=BROKEN)
def test_a_line_that_is_no_article_is_named(line: str) -> None:
    done = run(article("x"), line)
    assert isinstance(done.exception, Misconfigured)
    assert "Line 2 of standard input is not an article" in str(done.exception)


def test_without_its_option_the_command_says_what_to_pass() -> None:
    assert "--jsonl" in CliRunner().invoke(dedupe, []).output
