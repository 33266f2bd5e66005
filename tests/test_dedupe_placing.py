"""Articles to stories: copies, parts, revisions; and what is only made on the same template."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.dedupe.past import Arrival, Kind, Past
from tasks.dedupe.placing import Placement, place
from tasks.dedupe.sketch import sketch

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TITLE = "Feldhof schliesst die Giesserei in Olten"
LEAD = "Der Maschinenbauer Feldhof gibt seine Giesserei in Olten auf, 412 Stellen fallen bis Ende Juni weg."
MORE = "Die Anlage stammt aus dem Jahr 1978 und schrieb zuletzt 9,4 Millionen Franken Verlust, teilte die Firma mit."
REST = (
    "Die Gewerkschaft spricht von Kahlschlag. Sie hatte im Herbst einen Plan vorgelegt, der 6 Millionen sparen sollte."
)
TEXT = f"{LEAD}\n\n{MORE}\n\n{REST}"


def arrival(
    name: str, text: str, *, title: str = TITLE, hours: float = 0, source: str = "kontor", url: str = ""
) -> Arrival:
    return Arrival(
        name, source, url or f"https://{source}.example/{name}", MONDAY + timedelta(hours=hours), sketch(title, text)
    )


def placed(*arrivals: Arrival) -> dict[str, Placement]:
    return {one.id: one for one in place(arrivals, Past())}


def index_report(day: str, level: str, change: str, high: str, low: str, winner: str) -> str:
    return (
        f"Der Leitindex hat am {day} um {change} Prozent auf {level} Punkte zugelegt. Das Tageshoch lag bei {high} "
        f"Zählern, das Tagestief bei {low} Zählern.\n\nAn der Spitze standen die Titel von {winner}. Händler verwiesen "
        "auf die gute Stimmung an den Börsen in Übersee und auf solide Zahlen aus der Industrie."
    )


def test_the_same_words_elsewhere_are_an_exact_copy_whatever_the_title() -> None:
    found = placed(arrival("a", TEXT), arrival("b", TEXT, title="Aus für 412 Stellen", source="bote", hours=1))["b"]
    assert (found.story, found.kind, found.of, found.is_exact) == (0, Kind.COPY, "a", True)


def test_a_copy_with_dateline_credit_and_portal_lines_joins() -> None:
    dressed = (
        f"Diesen Artikel teilen\n\nOLTEN (awp) - {LEAD}\n\nWerbung: Jetzt Konto eröffnen\n\n{MORE}\n\n{REST} mk/ra"
    )
    found = placed(arrival("a", TEXT), arrival("b", dressed, source="bote", hours=1))["b"]
    assert (found.story, found.kind, found.is_exact) == (0, Kind.COPY, False)


def test_a_flash_is_a_part_and_a_copy_of_a_flash_is_one_too() -> None:
    flash = f"{LEAD} {MORE}"
    found = placed(
        arrival("a", TEXT), arrival("b", LEAD, source="bote", hours=1), arrival("c", flash, source="post", hours=2)
    )
    assert {one.story for one in found.values()} == {0}
    assert found["b"].kind is Kind.PARTIAL


def test_the_same_address_with_another_text_is_a_revision_with_its_corrected_numbers() -> None:
    corrected = TEXT.replace("412", "421").replace("9,4", "9,6").replace("1978", "1987")
    url = "https://kontor.example/a"
    found = placed(
        arrival("a", TEXT), arrival("b", corrected, url=url, hours=1), arrival("c", f"{LEAD}\n\n{REST}", hours=2)
    )
    assert (found["b"].story, found["b"].kind, found["b"].of) == (0, Kind.REVISION, "a")
    assert found["c"].story == 0


def test_the_first_text_of_an_article_joins_its_copies_even_behind_its_own_correction() -> None:
    corrected = TEXT.replace("412", "421").replace("9,4", "9,6").replace("1978", "1987")
    url = "https://kontor.example/a"
    found = placed(
        arrival("copy", f"{TEXT} mk/ra", source="bote", hours=1),
        arrival("corrected", corrected, url=url, hours=2),
        arrival("first", TEXT, url=url, hours=0),
    )
    assert [found[name].story for name in ("copy", "corrected", "first")] == [0, 1, 0]
    assert (found["first"].kind, found["first"].of) == (Kind.REVISION, "corrected")


def test_at_the_address_of_a_page_that_changes_daily_stands_another_article() -> None:
    other = (
        "Die Nationalbank lässt den Leitzins unverändert und rechnet für das Jahr mit tieferer Teuerung als im Herbst."
    )
    found = placed(arrival("a", TEXT), arrival("b", other, title="Leitzins", url="https://kontor.example/a", hours=30))
    assert (found["b"].story, found["b"].kind) == (1, Kind.ORIGINAL)


def test_todays_report_on_the_template_of_yesterday_is_a_story_of_its_own() -> None:
    one = index_report("Montag", "12.341,17", "0,43", "12.388,20", "12.290,11", "Arvento")
    other = index_report("Dienstag", "12.402,90", "0,51", "12.431,75", "12.335,08", "Optana")
    found = placed(
        arrival("a", one, title="Leitindex schliesst fester"),
        arrival("b", other, title="Leitindex schliesst fester", hours=4),
    )
    assert found["b"].kind is Kind.ORIGINAL


def test_a_retitled_copy_does_not_let_editions_into_one_story() -> None:
    one = index_report("Montag", "12.341,17", "0,43", "12.388,20", "12.290,11", "Arvento")
    other = index_report("Dienstag", "12.402,90", "0,51", "12.431,75", "12.335,08", "Optana")
    found = placed(
        arrival("a", one, title="Leitindex schliesst fester"),
        arrival("b", one, title="Börse: Was heute wichtig war", source="bote", hours=1),
        arrival("c", other, title="Börse: Was heute wichtig war", hours=24),
    )
    assert [found[name].story for name in "abc"] == [0, 0, 2]


def test_titles_that_differ_in_the_date_alone_are_editions() -> None:
    frame = "Guten Morgen. Hier ist, was Sie vor dem ersten Kaffee wissen sollten, gesammelt von unseren Leuten."
    found = placed(
        arrival("a", frame, title="Notizen vom 2. März"),
        arrival("b", f"{frame} Bis morgen.", title="Notizen vom 3. März", hours=5),
    )
    assert found["b"].kind is Kind.ORIGINAL


def test_an_appointment_of_somebody_else_is_another_story() -> None:
    frame = (
        "{0} rückt in die Geschäftsleitung auf. Der Verwaltungsrat dankt dem bisherigen Leiter für seine Arbeit "
        "und wünscht ihm für die Zukunft alles Gute. Zu den Gründen des Wechsels machte das Unternehmen keine Angaben."
    )
    one, other = "Arvento Holding Zug", "Optana Gruppe Wil"
    found = placed(
        arrival("a", frame.format(one), title=f"{one} regelt die Nachfolge neu"),
        arrival("b", frame.format(other), title=f"{other} regelt die Nachfolge neu", hours=1),
    )
    assert found["b"].kind is Kind.ORIGINAL


def test_letters_with_other_questions_in_the_same_frame_stay_apart() -> None:
    frame = (
        "Jede Woche beantwortet unser Berater Fragen aus der Leserschaft. Die Auswahl trifft die Redaktion.\n\n{}\n\n"
        "Haben Sie eine Frage? Schildern Sie uns Ihre Lage in wenigen Sätzen. Wir behandeln alles vertraulich und "
        "können nicht auf jede Zuschrift eingehen. Unser Berater arbeitet seit langem in der Finanzplanung."
    )
    one = (
        "Darf ich die dritte Säule früher beziehen? Ja, wer ein Heim kauft oder auswandert, darf das Guthaben abheben."
    )
    other = (
        "Wie versteuere ich Dividenden aus Amerika? Sie fordern einen Teil zurück und verrechnen den Rest per Formular."
    )
    found = placed(
        arrival("a", frame.format(one), title="Leserfragen"),
        arrival("b", frame.format(other), title="Leserfragen", hours=6),
    )
    assert found["b"].kind is Kind.ORIGINAL


def test_a_list_that_moves_on_by_one_entry_is_another_edition() -> None:
    doings = ("hält die Generalversammlung in Olten ab", "legt den Bericht vor", "lädt zum Tag der Anleger nach Bern")
    entries = [f"{name} {doing}" for name in ("Arvento", "Optana", "Rotbach", "Tellus") for doing in doings]
    lists = ["Was in den nächsten Tagen ansteht:\n\n" + "\n".join(entries[at : at + 9]) for at in range(3)]
    found = place([arrival(str(at), text, title="Agenda", hours=24 * at) for at, text in enumerate(lists)], Past())
    assert [one.kind for one in found] == [Kind.ORIGINAL] * 3


def test_a_digest_joins_none_of_its_items_and_attracts_none() -> None:
    other = (
        "Die Stadt Chur verkauft ihre Anteile am Kraftwerk für 88 Millionen Franken an einen Fonds aus Kanada. Das "
        "Parlament muss dem Geschäft im Mai zustimmen.\n\nIm Stadtrat war der Schritt lange umstritten."
    )
    digest = f"{TITLE}\n{LEAD} {MORE}\n\nChur verkauft Kraftwerk\n{other.splitlines()[0]}"
    found = placed(
        arrival("a", TEXT), arrival("b", other, title="Chur verkauft Kraftwerk"),
        arrival("c", digest, title="Wirtschaft am Abend", hours=2), arrival("d", LEAD, source="bote", hours=3),
    )  # fmt: skip
    assert found["c"].kind is Kind.ORIGINAL
    assert found["d"].story == 0


def test_a_late_arrival_that_was_published_first_becomes_the_original() -> None:
    found = placed(
        arrival("a", TEXT, hours=3),
        arrival("b", f"{TEXT} mk/ra", source="agentur", hours=0),
        arrival("c", TEXT, source="bote", hours=4),
    )
    assert (found["b"].kind, found["b"].story, found["b"].displaces) == (Kind.ORIGINAL, 0, "a")
    assert found["c"].of == "b"


def test_copies_are_looked_for_within_a_week() -> None:
    found = placed(arrival("a", TEXT), arrival("b", f"{TEXT} mk/ra", source="bote", hours=24 * 8))
    assert found["b"].kind is Kind.ORIGINAL


SHAPES = st.sampled_from(["text", "flash", "dressed", "report", "other report", "title"])


def shaped(at: int, shape: str) -> Arrival:
    report = index_report("Montag", "12.341,17", "0,43", "12.388,20", "12.290,11", "Arvento")
    texts = {
        "text": TEXT, "flash": LEAD, "dressed": f"OLTEN (awp) - {TEXT} mk/ra", "report": report,
        "other report": report.replace("12.", "11.").replace("Montag", "Freitag").replace("0,43", "1,20"),
        "title": TEXT,
    }  # fmt: skip
    title = {"report": "Börse", "other report": "Börse", "title": "Aus für 412 Stellen"}.get(shape, TITLE)
    return arrival(str(at), texts[shape], title=title, hours=at)


@settings(deadline=None, max_examples=60)
@given(st.lists(SHAPES, max_size=12), st.lists(st.integers(1, 12), max_size=3))
def test_the_borders_of_batches_make_no_difference(shapes: list[str], cuts: list[int]) -> None:
    arrivals = [shaped(at, shape) for at, shape in enumerate(shapes)]
    past = Past()
    borders = sorted({0, len(arrivals), *(cut for cut in cuts if cut < len(arrivals))})
    in_batches = [one for start, stop in pairwise(borders) for one in place(arrivals[start:stop], past)]
    assert in_batches == place(arrivals, Past())


@settings(deadline=None, max_examples=60)
@given(st.permutations(["text", "flash", "dressed", "report", "other report", "title"]))
def test_every_article_is_placed_once_and_stories_do_not_depend_on_the_order(shapes: list[str]) -> None:
    found = place([shaped(at, shape) for at, shape in enumerate(shapes)], Past())
    story = {shape: one.story for shape, one in zip(shapes, found, strict=True)}
    assert [one.number for one in found] == list(range(len(shapes)))
    assert len({story[shape] for shape in ("text", "flash", "dressed", "title")}) == 1
    assert story["report"] != story["other report"]
