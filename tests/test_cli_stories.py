"""What people see of stories: one with all its articles, the largest, and those that look wrong, with the reason."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import click
import pytest
from click.testing import CliRunner
from makers import NOW, entry_row, extracted, known_feeds, page
from sqlalchemy import Engine, text

from config.errors import Misconfigured
from flows.commands.stories import list_stories, show_story
from tasks.load import load
from tasks.steps.story_look import look_at_stories
from tasks.story_signs import signs
from tasks.upkeep import Night

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONG_AGO = ("--since", "9000d")
SENTENCES = [
    f"Im Hafen von Emden wurden im Monat {month} {month * 17 + 200} Schiffe gelöscht, sagte die Behörde am Abend."
    for month in range(1, 9)
]
BODY = "\n\n".join(SENTENCES)


def run(command: click.Command, *arguments: str) -> str:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def refused(command: click.Command, *arguments: str) -> str:
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert isinstance(done.exception, (Misconfigured, click.UsageError)), (done.output, done.exception)
    return str(done.exception)


@pytest.fixture
def carried(tape: Engine) -> Engine:
    """A text of an agency on three portals within two hours, a part of it, and a text of its own."""
    said = [
        ("alpha", "Mehr Schiffe im Hafen", BODY, 0, None),
        ("beta", "Emden löscht mehr Schiffe", BODY, 1, "dpa-AFX"),
        (
            "gamma",
            "Mehr Schiffe im Hafen",
            f"{BODY}\n\nMehr dazu im Laufe des Tages, wenn die Behörde alles zählt.",
            2,
            None,
        ),
        ("gamma", "Schiffe: die ersten Monate", "\n\n".join(SENTENCES[:4]), 2, None),
        ("beta", "Der Wein", "Ein Winzer verkauft in diesem Jahr mehr Wein, weil der Sommer trocken war.", 2, None),
    ]
    with tape.begin() as conn:
        feeds = known_feeds(conn, "alpha", "beta", "gamma")
        for number, (slug, title, body, hours, agency) in enumerate(said, 1):
            entry = entry_row(number, page(number, f"{slug}.example"), feeds[f"{slug}/all"][0])
            entry |= {"first_seen_at": NOW + hours * HOUR, "slug": slug}
            load(conn, [extracted(entry, title, body, agency=agency)])
    return tape


def story_id(tape: Engine, number: int) -> int:
    with tape.connect() as conn:
        return int(
            conn.execute(text("SELECT story_id FROM tape.articles WHERE entry_id = :n"), {"n": number}).scalar_one()
        )


def test_a_story_says_who_was_first_and_what_each_article_is(carried: Engine) -> None:
    told = json.loads(run(show_story, str(story_id(carried, 1)), "--json"))
    assert (told["first_source"], told["agency"], told["sources"]) == ("alpha", "dpa-AFX", ["alpha", "beta", "gamma"])
    assert [(one["role"], one["is_exact_copy"]) for one in told["articles"]] == [
        ("original", False), ("copy", True), ("copy", False), ("partial", False),
    ]  # fmt: skip
    assert (told["hours"], told["signs"]) == (2.0, [])
    near, part = told["articles"][2:]
    assert near["contained_in_original"] >= 0.9
    assert part["contained_in_original"] == 1
    assert part["jaccard"] < near["jaccard"]


def test_it_is_found_by_an_article_and_by_its_address_in_any_form(carried: Engine) -> None:
    with carried.connect() as conn:
        article = conn.execute(text("SELECT id FROM tape.articles WHERE entry_id = 2")).scalar_one()
    by_story = run(show_story, str(story_id(carried, 2)))
    assert run(show_story, str(article), "--article") == by_story
    assert run(show_story, page("2?utm_source=mail", "beta.example")) == by_story
    assert "First: alpha at" in by_story
    assert "4 articles of 3 sources within 2.0 hours" in by_story


@pytest.mark.parametrize("which", ["99999999", "9" * 40, "https://alpha.example/nie"])
def test_what_is_not_there_is_named(carried: Engine, which: str) -> None:
    assert which in refused(show_story, which)


def test_what_is_neither_a_number_nor_an_address_is_named(carried: Engine) -> None:
    assert "'nonsense'" in refused(show_story, "nonsense")
    assert "'a while'" in refused(list_stories, "--since", "a while")
    assert "'999999999d'" in refused(list_stories, "--since", "999999999d")


def test_the_largest_stories_come_first_and_single_articles_are_none(carried: Engine) -> None:
    told = json.loads(run(list_stories, *LONG_AGO, "--json"))
    assert [(one["story_id"], len(one["articles"])) for one in told] == [(story_id(carried, 1), 4)]
    assert "Mehr Schiffe im Hafen" in run(list_stories, *LONG_AGO)
    assert "No such stories" in run(list_stories, *LONG_AGO, "--suspicious")


def put_together(tape: Engine) -> None:
    """What a wrong merge looks like: the text about wine in the story of the ships."""
    with tape.begin() as conn:
        changed = (
            "UPDATE tape.articles SET story_id = :story, story_role = 'copy', containment = 0.1 WHERE entry_id = 5"
        )
        conn.execute(text(changed), {"story": story_id(tape, 1)})


def test_a_wrong_merge_is_listed_with_what_speaks_against_it(carried: Engine) -> None:
    put_together(carried)
    said = run(list_stories, *LONG_AGO, "--suspicious")
    assert f"story {story_id(carried, 1)}, 5 articles" in said
    assert "only 10% shared: Der Wein" in said
    assert "What speaks against it" in run(show_story, str(story_id(carried, 1)))


def test_the_night_tells_of_it(carried: Engine) -> None:
    night = Night(1, NOW + DAY, DAY, DAY, DAY, DAY)
    assert look_at_stories(night).said == ""
    put_together(carried)
    done = look_at_stories(night)
    assert done.said.startswith(f"story {story_id(carried, 1)} looks wrongly put together")
    assert [(row["kind"], row["articles"]) for row in done.rows] == [("suspicious", 5), ("large", 5)]
    assert look_at_stories(Night(1, NOW + 30 * DAY, DAY, DAY, DAY, DAY)).rows == []


def member(number: int, title: str = "Werft verdient im Sommer mehr", **changes: Any) -> dict[str, Any]:
    plain = {
        "article_id": number, "source": f"s{number}", "title": title, "story_role": "copy" if number else "original",
        "containment": Decimal("0.95") if number else None, "available_at": NOW + number * HOUR,
    }  # fmt: skip
    return plain | changes


SIGNS: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "copies": ([member(0), member(1), member(2, "Nordkai steigert den Gewinn")], []),
    "two editions": ([member(0, "Dax am 3. März"), member(1, "Dax am 4. März")], ["titles of two editions"]),
    "a revision may change a number": (
        [member(0, "Werft baut 3 Schiffe"), member(1, "Werft baut 4 Schiffe", story_role="revision")], []),
    "little shared": ([member(0), member(1, containment=Decimal("0.31"))], ["only 31% shared"]),
    "a part shares little": ([member(0), member(1, containment=Decimal("0.31"), story_role="partial")], []),
    "another title on another text": (
        [member(0), member(1, "Wein aus trockenen Jahren schmeckt", containment=Decimal("0.6"))],
        ["no word of the original's title"]),
    "four of one source": ([member(n, source="alpha") for n in range(4)], ["4 articles of alpha"]),
    "a long time": ([member(0), member(1, available_at=NOW + 9 * DAY)], ["9 days from the first"]),
}  # fmt: skip


@pytest.mark.parametrize(("members", "expected"), SIGNS.values(), ids=SIGNS)
def test_what_speaks_against_a_story(members: list[dict[str, Any]], expected: list[str]) -> None:
    found = [sign.what for sign in signs(members)]
    assert len(found) == len(expected), found
    assert all(any(one.startswith(begin) for one in found) for begin in expected)
