"""What two texts of an article differ in, what is no news, and how corrections and withdrawals are told."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from config.errors import Misconfigured
from config.phrases import LANGUAGES
from tasks.revision_words import find_notice, read_corrections, read_noise, without_noise
from tasks.revisions import NumberChange, difference

DATA = Path(__file__).parent / "data"
CASES = {one["name"]: one for one in yaml.safe_load((DATA / "revisions.yaml").read_text(encoding="utf-8"))}
NOTICES = yaml.safe_load((DATA / "revision_notices.yaml").read_text(encoding="utf-8"))


def pair(case: dict[str, Any], side: str) -> tuple[str, str]:
    title, paragraphs = case[side]
    return title, "\n\n".join(paragraphs)


@pytest.mark.parametrize("name", CASES)
def test_what_a_revision_changed(name: str) -> None:
    case = CASES[name]
    says = case["says"]
    found = difference(pair(case, "old"), pair(case, "new"))
    counts = tuple(says.get(key, 0) for key in ("added", "removed", "changed"))
    assert (found.added, found.removed, found.changed) == counts
    assert found.title_changed is says.get("title", False)
    assert [f"{one.old} -> {one.new}" for one in found.numbers] == [str(one) for one in says.get("numbers", [])]
    assert found.is_noise is says.get("noise", False)


def test_a_number_names_its_paragraph_of_the_new_text() -> None:
    old = "Die Werft baut.\n\nSie hat 40 Kräne in Emden."
    new = "Stand: 12 Uhr\n\nDie Werft baut.\n\nDer Hafen ist voll.\n\nSie hat 42 Kräne in Emden."
    assert difference(("Werft", old), ("Werft", new)).numbers == (NumberChange(4, "40", "42"),)


def test_what_is_known_as_boilerplate_by_now_is_not_missed() -> None:
    line = "Börsen-Newsletter: das Wichtigste am Morgen"
    old = f"Die Werft baut.\n\n{line}"
    assert difference(("Werft", old), ("Werft", "Die Werft baut."), [line]).is_noise
    assert difference(("Werft", old), ("Werft", "Die Werft baut.")).removed == 1


@pytest.mark.timeout(20)
def test_a_live_blog_of_a_thousand_paragraphs_takes_no_time() -> None:
    old = [f"Um {number} Uhr meldet die Werft Nummer {number * 7} neue Zahlen aus Emden." for number in range(1000)]
    new = [f"Um {number} Uhr meldet die Werft Nummer {number * 9} andere Dinge aus Leer." for number in range(1000)]
    found = difference(("Ticker", "\n\n".join(old)), ("Ticker", "\n\n".join(new)))
    assert found.added + found.changed == 1000
    assert found.removed + found.changed == 1000


LONG = {
    "a flattened table of few numbers": (
        " ".join(f"7 {one % 10}" for one in range(20_000)),
        " ".join(f"8 {one % 7}" for one in range(20_000)),
    ),
    "many long paragraphs": tuple(
        "\n\n".join(" ".join(f"w{(one * step + row) % 900}" for one in range(1500)) for row in range(150))
        for step in (7, 11)
    ),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", LONG)
def test_long_texts_are_compared_in_no_time(name: str) -> None:
    old, new = LONG[name]
    assert not difference(("t", old), ("t", new)).is_noise


STRANGE = (
    "(",
    "- ",
    "1:",
    "Stand ",
    "stand am 1.1.",
    "updated 1 ",
    "publié le 1",
    "editor's note ",
    "korrektur ",
    "'",
    "[(",
)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", STRANGE)
def test_strange_lines_are_judged_in_no_time(part: str) -> None:
    for line in (part * 240, f"{part * 20}x", f"Stand {part * 50}x"):
        assert find_notice(line, [line] * 6) is None
        assert without_noise(f"{line} Fähre").endswith("Fähre")


TEXTS = st.lists(
    st.sampled_from(["Die Werft baut.", "Sie hat 40 Kräne.", "Sie hat 41 Kräne.", "Anzeige", "", "Stand: 3"])
)
FREE = st.text(max_size=80)


@given(st.lists(FREE, max_size=6), FREE)
def test_a_text_does_not_differ_from_itself(paragraphs: list[str], title: str) -> None:
    one = (title, "\n\n".join(paragraphs))
    assert difference(one, one).is_noise
    assert difference(one, one).numbers == ()


@given(TEXTS, TEXTS)
def test_what_one_direction_adds_the_other_removes(old: list[str], new: list[str]) -> None:
    there = difference(("t", "\n\n".join(old)), ("t", "\n\n".join(new)))
    back = difference(("t", "\n\n".join(new)), ("t", "\n\n".join(old)))
    assert (there.added, there.removed, there.changed) == (back.removed, back.added, back.changed)
    said = [sum(bool(without_noise(one).strip()) for one in side) for side in (old, new)]
    assert said[0] - there.removed == said[1] - there.added


@pytest.mark.parametrize("number", range(len(NOTICES)))
def test_what_a_text_says_of_itself(number: int) -> None:
    case = NOTICES[number]
    notice = find_notice(case["title"], case.get("text", []))
    assert (notice.kind if notice else "none") == case["notice"], case
    if notice:
        assert notice.quote in [case["title"], *case.get("text", [])]


def test_the_gravest_notice_counts() -> None:
    notice = find_notice("UPDATE: Werft", ["Korrektur: Der Umsatz ist 421.", "Diese Meldung wird zurückgezogen."])
    assert notice is not None
    assert (notice.kind, notice.quote) == ("withdrawal", "Diese Meldung wird zurückgezogen.")


@given(FREE, st.lists(FREE, max_size=8))
def test_any_text_can_be_asked_for_a_notice(title: str, paragraphs: list[str]) -> None:
    notice = find_notice(title, paragraphs)
    assert notice is None or notice.quote in (title, *paragraphs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_words_for_each_notice_and_for_noise(language: str) -> None:
    assert {kind for (kind, _), _ in read_corrections(language)} == {"withdrawal", "correction", "update"}
    assert {place for (_, place), _ in read_noise(language)} == {"line", "part"}


BROKEN = {
    "a pattern that is none": ("[correction: text]\n# fine\n(open\n", r"corrections\.txt:3: not a pattern .*\(open"),
    "a kind that is none": ("\n[rumour: text]\n", r"corrections\.txt:2: no section of this name: \[rumour: text\]"),
    "a place that is none": ("[update: footer]\n", r"corrections\.txt:1: no section of this name"),
    "a pattern without a section": ("Korrektur\n", r"corrections\.txt:1: a pattern in front of the first section"),
    "a pattern that fits anywhere": ("[update: text]\n(neu)?\n", r"corrections\.txt:2: fits anywhere.*\(neu\)\?"),
    "flags for all patterns": ("[update: text]\n(?i)neu\n", r"corrections\.txt:2: not a pattern"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_line_is_named_with_its_file(case: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written, message = BROKEN[case]
    folder = tmp_path / "lexicons" / "xx"
    folder.mkdir(parents=True)
    (folder / "corrections.txt").write_text(written, encoding="utf-8")
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path)
    with pytest.raises(Misconfigured, match=message):
        read_corrections("xx")
