"""What a source's file says about its pages: it goes before every other layer, and gives way where it finds nothing.

To add a case, write a file in tests/data/told: `pages` as in a source's file, the page, the values to compare and under
`profile` the values that must come from the file.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as parser
from test_config_sources import GOOD, written

from config.page_rules import NO_RULES, PageRules, rules_of, written_rules
from config.selectors import format_fault
from config.sources import load_sources
from tasks.checkup import profile_of
from tasks.extract import extract_html
from tasks.extract.told import read_told
from tasks.extract.told_dates import DIRECTIVES, read_told_date
from tasks.model import Article, Profile
from tasks.outcome import Reason

CASES = sorted((Path(__file__).parent / "data" / "told").glob("*.yaml"))
PLAIN = Profile("good", "Good", "de", "Europe/Zurich")
URL = "https://www.good.example/a/1"


def profile_with(pages: object, folder: Path) -> Profile:
    """The profile of a source whose file says `pages`."""
    (source,) = load_sources(written(folder, good=GOOD + yaml.safe_dump({"pages": pages}, allow_unicode=True)))
    return profile_of(source)


def extracted(page: str, profile: Profile) -> Article:
    article = extract_html(page, URL, profile)
    assert isinstance(article, Article), article
    return article


def shown(article: Article, name: str) -> object:
    """A value in the form that the files use."""
    value = getattr(article, name)
    if name == "text":
        return article.text.split("\n\n")
    if name == "published":
        return value and value.at.isoformat()
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("case", CASES, ids=lambda file: file.stem)
def test_a_file_and_a_page_give_the_values_beside_them(case: Path, tmp_path: Path) -> None:
    given = yaml.safe_load(case.read_text(encoding="utf-8"))
    article = extracted(given["page"], profile_with(given["pages"], tmp_path))
    expected: dict[str, Any] = given["expected"]
    assert {name: shown(article, name) for name in expected} == expected
    assert {name for name, layer in article.provenance.items() if layer == "profile"} == set(given["profile"])


@pytest.mark.parametrize("case", CASES, ids=lambda file: file.stem)
def test_without_the_file_the_page_gives_other_values_for_all_that_it_tells(case: Path) -> None:
    given = yaml.safe_load(case.read_text(encoding="utf-8"))
    article = extracted(given["page"], PLAIN)
    alike = [name for name in given["profile"] if shown(article, name) == given["expected"].get(name)]
    assert alike == []
    if not given["profile"]:
        same = {name for name in given["expected"] if name != "unfound"}
        assert {name: shown(article, name) for name in same} == {name: given["expected"][name] for name in same}


def test_the_first_of_several_selectors_that_finds_something_counts(tmp_path: Path) -> None:
    page = "<html><body><h1>Eins</h1><h2 class='b'>Zwei von hier</h2><p>Ein Satz, der lang genug ist.</p></body></html>"
    article = extracted(page, profile_with({"title": ["h1.none", "h2.b", "h1"], "body": "p"}, tmp_path))
    assert (article.title, article.text) == ("Zwei von hier", "Ein Satz, der lang genug ist.")


def test_a_selected_body_is_read_without_trafilatura(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("trafilatura was asked")

    monkeypatch.setattr("trafilatura.bare_extraction", refused)
    page = "<html><body><h1>Ein Titel</h1><div id='t'><p>Ein Satz, der lang genug ist.</p></div></body></html>"
    article = extracted(page, profile_with({"body": "#t"}, tmp_path))
    assert (article.text, article.provenance["text"]) == ("Ein Satz, der lang genug ist.", "profile")


def test_removing_never_takes_the_page_or_what_it_says_of_itself(tmp_path: Path) -> None:
    case = next(file for file in CASES if file.stem == "nothing_found")
    page = yaml.safe_load(case.read_text(encoding="utf-8"))["page"]
    article = extracted(page, profile_with({"remove": ["html", "body", "head", "meta", "script"]}, tmp_path))
    assert (article.title, article.authors) == ("Hafen Emden schlägt mehr Getreide um", ("Ole Harms",))
    assert article.unfound == ("remove",)


def test_nothing_is_told_where_the_file_says_nothing() -> None:
    root = parser.document_fromstring("<p>Guten Tag</p>")
    assert read_told(root, PLAIN, None, removed=False).unfound == ()


def test_rules_come_back_from_the_database_as_they_went() -> None:
    rules = PageRules(title=("h1", "h2"), byline_pattern="^(?P<author>.+)$", notices=("Hinweis",))
    assert rules_of(written_rules(rules)) == rules
    assert written_rules(NO_RULES) is None
    assert rules_of(None) == NO_RULES


def test_keys_of_a_newer_version_in_the_database_are_passed_over() -> None:
    assert rules_of({"title": ["h1"], "mood": ["p.mood"]}) == PageRules(title=("h1",))


DATES = {
    "a machine's date": ("2026-11-20T06:45:00Z", None, "2026-11-20T06:45:00+00:00"),
    "words around it": ("Publiziert am 20. November 2026, 07:45 Uhr", None, "2026-11-20T06:45:00+00:00"),
    "no date": ("heute", None, None),
    "two readings": ("03/04/2026 14:15", None, None),
    "a known form": ("03/04/2026 14:15", "%d/%m/%Y %H:%M", "2026-04-03T12:15:00+00:00"),
    "a form within a line": ("Stand: 3.4.26 um 8.05 Uhr.", "%d.%m.%y um %H.%M", "2026-04-03T06:05:00+00:00"),
    "a form with seconds and zone": ("20261120T064500+0000", "%Y%m%dT%H%M%S%z", "2026-11-20T06:45:00+00:00"),
    "another form": ("2026-11-20", "%d/%m/%Y", None),
    "a day that does not exist": ("31/02/2026", "%d/%m/%Y", None),
    "a longer number": ("103/04/2026", "%d/%m/%Y", None),
    "signs with a meaning in patterns": ("[03.04.2026] (1)", "[%d.%m.%Y] (%H)", "2026-04-02T23:00:00+00:00"),
    "a percent sign": ("100% 03.04.2026", "100%% %d.%m.%Y", "2026-04-02T22:00:00+00:00"),
    "a whole page": ("x" * 5000 + " 03/04/2026", "%d/%m/%Y", None),
}  # fmt: skip


@pytest.mark.parametrize(("text", "pattern", "expected"), DATES.values(), ids=DATES)
def test_a_selected_date_is_read_as_printed(text: str, pattern: str | None, expected: str | None) -> None:
    stamp = read_told_date(text, pattern, "Europe/Zurich")
    assert (stamp and stamp.at.isoformat()) == expected


@given(st.text(max_size=60) | st.from_regex(r"\A\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d{2}\Z"))
def test_any_text_has_a_date_in_a_form_or_none(text: str) -> None:
    stamp = read_told_date(text, "%d/%m/%Y %H:%M", "Europe/Zurich")
    assert stamp is None or (stamp.raw in text and stamp.origin == "profile.date")


NAMES = st.sampled_from(
    ["h1", "p", "//p", "//@class", "body", "*", "div.none", "//p/text()", "count(//p)", "meta", "script"]
)
SELECTORS = st.lists(NAMES, max_size=2).map(tuple)


RULES = st.builds(
    PageRules, **dict.fromkeys(("title", "kicker", "lead", "body", "remove", "author", "date", "paywall"), SELECTORS)
)


@given(RULES)
def test_any_selectors_give_an_article_or_a_reason_but_no_crash(rules: PageRules) -> None:
    page = yaml.safe_load((CASES[0]).read_text(encoding="utf-8"))["page"]
    outcome = extract_html(page, URL, replace(PLAIN, pages=replace(rules, notices=("Die",))))
    assert isinstance(outcome, Article) or outcome.reason is not Reason.CRASH


def test_each_directive_that_a_file_may_use_can_be_read() -> None:
    usable = {letter for letter in map(chr, range(33, 127)) if format_fault(f"%d.%m.%Y %{letter}") is None}
    assert usable - {"%"} <= set(DIRECTIVES)
