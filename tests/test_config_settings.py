"""Settings come from the environment, durations are written for people, and bad values are named."""

import os
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.durations import parse_duration
from config.errors import Misconfigured
from config.settings import Settings, settings

TABLE = (Path(__file__).parent / "data" / "durations.tsv").read_text().splitlines()
DURATIONS = [tuple(line.split("\t")) for line in TABLE if not line.startswith("#")]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No NEWSTAPE_ variable of the person who runs the tests, and nothing remembered before or after."""
    for name in [name for name in os.environ if name.upper().startswith("NEWSTAPE_")]:
        monkeypatch.delenv(name)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.parametrize(("text", "seconds"), DURATIONS)
def test_durations_are_read_as_the_table_says(text: str, seconds: str) -> None:
    if seconds == "refused":
        with pytest.raises(ValueError, match="a duration is"):
            parse_duration(text)
    else:
        assert parse_duration(text) == timedelta(microseconds=int(Decimal(seconds) * 1_000_000))


@given(st.text() | st.from_regex(r"([0-9]{1,12}(\.[0-9]{1,3})?(ms|s|m|h|d)){1,4}", fullmatch=True))
def test_any_text_is_a_duration_or_a_value_error(text: str) -> None:
    try:
        duration = parse_duration(text)
    except ValueError:
        return
    assert isinstance(duration, timedelta)
    assert duration >= timedelta(0)


@pytest.mark.parametrize("value", [15, 1.5, None, True, [], b"15m"])
def test_a_duration_without_a_unit_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="written like"):
        parse_duration(value)


def test_a_timedelta_stays_what_it_is() -> None:
    assert parse_duration(timedelta(minutes=3)) == timedelta(minutes=3)


# One bad value per setting that has any.
BAD_VALUES = {
    "NEWSTAPE_DATABASE_NAME": "my tape",
    "NEWSTAPE_ALLOW_PRIVATE_ADDRESSES": "perhaps",
    "NEWSTAPE_POLL_INTERVAL": "15 minutes",
    "NEWSTAPE_HOST_DELAY": "-1s",
    "NEWSTAPE_FETCH_TIMEOUT": "999ms",
    "NEWSTAPE_MAX_BODY_MB": "0",
    "NEWSTAPE_MAX_HOSTS": "1001",
    "NEWSTAPE_BATCH_SIZE": "many",
    "NEWSTAPE_BATCH_SECONDS": "0",
    "NEWSTAPE_MAX_ATTEMPTS": "101",
    "NEWSTAPE_EXTRACT_PROCESSES": "0",
    "NEWSTAPE_EXTRACT_TIMEOUT": "20",
    "NEWSTAPE_LOG_LEVEL": "LOUD",
}


@pytest.mark.parametrize(("name", "value"), BAD_VALUES.items(), ids=BAD_VALUES.keys())
def test_a_bad_variable_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured) as refusal:
        settings()
    assert str(refusal.value).splitlines()[1].startswith(f"  {name}: ")


def test_all_bad_variables_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in BAD_VALUES.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured) as refusal:
        settings()
    named = [line.split(":")[0].strip() for line in str(refusal.value).splitlines()[1:]]
    assert sorted(named) == sorted(BAD_VALUES)


def test_variables_override_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NEWSTAPE_HOME", str(tmp_path))
    monkeypatch.setenv("NEWSTAPE_POLL_INTERVAL", "1h30m")
    monkeypatch.setenv("NEWSTAPE_MAX_BODY_MB", "2")
    monkeypatch.setenv("NEWSTAPE_SOURCES_DIR", str(tmp_path / "sources"))
    changed = settings()
    assert changed.home == tmp_path
    assert changed.poll_interval == timedelta(minutes=90)
    assert changed.max_body_bytes == 2 * 1024 * 1024
    assert changed.sources_dir == tmp_path / "sources"


def test_an_empty_environment_gives_the_defaults() -> None:
    plain = settings()
    assert plain.database_url is None
    assert plain.poll_interval == timedelta(minutes=15)
    assert plain.home.is_absolute()


def test_the_user_agent_names_the_contact_when_there_is_one() -> None:
    assert Settings().user_agent == "Newstape/0.1"
    assert Settings(contact="desk@tape.example").user_agent == "Newstape/0.1 (+desk@tape.example)"


def test_settings_are_read_once_and_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    first = settings()
    monkeypatch.setenv("NEWSTAPE_BATCH_SIZE", "7")
    assert settings() is first
    with pytest.raises(ValidationError):
        first.batch_size = 7


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_explained_by_its_docstring(name: str) -> None:
    assert (Settings.model_fields[name].description or "").endswith(".")
