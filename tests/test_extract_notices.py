"""Lines of a portal's own: what the phrase files drop and keep, their mistakes, and that speed changes nothing.

The cases are tests/data/phrases/LANGUAGE.yaml, lines by kind; everybody who adds a phrase adds a line of each sort.
"""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.errors import Misconfigured
from config.phrases import KINDS, LANGUAGES, WAYS, load_phrases
from tasks.extract.notices import is_notice, matcher_of
from tasks.extract.phrases import MAX_WHOLE_CHARACTERS, matcher, pattern_of

DATA = Path(__file__).parent / "data" / "phrases"
CASES = {language: yaml.safe_load((DATA / f"{language}.yaml").read_text(encoding="utf-8")) for language in LANGUAGES}


def lines(fate: str) -> list[tuple[str, str, str]]:
    """The lines that are dropped or kept, with language and kind."""
    return [(language, kind, line) for language, kinds in CASES.items() for kind in kinds for line in kinds[kind][fate]]


@pytest.mark.parametrize(("language", "kind", "line"), lines("dropped"))
def test_a_notice_is_dropped_by_a_phrase_of_its_kind(language: str, kind: str, line: str) -> None:
    assert is_notice(line)
    assert is_notice(line, language)
    bare = re.sub(r"^\d{4}-\d{2}-\d{2} ", "", line)
    assert matcher([phrase for phrase in load_phrases(language) if phrase.kind == kind]).fits(bare)


@pytest.mark.parametrize(("language", "kind", "line"), lines("kept"))
def test_a_sentence_that_looks_like_a_notice_is_kept(language: str, kind: str, line: str) -> None:
    assert not is_notice(line)
    assert not is_notice(line, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_a_phrase_file_has_cases_of_both_sorts(language: str) -> None:
    kinds = {phrase.kind for phrase in load_phrases(language)}
    assert kinds == set(CASES[language])
    assert [kind for kind, cases in CASES[language].items() if not (cases["dropped"] and cases["kept"])] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phrase_file_uses_known_kinds_in_their_order_and_no_phrase_twice(language: str) -> None:
    phrases = load_phrases(language)
    assert list(dict.fromkeys(phrase.kind for phrase in phrases)) == [
        kind for kind in KINDS if kind in {phrase.kind for phrase in phrases}
    ]
    keys = [(phrase.way, phrase.text.lower()) for phrase in phrases]
    assert sorted({key for key in keys if keys.count(key) > 1}) == []


def test_a_phrase_that_could_be_a_sentence_elsewhere_counts_in_its_own_language_only() -> None:
    assert is_notice("Report", "en")
    assert not is_notice("Report", "de")
    assert is_notice("Advertisement", "fr")
    assert is_notice("Lesen Sie auch: Kupfer wird teurer", "en")


def test_a_page_in_another_language_is_read_with_the_phrases_of_all() -> None:
    assert is_notice("Report", "it")


def test_long_lines_are_never_notices() -> None:
    assert not is_notice("Lesen Sie auch " + "weiter " * 80)


def test_a_date_in_front_of_a_notice_makes_no_difference() -> None:
    assert is_notice("03.06.2026 Zurück geht es hier", "de")


def test_a_gap_spans_words_but_no_long_sentence() -> None:
    assert is_notice("Sie wurden auf die Seite für die Schweiz weitergeleitet")
    assert not is_notice(f"Sie wurden auf {'lange ' * 20}weitergeleitet")


def naive(line: str) -> bool:
    """Each phrase tried by itself."""
    for language in LANGUAGES:
        for phrase in load_phrases(language):
            pattern = re.compile(pattern_of(phrase), re.IGNORECASE)
            is_whole = phrase.way == "line" or (phrase.way == "pattern" and phrase.text.endswith("$"))
            if is_whole and len(line) > MAX_WHOLE_CHARACTERS:
                continue
            if pattern.search(line) if phrase.way == "contains" else pattern.match(line):
                return True
    return False


ALL_LINES = [line for fate in ("dropped", "kept") for _, _, line in lines(fate)]


def test_the_fast_matcher_agrees_with_each_phrase_tried_by_itself() -> None:
    spoken = [re.sub(r"[\\()$]", "", phrase.text) for language in LANGUAGES for phrase in load_phrases(language)]
    texts = [*ALL_LINES, *(line.upper() for line in ALL_LINES), *(f"{line} und mehr" for line in spoken)]
    assert [text for text in texts if matcher_of(None).fits(text) != naive(text)] == []


@given(st.text(max_size=200))
def test_any_line_is_judged_without_an_error(line: str) -> None:
    assert is_notice(line) in (True, False)


BROKEN = {
    "a kind that nobody knows": ("realted:\n  line:\n    - Mehr\n", "de.yaml:1: realted: .*did you mean related"),
    "a way that nobody knows": ("related:\n  starts:\n    - Mehr\n", "de.yaml:2: related.starts: is no way to match"),
    "a pattern that is none": (
        "date:\n  pattern:\n    - 'Stand'\n    - '(open'\n",
        r"de.yaml:4: date.pattern: .*\(open",
    ),
    "a pattern for every line": ("date:\n  pattern:\n    - '(Stand)?'\n", "de.yaml:3: .*fits an empty line"),
    "a phrase of one letter": ("date:\n  begins:\n    - A\n", "de.yaml:3: .*would fit too much"),
    "a gap in front": ("date:\n  contains:\n    - … Stand\n", "de.yaml:3: .*no … in front"),
    "a phrase without its dash": ("date:\n  begins: Stand\n", "de.yaml:2: date.begins: is no list"),
    "a colon that makes a mapping": ("date:\n  begins:\n    - Stand: heute\n", "de.yaml:3: .*single quotes"),
    "a kind without a way": ("date:\n  - Stand\n", "de.yaml:1: date: has no phrases; .*line, begins"),
    "a list instead of kinds": ("- Stand\n", "de.yaml:1: holds no phrases"),
    "no YAML at all": ("date: [\n", "de.yaml:2: is not YAML"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_mistake_in_a_phrase_file_is_named_with_its_line(
    case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text, message = BROKEN[case]
    (tmp_path / "phrases").mkdir()
    (tmp_path / "phrases" / "de.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
    with pytest.raises(Misconfigured, match=rf"(?s)no page is extracted.*config/phrases/{message}"):
        load_phrases("de")


def test_all_mistakes_of_a_file_are_named_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "phrases").mkdir()
    (tmp_path / "phrases" / "de.yaml").write_text("dates:\n  line: x\ndate:\n  line:\n    - A\n", encoding="utf-8")
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
    with pytest.raises(Misconfigured) as caught:
        load_phrases("de")
    assert str(caught.value).count("config/phrases/de.yaml:") == 2


def test_the_ways_of_a_phrase_are_those_that_the_shipped_files_show() -> None:
    assert {phrase.way for language in LANGUAGES for phrase in load_phrases(language)} == set(WAYS)
