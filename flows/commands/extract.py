"""newstape extract: one page, or JSON Lines of pages, to articles; needs no database."""

import asyncio
import base64
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click

from config.errors import Misconfigured
from config.settings import settings
from config.sources import load_sources
from tasks.model import Article, Page, Precision, Profile, Timestamp
from tasks.outcome import Failure


@click.command()
@click.argument("target", required=False)
@click.option("--jsonl", is_flag=True, help="Read JSON Lines from standard input: id, url, charset, html_b64.")
@click.option("--url", help="Address of a page that is read from a file; decides the portal's time zone.")
@click.option("--explain", is_flag=True, help="Show which layer gave each value, and what the others say.")
@click.option("--json", "as_object", is_flag=True, help="With --explain or --gold: as JSON, not as a table.")
@click.option("--gold", type=click.Path(path_type=Path), help="Score a folder of NAME.html.gz and NAME.json.")
def extract(
    target: str | None, *, jsonl: bool, url: str | None, explain: bool, as_object: bool, gold: Path | None
) -> None:
    """The article on a page as JSON. TARGET is a file or a URL; with --jsonl pages come from standard input.

    One JSON object a page; `error` names the reason where there is no article, and the exit code is then 1.
    --explain shows the layers behind each value, --gold how well a folder of annotated pages is read.
    """
    if sum((jsonl, target is not None, gold is not None)) != 1:
        raise click.UsageError(
            "name a file or a URL, or pass --jsonl and pages on standard input, or --gold and a folder"
        )
    if as_object and not (explain or gold):
        raise click.UsageError("--json goes with --explain or --gold; the article itself is JSON anyway")
    if gold is not None:
        return _gold(gold, as_object=as_object)
    pages = _from_lines() if jsonl else iter([_from_target(str(target), url)])
    failed = False
    for name, page in pages:
        if explain and not as_object and not jsonl and isinstance(page, Page):
            failed = _explained(page) or failed
            continue
        answer = _answer(name, page, explains=explain)
        failed = failed or answer["error"] is not None
        click.echo(json.dumps(answer, ensure_ascii=False, indent=None if jsonl else 2))
    raise click.exceptions.Exit(1 if failed and not jsonl else 0)


def _gold(folder: Path, *, as_object: bool) -> None:
    """Score the folder, as a table or as JSON."""
    from flows.commands import extract_reports

    scores = extract_reports.scored(folder, settings().max_body_bytes)
    if as_object:
        click.echo(json.dumps(extract_reports.gold_json(scores), indent=2))
    else:
        extract_reports.show_gold(scores)


def _explained(page: Page) -> bool:
    """Print why the page was read as it was; whether there is no article on it."""
    from flows.commands.extract_reports import show_explanation
    from tasks.extract.explaining import explain

    outcome = explain(page, profile_for(page.final_url), limit=settings().max_body_bytes)
    if isinstance(outcome, Failure):
        click.echo(f"no article: {outcome.reason.value}\n{outcome.detail}")
        return True
    show_explanation(outcome)
    return False


def _answer(name: str, page: Page | Failure, *, explains: bool = False) -> dict[str, Any]:
    from tasks.extract.article import extract_article

    began = time.process_time()
    outcome = page if isinstance(page, Failure) else extract_article(
        page, profile_for(page.final_url), limit=settings().max_body_bytes
    )  # fmt: skip
    cpu_ms = round((time.process_time() - began) * 1000, 2)
    if isinstance(outcome, Failure):
        return {"id": name, "error": outcome.reason.value, "detail": outcome.detail, "cpu_ms": cpu_ms}
    more = {"explained": _reasons(page)} if explains and isinstance(page, Page) else {}
    return {"id": name, **as_json(outcome), "error": None, "cpu_ms": cpu_ms, **more}


def _reasons(page: Page) -> dict[str, Any] | None:
    """Why the page was read as it was, for machines."""
    from flows.commands.extract_reports import explanation_json
    from tasks.extract.explaining import explain

    outcome = explain(page, profile_for(page.final_url), limit=settings().max_body_bytes)
    return None if isinstance(outcome, Failure) else explanation_json(outcome)


def as_json(article: Article) -> dict[str, Any]:
    """An article with the names and forms that the JSON Lines contract fixes."""
    plain = (
        "title", "kicker", "subtitle", "lead", "text", "language", "agency", "section", "image_url", "image_credit",
        "canonical_url", "paywall", "kind", "word_count",
    )  # fmt: skip
    listed = ("summary", "headings", "authors", "organisations", "tags", "flags", "unfound")
    times = {"published": _time(article.published), "modified": _time(article.modified)}
    said = {name: getattr(article, name) for name in plain} | {name: list(getattr(article, name)) for name in listed}
    return said | times | {"provenance": dict(article.provenance)}


def profile_for(url: str) -> Profile:
    """The profile of the source that the address belongs to; of an unknown portal: English, UTC, named by its host."""
    host = _host(url)
    unknown = Profile(source=host, name=host, language="en", time_zone="UTC")
    return _profiles().get(host, unknown)


@lru_cache(maxsize=1)
def _profiles() -> dict[str, Profile]:
    """The profile of each source by the host of its start page."""
    return {
        _host(str(source.homepage)): Profile(
            source.slug, source.name, source.language, source.time_zone, str(source.homepage), pages=source.page_rules()
        )
        for source in load_sources(settings().sources_dir)
    }


def _host(url: str) -> str:
    return (urlsplit(url).netloc or "").removeprefix("www.")


def _time(stamp: Timestamp | None) -> str | None:
    """ISO 8601 with offset; a bare date where the page gives no time of day."""
    if stamp is None:
        return None
    if stamp.precision is Precision.DAY:
        return stamp.at.astimezone(UTC if stamp.zone == "stated" else ZoneInfo(stamp.zone)).date().isoformat()
    return stamp.at.isoformat()


def _from_lines() -> Iterator[tuple[str, Page]]:
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            body = base64.b64decode(row["html_b64"], validate=True)
            yield str(row["id"]), _page(str(row["url"]), body, row.get("charset"))
        except (ValueError, KeyError, TypeError) as error:
            raise Misconfigured(
                f"Line {number} of standard input is not a page: {type(error).__name__} {error}. "
                'Each line must be a JSON object with "id", "url" and "html_b64" (base64 of the page).'
            ) from error


def _from_target(target: str, url: str | None) -> tuple[str, Page | Failure]:
    if target.startswith(("http://", "https://")):
        return target, asyncio.run(_fetched(target))
    file = Path(target)
    if not file.is_file():
        raise Misconfigured(f"{target} is neither a file nor an http(s) address.")
    return target, page_of_file(file, file.read_bytes(), url)


def page_of_file(file: Path, body: bytes, url: str | None) -> Page:
    """The page in a file, as if it had come from `url` (by default from the file's own address)."""
    return _page(url or file.resolve().as_uri(), body, None)


async def _fetched(url: str) -> Page | Failure:
    from tasks.fetch.client import Client, limits_of
    from tasks.fetch.pages import ACCEPT, page_of

    async with Client(limits_of(settings())) as client:
        answer = await client.get(url, {"Accept": ACCEPT})
    return answer if isinstance(answer, Failure) else page_of(answer)


def _page(url: str, body: bytes, charset: str | None) -> Page:
    return Page(
        url=url,
        final_url=url,
        status=200,
        headers={},
        content_encoding=None,
        charset=charset,
        body=body,
        body_sha256=hashlib.sha256(body).digest(),
        fetched_at=datetime.now(UTC),
        duration_ms=0,
    )
