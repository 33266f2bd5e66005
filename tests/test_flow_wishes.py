"""Wishes for the past: which are refused, in which words, and what the others amount to."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from config.errors import Misconfigured
from config.sources import load_sources
from flows.wishes import days_of, run_title, wished
from tasks.past import KnownRule, Via

# In Zurich it is the 3rd already.
NOW = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
SOURCE = """\
slug: nordwerk
name: Nordwerk
homepage: https://www.nordwerk.example/
language: de
country: CH
time_zone: Europe/Zurich
feeds:
  - {url: "https://www.nordwerk.example/rss", kind: rss}
"""


def asked(**changes: Any) -> dict[str, Any]:
    plain = {"source": "nordwerk", "start": date(2026, 3, 1), "end": None, "via": "sitemaps", "place": None}
    return plain | {"known": "skip", "dry_run": False, "budget": 600, "limit": None} | changes


@pytest.fixture
def loaded(tmp_path: Path) -> Any:
    (tmp_path / "nordwerk.yaml").write_text(SOURCE, encoding="utf-8")
    return load_sources(tmp_path)


def test_days_end_today_in_the_zone_of_the_source(loaded: Any) -> None:
    wish = wished(asked(), loaded, NOW)
    assert wish is not None
    assert (wish.first, wish.last, wish.via, wish.known) == (
        date(2026, 3, 1), date(2026, 3, 3), Via.SITEMAPS, KnownRule.SKIP,
    )  # fmt: skip
    assert wish.title == "nordwerk 2026-03-01..2026-03-03 sitemaps"
    assert wish.row(7) == {
        "source_id": 7, "via": "sitemaps", "place": None, "first_day": date(2026, 3, 1), "last_day": date(2026, 3, 3),
        "known": "skip", "budget": 600,
    }  # fmt: skip
    assert wish.as_open(7)["open_days"] == (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3))


def test_without_a_source_nothing_is_wished_for(loaded: Any) -> None:
    assert wished(asked(source=None, start=None), loaded, NOW) is None


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "days without a source": ({"source": None}, "no source"),
    "an unknown source": ({"source": "nobody"}, "No such source: nobody. Known are: nordwerk"),
    "no start": ({"start": None}, "The first day wanted of nordwerk is missing"),
    "the end before the start": ({"end": date(2026, 2, 28)}, "The end, 2026-02-28, lies before the start, 2026-03-01"),
    "a start that is still to come": ({"start": date(2026, 3, 4)}, "The start, 2026-03-04, lies in the future"),
    "an end that is still to come": ({"end": date(2026, 3, 4)}, "The end, 2026-03-04, lies in the future"),
    "a year that was mistyped": ({"start": date(206, 3, 1)}, "are 664,"),
    "no place for a folder": ({"via": "folder"}, "There is no folder"),
    "a folder that is not there": ({"via": "folder", "place": "/nowhere/at/all"}, "/nowhere/at/all"),
    "no place for WARC files": ({"via": "warc"}, "nothing was"),
    "a web archive that is none": ({"via": "wayback", "place": "somewhere"}, "'somewhere' is no address"),
    "a placeholder that is none": ({"place": "https://www.nordwerk.example/{jahr}"}, "{jahr} is no placeholder"),
}


@pytest.mark.parametrize(("changes", "said"), WRONG.values(), ids=WRONG)
def test_what_can_not_be_is_refused_and_named(loaded: Any, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Misconfigured) as error:
        wished(asked(**changes), loaded, NOW)
    assert said in str(error.value)


def test_days_follow_each_other_over_the_end_of_a_month() -> None:
    found = days_of(date(2024, 2, 28), date(2024, 3, 1))
    assert [day.isoformat() for day in found] == ["2024-02-28", "2024-02-29", "2024-03-01"]


TITLES: dict[str, tuple[dict[str, Any], str]] = {
    "a wish": ({"end": date(2026, 3, 20)}, "backfill nordwerk 2026-03-01..2026-03-20 sitemaps"),
    "a dry run": ({"end": date(2026, 3, 2), "dry_run": True, "via": Via.WARC},
                  "backfill nordwerk 2026-03-01..2026-03-02 warc (dry run)"),
    "until today": ({}, "backfill nordwerk 2026-03-01.. sitemaps"),
    "what is open": ({"source": None}, "backfill what is open"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "title"), TITLES.values(), ids=TITLES)
def test_names_of_runs_say_what_they_are_about(changes: dict[str, Any], title: str) -> None:
    assert run_title(asked(**changes)) == title
