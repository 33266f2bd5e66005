"""Source files into the database, and the rehearsal that changes nothing."""

from datetime import timedelta
from pathlib import Path

import pytest
from makers import NOW
from sqlalchemy import Engine, text

from config.errors import Misconfigured
from config.settings import settings
from config.sources import load_sources
from flows.definitions import chosen_sources, feed_rows, rehearse_sync, source_row, sync_sources

ALPHA = """
slug: alpha
formerly: [aleph]
name: Alpha Börse
homepage: https://alpha.example/
language: de
country: CH
time_zone: Europe/Zurich
delay: {delay}
feeds:
  - url: https://alpha.example/all.rss
    kind: rss
  - url: https://alpha.example/us.atom
    kind: atom
    name: New York
    time_zone: America/New_York
    every: 5m
"""


def folder(tmp_path: Path, delay: str = "2s") -> Path:
    """A folder with one source file."""
    (tmp_path / "alpha.yaml").write_text(ALPHA.format(delay=delay), encoding="utf-8")
    return tmp_path


def test_a_source_file_becomes_a_source_row_and_its_feed_rows(tmp_path: Path) -> None:
    (source,) = loaded = load_sources(folder(tmp_path))
    row = source_row(source)
    assert (row["slug"], row["formerly"], row["name"]) == ("alpha", ("aleph",), "Alpha Börse")
    assert (row["homepage"], row["delay"], row["headers"]) == ("https://alpha.example/", timedelta(seconds=2), {})
    first, second = feed_rows(loaded)
    assert (first["slug"], first["url"], first["kind"]) == ("alpha", "https://alpha.example/all.rss", "rss")
    assert (first["time_zone"], first["every"]) == (None, settings().poll_interval)
    assert (second["kind"], second["name"]) == ("atom", "New York")
    assert (second["time_zone"], second["every"]) == ("America/New_York", timedelta(minutes=5))


@pytest.mark.parametrize(("delay", "expected"), [("0", timedelta(0)), ("null", timedelta(seconds=1))])
def test_a_delay_of_zero_is_a_delay_and_none_is_the_setting(tmp_path: Path, delay: str, expected: timedelta) -> None:
    (source,) = load_sources(folder(tmp_path, delay))
    assert source_row(source)["delay"] == expected


def test_sources_are_chosen_by_slug_and_unknown_ones_are_named_with_the_known(tmp_path: Path) -> None:
    loaded = load_sources(folder(tmp_path))
    assert chosen_sources(None, loaded) == chosen_sources(["alpha"], loaded) == list(loaded)
    with pytest.raises(Misconfigured, match=r"beta, gamma\. Known are: alpha"):
        chosen_sources(["gamma", "alpha", "beta"], loaded)


def test_a_sync_writes_what_the_rehearsal_foretold_and_the_rehearsal_writes_nothing(
    tape: Engine, tmp_path: Path
) -> None:
    loaded = load_sources(folder(tmp_path))
    foretold = rehearse_sync(loaded, NOW)
    with tape.connect() as conn:
        assert conn.execute(text("SELECT count(*) FROM ingest.sources")).scalar() == 0
    assert foretold.added == ("alpha",)
    assert sync_sources(loaded, NOW) == foretold
    again = sync_sources(loaded, NOW)
    assert (again.added, again.changed, again.feeds_added, again.feeds_changed) == ((), (), (), ())


def test_every_shipped_source_fits_into_the_database(tape: Engine) -> None:
    loaded = load_sources(None)
    report = sync_sources(loaded, NOW)
    assert len(report.added) == len(loaded)
    assert len(report.feeds_added) == sum(len(source.feeds) for source in loaded)
    assert sync_sources(loaded, NOW).changed == ()
