"""The values of the layers put together: what stands around the text goes, lead and bullets come first."""

import re
from typing import NamedTuple

from tasks.extract.agencies import Credits, agency_of, find_agency
from tasks.extract.authors import Authors, find_authors
from tasks.extract.body import Body, Frame, keep_body
from tasks.extract.labels import (
    find_canonical,
    find_image,
    find_image_credit,
    find_language,
    find_paywall,
    find_section,
    find_tags,
)
from tasks.extract.opening import Opening
from tasks.extract.page import Said, Statements, declares_article, squeezed
from tasks.extract.rights import find_rights
from tasks.extract.times import Times, find_times
from tasks.extract.titles import find_kicker, find_title, title_spellings
from tasks.extract.tree import captions_of
from tasks.model import Article

# A flash is a title with a sentence or two; agencies keep a sentence below this number of words.
_FLASH_WORDS = 40
_FLASH_SENTENCES = 2
# Four letters in front of the full stop: "740 Mio. Euro" is no border.
_SENTENCE_BORDER = re.compile(r"(?<=\w{4})[.!?][\"”“»]?\s+(?=[A-ZÄÖÜÀ-Ý])")
_CLOSING_LINES = 6
_BY = ("von ", "by ", "par ", "text: ", "autor: ", "autorin: ")
_AND = (" und ", " and ", " et ")
# A credit stands in one of the last paragraphs.
_CLOSING_CREDITS = 2
_MAX_BYLINE_CHARACTERS = 120


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


def read_head(page: Statements) -> Head | None:
    """Everything but the text; None where the page has no title."""
    kicker = find_kicker(page)
    title = find_title(page, kicker.value if kicker else None)
    if title is None:
        return None
    said = {
        "section": find_section(page),
        "canonical_url": find_canonical(page),
        "image_url": find_image(page),
        "image_credit": find_image_credit(page),
    }
    values = {name: value for name, value in said.items() if value} | find_rights(page)
    captions = frozenset(map(squeezed, captions_of(page.root)))
    return Head(
        title,
        title_spellings(page),
        kicker,
        find_authors(page),
        find_times(page),
        captions,
        values,
        find_tags(page),
        find_paywall(page),
    )


def assemble(page: Statements, head: Head, opening: Opening, body: Body) -> Article | None:
    """The article; None where there is no text and nothing says that the page is one."""
    head = _signed(page, head, [*body.paragraphs[-_CLOSING_LINES:], *body.behind])
    closing = (*body.paragraphs[-_CLOSING_CREDITS:], *body.behind)
    credits_ = Credits(head.authors.credits, head.authors.organisations, closing)
    agency = find_agency(page, credits_, body.paragraphs)
    head = _without_agency(head, agency)
    paragraphs = _with_opening(opening, keep_body(body, _frame(head, opening, agency)))
    if not paragraphs and not declares_article(page):
        return None
    text = "\n\n".join(paragraphs)
    language = find_language(page, f"{head.title.value} {text}")
    values = head.values | {"title": head.title, "language": language}
    values |= {name: said for name, said in (("kicker", head.kicker), ("agency", agency)) if said}
    return Article(
        text=text,
        summary=opening.summary,
        lead=opening.lead,
        authors=head.authors.names,
        published=head.times.published,
        modified=head.times.modified,
        tags=head.tags[0],
        paywall=head.paywall[0],
        kind=_kind(paragraphs),
        word_count=len(text.split()),
        provenance=_provenance(head, opening, values) | ({"text": body.layer} if text else {}),
        **{name: said.value for name, said in values.items()},
    )


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


def _kind(paragraphs: list[str]) -> str:
    words = sum(len(text.split()) for text in paragraphs)
    borders = sum(len(_SENTENCE_BORDER.findall(text)) for text in paragraphs)
    is_flash = len(paragraphs) <= 1 and words <= _FLASH_WORDS and borders < _FLASH_SENTENCES
    return "flash" if is_flash else "article"


def _provenance(head: Head, opening: Opening, values: dict[str, Said]) -> dict[str, str]:
    """Layer by field, for the fields that have a value."""
    layers = {name: said.layer for name, said in values.items()}
    layers |= {name: "dom" for name in ("lead", "summary") if getattr(opening, name)}
    layers |= {name: stamp.origin.split(".")[0] for name, stamp in head.times._asdict().items() if stamp}
    if head.authors.names:
        layers["authors"] = head.authors.layer
    for name, (value, layer) in (("tags", head.tags), ("paywall", head.paywall)):
        if value or value is False:
            layers[name] = layer
    return layers
