"""newstape dedupe: JSON Lines of articles to stories; needs no database."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

import click

from config.errors import Misconfigured

if TYPE_CHECKING:
    from tasks.dedupe.past import Arrival

# Articles are placed and printed in batches; the size makes no difference to the stories.
_BATCH = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@click.command()
@click.option("--jsonl", is_flag=True, help="Read JSON Lines: id, source, url, published_at, title, text.")
def dedupe(*, jsonl: bool) -> None:
    """The story of each article, as JSON Lines, in the order given, as if the articles arrived so.

    One object a line: id, story (the id of the article that opened it), kind (original, copy, partial or revision),
    of (the id of what it repeats, null for an original) and exact (in the same words). An article without
    published_at counts as published with the one before it.
    """
    if not jsonl:
        raise click.UsageError("pass --jsonl and articles on standard input, one JSON object a line")
    # numpy costs 0.1 s to import; the other commands do without it.
    from tasks.dedupe.past import Past
    from tasks.dedupe.placing import place

    past, arrivals = Past(), _arrivals()
    while batch := list(islice(arrivals, _BATCH)):
        for placed in place(batch, past):
            opened = past.documents[placed.story].arrival.id
            answer = {"id": placed.id, "story": opened, "kind": placed.kind, "of": placed.of, "exact": placed.is_exact}
            click.echo(json.dumps(answer, ensure_ascii=False))


def _arrivals() -> Iterator["Arrival"]:
    at = _EPOCH
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            arrival = _arrival(line, at)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Misconfigured(
                f"Line {number} of standard input is not an article: {type(error).__name__} {error}. Each line must be "
                'a JSON object with "id", "source", "url", "published_at" (ISO 8601 or null), "title" and "text"; '
                "the articles before it were placed."
            ) from error
        at = arrival.at
        yield arrival


def _arrival(line: str, before: datetime) -> "Arrival":
    from tasks.dedupe.past import Arrival
    from tasks.dedupe.sketch import sketch

    row = json.loads(line)
    at = datetime.fromisoformat(row["published_at"]) if row.get("published_at") else before
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return Arrival(
        str(row["id"]), str(row["source"]), str(row["url"]), at, sketch(row["title"] or "", row["text"] or "")
    )
