"""What holds for any text: no exception, offsets that slice to the evidence, values that the evidence prints."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from fields_gold import Annotated, annotated
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.fields.enrich import enrich
from tasks.fields.model import Evidence, Fields
from tasks.fields.printed_numbers import parse_number
from tasks.fields.quantities import find_quantities
from tasks.fields.reading import read
from tasks.fields.tokens import NUMBER, tokenize

TEXTS = [text for name in ("own", "second", "third", "fourth") for text in annotated(f"{name}.txt")]
LANGUAGES = st.sampled_from(["de", "de-CH", "de-AT", "en", "fr", "it", ""])
# Magnitudes that a number can inherit from its neighbour, and minor units.
SCALES = [Decimal(1).scaleb(exponent) for exponent in (0, -2, 3, 5, 6, 7, 9, 12)]
_SIGNS = "0123456789.,'’-–−+%‰°/:;()[]«»„“”\"&@#_*|\n\t \u00a0\u2009\u202f\u200b\ufeff€$£¥₹"
_LETTERS = "aäeßxAZÄÉœŒñøİıſﬁΣςкя中日ーक٣٤²½Ⅷ\u0301\u202e😀𝐀"
_WORDS = st.sampled_from(
    """
Die|Aktie|der|Muster AG|stieg|fiel|um|auf|Prozent|%|Euro|CHF|Mrd.|Mio|bn|Umsatz|revenue|de|à|von|bis|
bénéfice net|zwischen|und|SMI|Nestlé|Apple|UBS|Kursziel|CEO|laut|Reuters|ISIN|WKN|Dividende|je Aktie|
halbiert|anderthalb|a third|Billionen|crore|EUR/USD|Gold|Dr.|gestern|vorbörslich|H1|2024/25|Q3|Cent|
pence|TEUR|ex-|minus|«|»
""".replace("\n", "").split("|")
)
_PRINTED = st.from_regex(r"[+-]?\d{1,3}([.,'’ ]\d{1,3}){0,3}", fullmatch=True)
MIXED = st.lists(
    st.one_of(_WORDS, _PRINTED, st.text(_SIGNS, max_size=6), st.text(_LETTERS, max_size=6), st.text(max_size=4)),
    max_size=60,
).flatmap(lambda parts: st.sampled_from(["", " ", "\n"]).map(lambda joint: joint.join(parts)))


def evidence_of(found: Fields) -> Iterator[Evidence]:
    """The evidence of all facts."""
    return (fact.evidence for kind in found.__slots__ for fact in getattr(found, kind))


def parts_of(text: Annotated, begin: float, end: float) -> str:
    """What stands between two places of an annotated text, given as shares of its length."""
    first, last = sorted((begin, end))
    return text.text[int(first * len(text.text)) : int(last * len(text.text))]


def printed_numbers(text: str, language: str) -> set[Decimal]:
    """All numbers that `text` prints, as they stand there and with the units beside them, without sign."""
    bare = {parse_number(token.text, language) for token in tokenize(text) if token.kind == NUMBER}
    quantities = find_quantities(read(text, language))
    read_again = {number for q in quantities for number in (q.value, q.high) if number is not None}
    return {abs(number) for number in bare if number is not None} | {abs(number) for number in read_again}


def unprinted(found: Fields, whole: str, language: str) -> list[object]:
    """Facts with a number that their evidence does not print, an inherited magnitude or minor unit aside."""
    stored: list[tuple[object, Evidence, tuple[Decimal | None, ...]]] = [
        *((one, one.evidence, (one.value,)) for one in found.amounts),
        *((one, one.evidence, (one.percent, one.points, one.price)) for one in found.price_moves),
        *((one, one.evidence, (one.value, one.value_high)) for one in found.figures),
    ]
    wrong = []
    for fact, evidence, numbers in stored:
        printed = printed_numbers(whole[evidence.start : evidence.stop], language)
        allowed = {number * scale for number in printed for scale in SCALES} | {Decimal(0)}
        if any(number is not None and abs(number) not in allowed for number in numbers):
            wrong.append(fact)
    return wrong


@given(
    MIXED, MIXED, LANGUAGES, st.sampled_from(["", "2025-06-03", "2025-13-45", "gestern", "2025-06-03T09:00:00+02:00"])
)
@example("", "£A", "en", "")
@settings(max_examples=300, deadline=None)
def test_texts_of_mixed_alphabets_never_raise_and_offsets_stay_inside(
    title: str, text: str, language: str, published_at: str
) -> None:
    whole = f"{title}\n{text}"
    for evidence in evidence_of(enrich(title, text, language, published_at)):
        assert 0 <= evidence.start < evidence.stop <= len(whole)
        assert not whole[evidence.start].isspace()
        assert not whole[evidence.stop - 1].isspace()


@given(MIXED, LANGUAGES)
@settings(max_examples=300, deadline=None)
def test_tokens_slice_to_what_they_print_and_leave_out_nothing_but_white_space(text: str, language: str) -> None:
    tokens = read(text, language).tokens
    assert all(text[token.start : token.stop] == token.text for token in tokens)
    between = zip([0, *(token.stop for token in tokens)], [*(token.start for token in tokens), len(text)], strict=True)
    assert not "".join(text[start:stop] for start, stop in between).strip()


@given(MIXED, LANGUAGES)
@settings(max_examples=300, deadline=None)
def test_values_are_printed_in_the_evidence_of_any_text(text: str, language: str) -> None:
    assert not unprinted(enrich("Titel", text, language, "2025-06-03"), f"Titel\n{text}", language)


@given(st.sampled_from(TEXTS), st.floats(0, 1), st.floats(0, 1), LANGUAGES)
@settings(max_examples=200, deadline=None)
def test_values_are_printed_in_the_evidence_of_texts_that_are_cut_anywhere(
    text: Annotated, begin: float, end: float, language: str
) -> None:
    part = parts_of(text, begin, end)
    found = enrich(text.title, part, language, text.published_at)
    assert not unprinted(found, f"{text.title}\n{part}", language)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.id)
def test_values_are_printed_in_the_evidence_of_annotated_texts(text: Annotated) -> None:
    assert not unprinted(text.found(), f"{text.title}\n{text.text}", text.language)


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.id)
def test_names_are_what_stands_in_the_text_at_their_evidence(text: Annotated) -> None:
    whole, found = f"{text.title}\n{text.text}", text.found()
    for source in found.cited_sources:
        assert whole[source.evidence.start : source.evidence.stop] == source.name
    for person in found.people:
        assert whole[person.evidence.start : person.evidence.stop] == person.name
    for identifier in found.identifiers:
        printed = whole[identifier.evidence.start : identifier.evidence.stop]
        assert "".join(letter for letter in printed if letter.isalnum() or letter == ".") == identifier.value


@given(
    st.decimals(min_value="0.1", max_value="40", places=1),
    st.decimals(min_value="1000", max_value="9999", places=2),
    st.sampled_from(
        [
            ("de", "{:,.2f}", ",.", ".,"),
            ("de-CH", "{:,.2f}", ",.", "'."),
            ("en", "{:,.2f}", ",.", ",."),
            ("fr", "{:,.2f}", ",.", "\u202f,"),
        ]
    ),
)
@settings(max_examples=200, deadline=None)
def test_a_move_is_read_back_as_it_was_printed(
    percent: Decimal, level: Decimal, form: tuple[str, str, str, str]
) -> None:
    language, pattern, plain, local = form
    printed = [pattern.format(number).translate(str.maketrans(plain, local)) for number in (percent, level)]
    sentence = {
        "de": "Der Dax stieg am Freitag um {} Prozent auf {} Punkte.",
        "en": "The Dax rose {} percent to {} points on Friday.",
        "fr": "L'indice CAC 40 a gagné vendredi {} % à {} points.",
    }[language[:2]].format(*printed)
    moves = enrich("", sentence, language, "2025-06-06T18:00:00+02:00").price_moves
    assert [(move.percent, move.price) for move in moves] == [(percent, level)]
