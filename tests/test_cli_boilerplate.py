"""newstape sources boilerplate: the list of a source, and what a person decides on it."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from makers import known_feeds
from sqlalchemy import Engine

from config.errors import Misconfigured
from flows.cli import newstape
from sql.store import boilerplate
from sql.store.boilerplate import LEAST_ARTICLES, LEAST_SPAN
from tasks.text import paragraph_hash

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SLOGAN = "Werftbrief: montags alles über\nSchiffe und Häfen."
CLUB = "Werden Sie Mitglied im Club der Hafenfreunde."
SINGLE = "Die Werft baut im Herbst zwei Fähren mehr."
SLOGAN_ID, CLUB_ID, SINGLE_ID = (paragraph_hash(text).hex()[:8] for text in (SLOGAN, CLUB, SINGLE))
DROPPED, NOT_DROPPED = (True, None), (False, None)


@pytest.fixture
def alpha(tape: Engine) -> int:
    """The id of a source with boilerplate, a paragraph of three articles and one of a single article."""
    with tape.begin() as conn:
        source_id = known_feeds(conn, "alpha")["alpha/all"][0]
        printed = {SLOGAN: LEAST_ARTICLES, CLUB: 3, SINGLE: 1}
        for number in range(LEAST_ARTICLES):
            at = NOW + LEAST_SPAN * number / (LEAST_ARTICLES - 1)
            rows = [
                {"source_id": source_id, "digest": paragraph_hash(text), "at": at, "article_id": number, "text": text}
                for text, articles in printed.items()
                if number < articles
            ]
            boilerplate.count(conn, [source_id], rows)
    return source_id


def typed(*arguments: str | Path) -> Result:
    """The command as it is typed; what it refuses is raised."""
    done = CliRunner().invoke(newstape, ["sources", "boilerplate", *map(str, arguments)])
    if isinstance(done.exception, Misconfigured):
        raise done.exception
    return done


def listed(slug: str = "alpha") -> dict[str, tuple[bool, str | None]]:
    """What --json says of each paragraph: whether it is dropped, and what a person decided."""
    found = json.loads(typed(slug, "--json").stdout)
    return {row["id"]: (row["is_dropped"], row["ruling"]) for row in found}


def test_the_list_shows_counts_days_and_the_paragraph_on_one_line(alpha: int) -> None:
    heading, first, second, *summary = typed("alpha").stdout.splitlines()
    assert heading.split() == ["id", "fate", "articles", "first", "last", "paragraph", "printed", "by"]
    slogan = SLOGAN.replace("\n", " ")
    last = NOW + LEAST_SPAN
    assert re.split("  +", first) == [SLOGAN_ID, "dropped", "8 of 8", "2026-11-22", f"{last:%Y-%m-%d}", slogan]
    assert re.split("  +", second)[:2] == [CLUB_ID, "3 of 8"]
    assert summary == [
        "alpha: 1 of 2 paragraphs are dropped from new articles, 8 articles were looked through.",
        "To decide by hand: --keep ID, --drop ID, --undo ID.",
    ]


def test_a_paragraph_is_released_and_another_dropped_by_hand_and_both_taken_back(alpha: int) -> None:
    assert listed() == {SLOGAN_ID: DROPPED, CLUB_ID: NOT_DROPPED}
    said = typed("alpha", "--keep", SLOGAN_ID.upper(), "--drop", CLUB_ID[:6]).stdout.splitlines()
    assert said == [f"Kept from now on: {SLOGAN.replace(chr(10), ' ')}", f"Dropped from now on: {CLUB}"]
    assert listed() == {SLOGAN_ID: (False, "keep"), CLUB_ID: (True, "drop")}
    fates = {line.split("  ")[0]: line for line in typed("alpha").stdout.splitlines()}
    assert "kept by hand" in fates[SLOGAN_ID]
    assert "dropped by hand" in fates[CLUB_ID]
    assert typed("alpha", "--undo", SLOGAN_ID, "--undo", CLUB_ID).stdout.count("The counts decide again about: ") == 2
    assert listed() == {SLOGAN_ID: DROPPED, CLUB_ID: NOT_DROPPED}


def test_a_ruling_that_is_repeated_changes_nothing(alpha: int) -> None:
    assert typed("alpha", "--keep", SLOGAN_ID).stdout == typed("alpha", "--keep", SLOGAN_ID).stdout
    assert listed()[SLOGAN_ID] == (False, "keep")


REFUSED = {
    "an id that nothing has": (
        ["--keep", "00000000"],
        "00000000 fits no paragraph that several articles print of alpha",
    ),
    "a paragraph of one article": (["--drop", SINGLE_ID], "fits no paragraph that several articles print"),
    "an id that is too short": (["--keep", SLOGAN_ID[:3]], "four hex digits or more"),
    "what is no id": (["--undo", "Werftbrief"], "is no id of a paragraph, nothing was changed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_id_is_refused_and_nothing_of_the_command_is_booked(alpha: int, case: str) -> None:
    arguments, message = REFUSED[case]
    with pytest.raises(Misconfigured, match=message):
        typed("alpha", "--drop", CLUB_ID, *arguments)
    assert listed() == {SLOGAN_ID: DROPPED, CLUB_ID: NOT_DROPPED}


def test_an_id_that_fits_two_paragraphs_is_refused(tape: Engine, alpha: int) -> None:
    twin = paragraph_hash(SLOGAN)[:8] + bytes(8)
    with tape.begin() as conn:
        for number in range(2):
            row = {"source_id": alpha, "digest": twin, "at": NOW, "article_id": number, "text": "Ein Zwilling."}
            boilerplate.count(conn, [alpha], [row])
    with pytest.raises(Misconfigured, match=f"{SLOGAN_ID} fits 2 paragraphs of alpha, nothing was changed"):
        typed("alpha", "--keep", SLOGAN_ID)
    with tape.connect() as conn:
        assert [row["ruling"] for row in boilerplate.listed(conn, "alpha", 10)] == [None] * 3
    assert "Kept" in typed("alpha", "--keep", paragraph_hash(SLOGAN).hex()).stdout


def test_one_paragraph_can_not_be_kept_and_dropped(alpha: int) -> None:
    done = typed("alpha", "--keep", SLOGAN_ID, "--drop", SLOGAN_ID)
    assert (done.exit_code, "named twice" in done.stderr) == (2, True)


def test_a_short_list_says_that_there_is_more(alpha: int) -> None:
    done = typed("alpha", "--limit", "1")
    assert CLUB_ID not in done.stdout
    assert "There may be more than these 1: --limit." in done.stdout


def test_a_source_that_was_never_read_has_nothing_and_a_mistyped_one_is_named(tape: Engine) -> None:
    with tape.begin() as conn:
        known_feeds(conn, "alpha")
    assert typed("alpha").stdout == "alpha: no paragraph stands in two articles or more (0 looked through).\n"
    assert typed("nzz").stdout.startswith("nzz: no paragraph")
    with pytest.raises(Misconfigured, match=r"No such source: alhpa \(did you mean alpha\?\)"):
        typed("alhpa")


def test_json_has_times_that_machines_read(alpha: int) -> None:
    first, _ = json.loads(typed("alpha", "--json").stdout)
    assert datetime.fromisoformat(first["last_at"]) - datetime.fromisoformat(first["first_at"]) == LEAST_SPAN
    assert datetime.fromisoformat(first["first_at"]).utcoffset() == timedelta(0)
