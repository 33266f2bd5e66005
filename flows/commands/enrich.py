"""newstape enrich: the finance fields of a text, a page, or JSON Lines of articles; needs no database."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import click

from config.errors import Misconfigured
from flows.commands.enrich_reports import show_explained, show_facts
from tasks.fields.datelines import dateline_of
from tasks.outcome import Failure

_LANGUAGE = re.compile(r"(de|en|fr)(-[A-Z]{2})?")
_SHAPE = 'a JSON object with "id", "title", "text", "language" and "published" (ISO 8601, or null)'
_MARKUP = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml|head|body|article|!--)", re.IGNORECASE)


class Text(NamedTuple):
    """What is enriched: an article as a file or a line gives it; `error`: why an extraction before had found none."""

    id: str
    title: str
    text: str
    language: str
    published: str
    zone: str
    error: str = ""


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--jsonl", is_flag=True, help="JSON Lines from FILE or standard input: id, title, text, language, published."
)
@click.option("--explain", is_flag=True, help="Mark the text with what was found, and name the rule of each.")
@click.option("--json", "as_object", is_flag=True, help="As one JSON object, with quotes, offsets and rules.")
@click.option("--language", help="Language of a plain text, or instead of a page's own: de, en, fr, de-CH ...")
@click.option("--published", help="Dateline in ISO 8601, for days and periods; a page says its own.")
@click.option("--zone", default="", help="Time zone of the writer (Europe/Zurich); by default the dateline's offset.")
@click.option("--url", help="Address of a page that is read from a file; decides the portal's time zone.")
def enrich(  # noqa: PLR0913
    file: Path | None,
    *,
    jsonl: bool,
    explain: bool,
    as_object: bool,
    language: str | None,
    published: str | None,
    zone: str,
    url: str | None,
) -> None:
    """Who moved, by how much, who said it. FILE is a plain text (its first line is the title) or an HTML page.

    Without an option the facts as a table. --jsonl reads articles and writes one line of facts for each, in the form
    that annotated texts have; what `newstape extract --jsonl` writes can be piped in. Exit code 1: no article on the
    page.
    """
    _check_zone(zone)
    if jsonl:
        if explain or as_object or language or published or url:
            raise click.UsageError("--jsonl goes with FILE and --zone only: each line says the rest itself")
        return _lines(file, zone)
    if file is None:
        raise click.UsageError("name a file, or pass --jsonl and articles on standard input")
    if explain and as_object:
        raise click.UsageError("--explain marks the text for people, --json is for machines; choose one of them")
    _show(_article(file, language, published, zone, url), explain=explain, as_object=as_object)
    return None


def _show(article: Text, *, explain: bool, as_object: bool) -> None:
    """Print the facts of one article in the form asked for."""
    from tasks.fields.as_json import fields_json
    from tasks.fields.enrich import enrich as find

    found = find(article.title, article.text, article.language, article.published, article.zone)
    whole = f"{article.title}\n{article.text}"
    if as_object:
        answer = {"id": article.id, "fields": fields_json(found, whole)}
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    elif explain:
        show_explained(found, whole)
    else:
        show_facts(found, whole)


def _lines(file: Path | None, zone: str) -> None:
    """One line of facts for each article, written as soon as it is read."""
    from tasks.fields.as_json import judged_json
    from tasks.fields.enrich import enrich as find

    for article in _articles(file, zone):
        if article.error:
            click.echo(json.dumps({"id": article.id, "fields": {}, "error": article.error}))
            continue
        found = find(article.title, article.text, article.language, article.published, article.zone)
        answer = {"id": article.id, "fields": judged_json(found, f"{article.title}\n{article.text}")}
        click.echo(json.dumps(answer, ensure_ascii=False))


def _articles(file: Path | None, zone: str) -> Iterator[Text]:
    name = str(file) if file else "standard input"
    lines = _read(file).split(b"\n") if file else iter(sys.stdin.buffer)
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _of_line(line, f"Line {number} of {name}", zone)


def _of_line(line: bytes, where: str, zone: str) -> Text:
    """The article of one line; Misconfigured says which line is wrong, and why."""
    try:
        row = json.loads(line)
        if row.get("error"):
            return Text(str(row["id"]), "", "", "", "", "", str(row["error"]))
        title, text, language = row["title"], row["text"], _either(row, "language", "lang")
        published = _either(row, "published", "published_at", default="") or ""
        problem = _problem([title, text, language, published])
        number = str(row["id"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Misconfigured(_no_article(where, f"{type(error).__name__} {error}")) from error
    if problem:
        raise Misconfigured(_no_article(where, problem))
    return Text(number, title, text, language, published, zone)


def _problem(told: list[Any]) -> str:
    """What is wrong with title, text, language and dateline; empty where nothing is."""
    if not all(isinstance(value, str) for value in told):
        return "title, text, language and published must be texts"
    published = told[-1]
    return f"published is {published!r}, which is not ISO 8601" if published and not dateline_of(published) else ""


def _no_article(where: str, problem: str) -> str:
    return f"{where} is not an article: {problem}. Nothing behind it was read. Each line must be {_SHAPE}."


def _either(row: dict[str, Any], *names: str, default: str | None = None) -> Any:
    """The value under the first of `names` that the line has; KeyError where it has none and must have one."""
    for name in names:
        if name in row:
            return row[name]
    if default is None:
        raise KeyError(names[0])
    return default


def _article(file: Path, language: str | None, published: str | None, zone: str, url: str | None) -> Text:
    """The article in a file; options say what a plain text can't, and overrule what a page says."""
    if published and dateline_of(published) is None:
        raise click.BadParameter(
            f"{published} is not ISO 8601, as 2025-09-24T12:39:00+02:00 is", param_hint="--published"
        )
    if language and not _LANGUAGE.fullmatch(language):
        raise click.BadParameter(
            f"{language} is not read; there are de, en, fr, also as de-CH", param_hint="--language"
        )
    body = _read(file)
    article = _of_page(file, body, url) if _MARKUP.match(body) else _of_text(file, body, language)
    return article._replace(
        language=language or article.language, published=published or article.published, zone=zone or article.zone
    )


def _of_text(file: Path, body: bytes, language: str | None) -> Text:
    """A plain text: the title in its first line, the text below."""
    if not language:
        raise Misconfigured(f"{file} is a plain text, which does not say its language. Add --language de, en or fr.")
    try:
        title, _, text = body.decode("utf-8-sig").replace("\r\n", "\n").strip().partition("\n")
    except UnicodeDecodeError as error:
        raise Misconfigured(
            f"{file} is not UTF-8 (byte {error.start}), so nothing was read. Save it in that encoding."
        ) from error
    if not title:
        raise Misconfigured(f"{file} is empty. Its first line must be the title, the text stands below it.")
    return Text(str(file), title.strip(), text.strip(), language, "", "")


def _of_page(file: Path, body: bytes, url: str | None) -> Text:
    """The article on a page, with the language and time that the page says."""
    from config.settings import settings
    from flows.commands.extract import as_json, page_of_file, profile_for
    from tasks.extract.article import extract_article

    page = page_of_file(file, body, url)
    profile = profile_for(page.final_url)
    outcome = extract_article(page, profile, limit=settings().max_body_bytes)
    if isinstance(outcome, Failure):
        click.echo(f"{file}: no article on this page: {outcome.reason.value}\n{outcome.detail}", err=True)
        raise click.exceptions.Exit(1)
    said = as_json(outcome)
    return Text(str(file), said["title"], said["text"], said["language"], said["published"] or "", profile.time_zone)


def _read(file: Path) -> bytes:
    """The bytes of a file; Misconfigured where there are none to read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{file} can't be read: {error.strerror}. Name a plain file that you may read.") from error


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone or "UTC")
    except (ValueError, KeyError, OSError) as error:
        raise click.BadParameter(f"{zone} is no time zone, as Europe/Zurich is", param_hint="--zone") from error
