"""Source files: what is shipped loads and is consistent, and every mistake is named with its file and line."""

import contextlib
import pickle
import re
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.errors import Misconfigured
from config.page_rules import NO_RULES, PageRules
from config.pages import PagesSpec
from config.sources import FeedSpec, Source, load_sources
from tasks.model import FeedKind

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "config" / "sources"
BAD = Path(__file__).parent / "data" / "sources_bad"
GOOD = """\
slug: good
name: Good
homepage: https://www.good.example/
language: de
country: CH
time_zone: Europe/Zurich
feeds:
  - url: https://www.good.example/rss
    kind: rss
"""


def written(folder: Path, **bodies: str | bytes) -> Path:
    """The folder, with one source file per argument; underscores in its name stand for dashes."""
    for name, body in bodies.items():
        raw = body if isinstance(body, bytes) else body.encode()
        (folder / f"{name.replace('_', '-')}.yaml").write_bytes(raw)
    return folder


def complaints(folder: Path) -> list[str]:
    """The lines of the message with which the folder is refused, without the first one."""
    with pytest.raises(Misconfigured) as refusal:
        load_sources(folder)
    return str(refusal.value).splitlines()[1:]


def test_all_mistakes_of_all_files_are_named_at_once_with_file_and_line() -> None:
    expected = [line for line in (BAD / "expected.txt").read_text().splitlines() if not line.startswith("#")]
    assert complaints(BAD) == expected


def test_every_bad_file_has_a_line_in_expected_txt() -> None:
    text = (BAD / "expected.txt").read_text()
    files = [file.name for file in BAD.iterdir() if file.name != "expected.txt"]
    # The other half of a pair: the mistake is booked where the second of the two claims the feed.
    assert {name for name in files if f"\n{name}:" not in text} == {"feed-twice-too.yaml"}


# What is added to the good file (its last line is line 9), and how the message must begin.
ADDED = {
    "a value too small": ("every: 9.9s\n", "good.yaml:10: every: is '9.9s'; wanted: "),
    "a value too large": ("concurrency: 33\n", "good.yaml:10: concurrency: is '33'; wanted: "),
    "a number that is none": ("concurrency: two\n", "good.yaml:10: concurrency: is 'two'; wanted: "),
    "a delay of days": ("delay: 2d\n", "good.yaml:10: delay: is '2d'; wanted: "),
    "a day that does not exist": ("verified: 2026-02-30\n", "good.yaml:10: verified: is '2026-02-30'; a date "),
    "four fields of a schedule": ("schedule: 0 8 * *\n", "good.yaml:10: schedule: is '0 8 * *'; a schedule has five "),
    "an hour that no day has": ("schedule: 0 25 * * *\n", "good.yaml:10: schedule: is '0 25 * * *'; the hour "),
    "a schedule that ends before it begins": ("schedule: 0 0 * * fri-mon\n", "good.yaml:10: schedule: is '0 0 * * fr"),
    "an unknown key": ("profile: x\n", "good.yaml:10: profile: is no known key; known here: slug, "),
    "an unknown key near a known one": ("note: x\n", "good.yaml:10: note: is no known key (did you mean notes?)"),
    "an unknown key of a feed": ("    tz: x\n", "good.yaml:10: feeds[0].tz: is no known key; known here: url, "),
    "a merge key": ("<<: {delay: 1s}\n", "good.yaml:10: <<: is no known key"),
    "a feed without url": ("  - kind: rss\n", "good.yaml:10: feeds[1].url: is missing; wanted: the address"),
    "a feed without anything": ("  -\n", "good.yaml:10: feeds[1]: is empty; wanted: a list of one feed"),
    "a header with a line break": ('headers:\n  X: "a\\nb"\n', "good.yaml:11: headers.X: is 'a\\nb'; wanted: "),
    "a header with a blank": ("headers:\n  A B: c\n", "good.yaml:11: headers.A B: can't be set here; a header's"),
    "its own former slug": ("formerly: [good]\n", "good.yaml:10: formerly[0]: the slug good is taken by good.yaml:1"),
    "a NUL in the notes": ('notes: "a\\0b"\n', "good.yaml:10: notes: is 'a\\x00b'; wanted: "),
    "a key that is a list": ("? [a]\n: b\n", "good.yaml:10: is not YAML (a key that is no text)"),
    "an endless alias": ("headers: &a\n  b: *a\n", "good.yaml:10: is not YAML (an alias repeats this)"),
    "deep nesting": (f"formerly: {'[' * 20}{']' * 20}\n", "good.yaml:10: is not YAML (this is too deep"),
    "a second document": ("---\nslug: two\n", "good.yaml:10: is not YAML (but found another document)"),
    "a bell": ("notes: Glöckchen \a\n", "good.yaml:10: is not YAML (control characters are not allowed)"),
}


@pytest.mark.parametrize(("added", "message"), ADDED.values(), ids=ADDED.keys())
def test_a_mistake_is_named_with_its_line(added: str, message: str, tmp_path: Path) -> None:
    lines = complaints(written(tmp_path, good=GOOD + added))
    assert len(lines) == 1
    assert lines[0].startswith(message)


def test_a_file_that_is_not_utf8_is_named_with_the_line_of_the_first_bad_byte(tmp_path: Path) -> None:
    lines = complaints(written(tmp_path, good=GOOD.encode() + "notes: Börse\n".encode("latin-1")))
    assert lines == ["good.yaml:10: is not UTF-8; save it in that encoding"]


def test_a_file_that_can_not_be_opened_is_named(tmp_path: Path) -> None:
    written(tmp_path, good=GOOD)
    (tmp_path / "lost.yaml").symlink_to(tmp_path / "nowhere")
    assert complaints(tmp_path) == [
        "lost.yaml:1: can't be read (No such file or directory); a source file is a plain file that we may read"
    ]


def test_passwords_in_addresses_are_not_repeated(tmp_path: Path) -> None:
    secret = GOOD.replace("https://www", "https://me:hush@www")
    text = "\n".join(complaints(written(tmp_path, good=secret, good_too=secret)))
    assert "carries no user name or password" in text
    assert "hush" not in text


def test_a_folder_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere can't be read: No such file or directory"):
        load_sources(tmp_path / "nowhere")
    (tmp_path / ".good.yaml").write_text("left behind by an editor")
    (tmp_path / "README.md").write_text("# Sources")
    with pytest.raises(Misconfigured, match=r"holds no source files; one is called like cash-ch\.yaml"):
        load_sources(tmp_path)


def test_a_minimal_file_gets_the_defaults(tmp_path: Path) -> None:
    (source,) = load_sources(written(tmp_path, good=GOOD))
    assert (source.verified, source.every, source.delay, source.concurrency) == (None, None, None, 1)
    assert (source.headers, source.formerly, source.notes, source.user_agent) == ({}, (), None, None)


def test_a_full_file_is_read_as_written(tmp_path: Path) -> None:
    full = (
        "\ufeff" + GOOD.replace("CH", "NO") + "    name: 2024\n    every: 30s\n    time_zone: Europe/Oslo\n"
        "verified: 2026-11-20\nevery: 1h30m\ndelay: 0s\nconcurrency: 8\nuser_agent: Tape/1\n"
        "headers: {Accept-Language: no}\nformerly: [better, best]\nnotes: >-\n  two\n  lines\n"
    )
    (source,) = load_sources(written(tmp_path, good=full))
    feed = FeedSpec.model_validate(source.feeds[0].model_dump())
    assert source.country == "NO"
    assert (feed.name, feed.every, feed.time_zone) == ("2024", timedelta(seconds=30), "Europe/Oslo")
    assert (source.verified, source.every) == (date(2026, 11, 20), timedelta(minutes=90))
    assert (source.delay, source.concurrency, source.user_agent) == (timedelta(0), 8, "Tape/1")
    assert (source.headers, source.formerly, source.notes) == (
        {"Accept-Language": "no"},
        ("better", "best"),
        "two lines",
    )


def test_what_a_file_says_about_pages_is_told_to_the_extractor_with_one_text_or_several(tmp_path: Path) -> None:
    pages = "pages:\n  title: h1.head\n  body: [div.text, //main]\n  date_pattern: '%d/%m/%Y'\n  kicker:\n"
    (source,) = load_sources(written(tmp_path, good=GOOD + pages))
    assert source.page_rules() == PageRules(title=("h1.head",), body=("div.text", "//main"), date_pattern="%d/%m/%Y")
    assert set(PagesSpec.model_fields) == set(PageRules.__dataclass_fields__)


@pytest.mark.parametrize("pages", ["", "pages:\n", "pages: {}\n"])
def test_a_file_may_say_nothing_about_pages(pages: str, tmp_path: Path) -> None:
    (source,) = load_sources(written(tmp_path, good=GOOD + pages))
    assert source.page_rules() == NO_RULES


def test_sources_come_sorted_by_slug_and_survive_pickling(tmp_path: Path) -> None:
    # "good-too.yaml" sorts before "good.yaml", the slugs the other way round.
    too = GOOD.replace("good", "good-too")
    sources = load_sources(written(tmp_path, good=GOOD, good_too=too))
    assert [source.slug for source in sources] == ["good", "good-too"]
    assert pickle.loads(pickle.dumps(sources)) == sources  # noqa: S301 our own bytes


def test_a_source_can_not_be_changed() -> None:
    source = load_sources()[0]
    with pytest.raises(ValidationError):
        source.slug = "other"
    with pytest.raises(ValidationError):
        source.feeds[0].url = "https://other.example/"


def test_the_interval_is_the_feeds_else_the_sources_else_the_default(tmp_path: Path) -> None:
    two = GOOD + "    every: 30s\n  - url: https://www.good.example/atom\n    kind: atom\n"
    default = timedelta(minutes=15)
    (source,) = load_sources(written(tmp_path, good=two))
    assert [source.interval(feed, default) for feed in source.feeds] == [timedelta(seconds=30), default]
    (source,) = load_sources(written(tmp_path, good=two + "every: 1h\n"))
    assert [source.interval(feed, default) for feed in source.feeds] == [timedelta(seconds=30), timedelta(hours=1)]


def test_the_zone_is_the_feeds_else_the_sources(tmp_path: Path) -> None:
    two = GOOD + "    time_zone: UTC\n  - url: https://www.good.example/atom\n    kind: atom\n"
    (source,) = load_sources(written(tmp_path, good=two))
    assert [source.zone(feed) for feed in source.feeds] == ["UTC", "Europe/Zurich"]


def test_feeds_of_one_host_on_two_ports_are_two_feeds(tmp_path: Path) -> None:
    first = GOOD.replace("https://www.good.example", "http://127.0.0.1:8001")
    second = GOOD.replace("https://www.good.example", "http://127.0.0.1:8002").replace("good", "other")
    assert len(load_sources(written(tmp_path, good=first, other=second))) == 2


def test_the_kinds_that_a_file_may_name_are_kinds_of_the_model() -> None:
    assert set(get_args(FeedSpec.model_fields["kind"].annotation)) <= set(FeedKind)


def test_the_shipped_sources_load_and_cover_six_countries_in_three_languages() -> None:
    sources = load_sources()
    countries = Counter(source.country for source in sources)
    assert len(sources) >= 60
    assert min(countries[country] for country in ("CH", "DE", "AT", "US", "GB", "FR")) >= 5
    assert {source.language for source in sources} == {"de", "en", "fr"}


def test_shipped_slugs_are_file_names_and_the_default_folder_is_the_shipped_one() -> None:
    assert [source.slug for source in load_sources()] == sorted(file.stem for file in SHIPPED.iterdir())
    assert load_sources(SHIPPED) == load_sources()


def test_shipped_feeds_have_distinct_names_within_their_source() -> None:
    for source in load_sources():
        assert len({feed.name for feed in source.feeds}) == len(source.feeds), source.slug


@pytest.mark.parametrize("file", sorted(SHIPPED.iterdir()), ids=lambda file: file.stem)
def test_shipped_files_keep_the_order_of_keys_and_quote_only_where_needed(file: Path) -> None:
    text = file.read_text()
    content = yaml.safe_load(text)
    assert list(content) == [key for key in Source.model_fields if key in content]
    for feed in content["feeds"]:
        assert list(feed) == [key for key in FeedSpec.model_fields if key in feed]
    for quoted in re.findall(r': "(.*)"$', text, re.MULTILINE):
        with pytest.raises(yaml.YAMLError):
            yaml.safe_load(f"key: {quoted}")


def test_central_banks_and_regulators_are_asked_every_half_hour() -> None:
    official = {"amf", "bafin", "bank-of-england", "bis", "bundesbank", "ecb", "esma", "fca", "federal-reserve"}
    intervals = {source.slug: source.every for source in load_sources()}
    assert {intervals[slug] for slug in official | {"finma", "sec", "snb"}} == {timedelta(minutes=30)}


@pytest.mark.parametrize("model", [Source, FeedSpec, PagesSpec])
def test_every_key_is_explained_in_its_docstring_and_in_docs(model: type[Source | FeedSpec | PagesSpec]) -> None:
    manual = (ROOT / "docs" / "sources.md").read_text()
    for key, spec in model.model_fields.items():
        assert spec.description, key
        assert f"\n| `{key}` |" in manual, key


def test_each_example_in_docs_is_a_good_source_file_or_a_part_of_one(tmp_path: Path) -> None:
    manual = (ROOT / "docs" / "sources.md").read_text()
    examples = re.findall(r"```yaml\n(.*?)```", manual, re.DOTALL)
    assert examples
    for excerpt in examples:
        example = excerpt if "slug:" in excerpt else GOOD.partition("feeds:")[0] + excerpt
        folder = tmp_path / str(len(example))
        folder.mkdir()
        slug = str(yaml.safe_load(example)["slug"])
        assert load_sources(written(folder, **{slug: example}))[0].slug == slug


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_behind_a_good_file_load_or_are_refused(tail: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder), good=GOOD.encode() + tail)
        with contextlib.suppress(Misconfigured):
            assert load_sources(Path(folder))[0].slug == "good"


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | st.text(max_size=12)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from([
        *Source.model_fields, "feeds.url", "feeds.every", "pages.title", "pages.notices", "pages.date_pattern", "none",
    ]),
    VALUES,
)  # fmt: skip
def test_any_value_of_any_key_loads_or_is_refused_with_a_line_of_the_file(key: str, value: object) -> None:
    content = yaml.safe_load(GOOD)
    inside, _, name = key.rpartition(".")
    places = {"": content, "feeds": content["feeds"][0], "pages": content.setdefault("pages", {})}
    places[inside][name] = value
    body = yaml.safe_dump(content, sort_keys=False)
    with tempfile.TemporaryDirectory() as folder:
        written(Path(folder), good=body)
        try:
            load_sources(Path(folder))
        except Misconfigured as refusal:
            for line in str(refusal).splitlines()[1:]:
                number = re.match(r"good\.yaml:(\d+): ", line)
                assert number, line
                assert 1 <= int(number[1]) <= len(body.splitlines()) + 1
