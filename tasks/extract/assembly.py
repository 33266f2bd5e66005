"""The values of the layers put together: what stands around the text goes, lead and bullets come first."""

from typing import Any, NamedTuple

from tasks.extract.agencies import Credits, agency_of, find_agency
from tasks.extract.authors import Authors, find_authors
from tasks.extract.body import Body, Frame, keep_body
from tasks.extract.captions import find_captions, find_image_credit
from tasks.extract.flags import Lead, Text, find_flags
from tasks.extract.kinds import Look, find_kind
from tasks.extract.labels import (
    find_canonical,
    find_image,
    find_language,
    find_paywall,
    find_section,
    find_tags,
)
from tasks.extract.missing_lead import Described, find_described, find_missing, lacks
from tasks.extract.opening import Opening
from tasks.extract.organisations import find_organisations
from tasks.extract.page import Said, Statements, declares_article, squeezed
from tasks.extract.profiled import LAYER, profiled
from tasks.extract.rights import find_rights
from tasks.extract.subtitles import find_subtitle
from tasks.extract.times import Times, find_times
from tasks.extract.titles import find_kicker, find_title, title_spellings
from tasks.model import Article

_CLOSING_LINES = 6
_BY = ("von ", "by ", "par ", "text: ", "autor: ", "autorin: ")
_AND = (" und ", " and ", " et ")
# A credit stands in one of the last paragraphs.
_CLOSING_CREDITS = 2
_MAX_BYLINE_CHARACTERS = 120


class Written(NamedTuple):
    """The paragraphs of the text, its lead with the layer, and what came of the search for the lead."""

    paragraphs: list[str]
    lead: Said | None
    state: Lead


class Head(NamedTuple):
    """What is read from the page before it is pruned; `values` are the fields that need no further look."""

    title: Said
    spellings: list[str]
    kicker: Said | None
    authors: Authors
    times: Times
    captions: frozenset[str]
    values: dict[str, Said]
    tags: tuple[tuple[str, ...], str]
    paywall: tuple[bool | None, str]
    described: Described


def read_head(page: Statements) -> Head | None:
    """Everything but the text; None where the page has no title."""
    kicker = profiled(page.told.kicker) or find_kicker(page)
    title = profiled(page.told.title) or find_title(page, kicker.value if kicker else None)
    if title is None:
        return None
    said = {
        "section": find_section(page),
        "canonical_url": find_canonical(page),
        "image_url": find_image(page),
        "image_credit": find_image_credit(page),
    }
    values = {name: value for name, value in said.items() if value} | find_rights(page)
    captions = frozenset(map(squeezed, find_captions(page)))
    return Head(
        title,
        title_spellings(page),
        kicker,
        find_authors(page),
        find_times(page),
        captions,
        values,
        find_tags(page),
        (True, LAYER) if page.told.is_paid else find_paywall(page),
        find_described(page),
    )


def assemble(page: Statements, head: Head, opening: Opening, body: Body) -> Article | None:
    """The article; None where there is no text and nothing says that the page is one."""
    head = _signed(page, head, [*body.paragraphs[-_CLOSING_LINES:], *body.behind])
    closing = (*body.paragraphs[-_CLOSING_CREDITS:], *body.behind)
    organisations = find_organisations(head.authors)
    credits_ = Credits((*head.authors.credits, *organisations[0]), head.authors.organisations, closing)
    agency = find_agency(page, credits_, body.paragraphs)
    head = _without_agency(head, agency)
    written = _written(page, head, opening, keep_body(body, _frame(head, opening, agency)))
    if not written.paragraphs and not declares_article(page):
        return None
    text = "\n\n".join(written.paragraphs)
    values = _values(page, head, written, opening, agency)
    return Article(
        text=text,
        summary=opening.summary,
        headings=_numbers(written.paragraphs, body.headings, opening),
        authors=head.authors.names,
        organisations=organisations[0],
        published=head.times.published,
        modified=head.times.modified,
        tags=head.tags[0],
        paywall=head.paywall[0],
        flags=_flags(head, opening, body, written, values["kind"].value),
        word_count=len(text.split()),
        unfound=page.told.unfound,
        provenance=_provenance(page, head, opening, values, organisations) | ({"text": body.layer} if text else {}),
        **_columns(values),
    )


def _columns(values: dict[str, Said]) -> dict[str, Any]:
    """The values alone; Any, because a type checker would hold them for every other field of an article, too."""
    return {name: said.value for name, said in values.items()}


def _written(page: Statements, head: Head, opening: Opening, body: list[str]) -> Written:
    """The body with its opening; where it lacks the lead and the page has it elsewhere, that in front."""
    paragraphs = _with_opening(opening, body)
    told = profiled(page.told.lead)
    missing = find_missing(page, paragraphs, head.described) if told is None else None
    if missing is None:
        lead = told or (Said(opening.lead, "dom") if opening.lead else None)
        has_lead = lead is not None or bool(opening.summary)
        return Written(paragraphs, lead, Lead(not has_lead and lacks(paragraphs, head.described), is_repaired=False))
    return Written([missing.value, *paragraphs], missing, Lead(is_missing=False, is_repaired=True))


def _values(page: Statements, head: Head, written: Written, opening: Opening, agency: Said | None) -> dict[str, Said]:
    """The fields that are one string, with their layers; those without a value are left out."""
    section = head.values.get("section")
    kicker = head.kicker.value if head.kicker else None
    look = Look(
        head.title.value,
        kicker,
        section.value if section else None,
        agency.value if agency else None,
        written.paragraphs,
        sum(len(text.split()) for text in written.paragraphs),
    )
    taken = [head.title.value, kicker or "", written.lead.value if written.lead else "", *opening.summary]
    said = {
        "kicker": head.kicker,
        "subtitle": profiled(page.told.subtitle) or find_subtitle(page, taken),
        "lead": written.lead,
        "agency": agency,
        "title": head.title,
        "language": find_language(page, " ".join([head.title.value, *written.paragraphs])),
        "kind": find_kind(page, look),
    }
    return head.values | {name: value for name, value in said.items() if value}


def _numbers(paragraphs: list[str], headings: frozenset[str], opening: Opening) -> tuple[int, ...]:
    """Which paragraphs are section headings, from 1; a lead that is set as a heading is none."""
    return tuple(number for number, text in enumerate(paragraphs, 1) if text in headings and text not in opening.lines)


def _flags(head: Head, opening: Opening, body: Body, written: Written, kind: str) -> tuple[str, ...]:
    printed = [*body.paragraphs, *body.behind]
    text = Text(written.paragraphs, body.headings, opening.summary, printed, body.layer, kind)
    return find_flags(text, written.state, head.times.published, is_paid=head.paywall[0])


def _signed(page: Statements, head: Head, closing: list[str]) -> Head:
    """The head, completed by what a plain page prints below its text: signature and picture credit."""
    if not head.authors.has_person:
        head = head._replace(authors=find_authors(page, closing))
    if "image_credit" not in head.values and (credit := find_image_credit(page, closing)):
        head = head._replace(values=head.values | {"image_credit": credit})
    return head


def _without_agency(head: Head, agency: Said | None) -> Head:
    """The head without agencies beside persons among its authors: they have a field of their own."""
    if not head.authors.has_person:
        return head
    key = squeezed(agency.value) if agency else ""
    names = tuple(name for name in head.authors.names if squeezed(name) != key and agency_of(name) is None)
    return head._replace(authors=head.authors._replace(names=names))


def _frame(head: Head, opening: Opening, agency: Said | None) -> Frame:
    """Keys of the lines that are printed around the text."""
    titles = [head.title.value, *head.spellings]
    if head.kicker:
        titles += [head.kicker.value, f"{head.kicker.value} {head.title.value}"]
    names = head.authors.names
    joined = [word.join([", ".join(names[:-1]), names[-1]]) for word in _AND if len(names) > 1]
    bylines = [f"{by}{name}" for name in (*names, "".join(names), *joined) for by in ("", *_BY)]
    bylines += [text for text in head.authors.credits if len(text) <= _MAX_BYLINE_CHARACTERS]
    credit = [head.values["image_credit"].value] if "image_credit" in head.values else []
    captions = head.captions | frozenset(map(squeezed, credit))
    titles_, bylines_, opening_ = (frozenset(map(squeezed, texts)) for texts in (titles, bylines, opening.lines))
    return Frame(titles_, names, bylines_, captions, opening_, agency.value if agency else None)


def _with_opening(opening: Opening, body: list[str]) -> list[str]:
    """The body, with lead and bullets in front in the page's order where it lacks one of them."""
    keys = [squeezed(text) for text in body]
    whole = "".join(keys)
    if all(squeezed(line) in whole for line in opening.lines):
        return body
    front = [line for line in opening.lines if squeezed(line) in keys or squeezed(line) not in whole]
    moved = {squeezed(line) for line in front}
    return front + [text for text, key in zip(body, keys, strict=True) if key not in moved]


def _provenance(
    page: Statements, head: Head, opening: Opening, values: dict[str, Said], organisations: tuple[tuple[str, ...], str]
) -> dict[str, str]:
    """Layer by field, for the fields that have a value."""
    layers = {name: said.layer for name, said in values.items()}
    if opening.summary:
        layers["summary"] = "dom"
    layers |= {name: stamp.origin.split(".")[0] for name, stamp in head.times._asdict().items() if stamp}
    if head.authors.names:
        layers["authors"] = head.authors.layer
    for name, (value, layer) in (("tags", head.tags), ("paywall", head.paywall), ("organisations", organisations)):
        if value or value is False:
            layers[name] = layer
    if page.article_layer == "jsonld":
        return layers
    # The modules that choose call every structured article by the layer that nearly all are of.
    return {name: page.article_layer if layer == "jsonld" else layer for name, layer in layers.items()}
