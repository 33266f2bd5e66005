"""What a run leaves in Prefect's UI: its table of sources, the tag of a degraded run, events at a change of state."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.runtime import flow_run

from flows import artifacts, events
from flows.tolerance import tolerated
from flows.verdict import ARTIFACT, Verdict
from sql.store.run_ends import Turn

Row = Mapping[str, Any]
DEGRADED = "degraded"


async def report(verdict: Verdict, run_id: int) -> None:
    """Show how run `run_id` ended; where Prefect's API is away, the tables of Postgres say the same."""
    announce(verdict.turn, run_id)
    # At every run: an automation waits for it, and is set off where it does not come.
    payload = {"run": run_id, "message": verdict.message}
    events.emit(f"newstape.ingest.{verdict.state}", "newstape.ingest", "ingest", payload)
    await show_sources(verdict.sources, run_id)
    if verdict.state == DEGRADED:
        await tag_degraded()


async def tag_degraded() -> None:
    """Tag the flow run of this process as degraded; its state stays Completed."""
    await tolerated(_tag(DEGRADED), f"The tag {DEGRADED}")


async def show_sources(sources: Sequence[Row], run_id: int) -> None:
    """The table of a run, a row per source; failing ones first."""
    rows = sorted((shown(row) for row in sources), key=lambda row: (not row["failed"], row["source"]))
    if rows:
        about = f"Run {run_id} per source: feeds polled, new entries, what became of them, seconds of its requests"
        await artifacts.table(ARTIFACT, rows, about)


def shown(row: Row) -> dict[str, Any]:
    """A row of news.run_sources as the table has it. Pure."""
    return {
        "source": row["source"],
        "polled": row["feeds_polled"],
        "new": row["entries_new"],
        "loaded": row["loaded"],
        "duplicates": row["duplicates"],
        "skipped": row["skipped"] + row["gone"],
        "failed": row["feeds_failed"] + row["retried"] + row["dead"],
        "seconds": row["request_seconds"],
        "why": _why(row),
    }


def announce(turn: Turn, run_id: int) -> None:
    """Events about sources that failed or came back; none about those that stay as they were."""
    for kind, rows in (("failed", turn.failed), ("recovered", turn.recovered)):
        for row in rows:
            slug = row["slug"]
            payload = {"source": slug, "run": run_id, "message": row.get("message")}
            events.emit(f"newstape.source.{kind}", f"newstape.source.{slug}", row["name"], payload)


def _why(row: Row) -> str:
    """What went wrong, and the command that tells more; "" where nothing did."""
    if row["feeds_failed"]:
        return f"{row['message']} (newstape sources doctor {row['source']})"
    if row["retried"] + row["dead"] + row["skipped"] + row["gone"]:
        return f"newstape entries list --source {row['source']}"
    return ""


async def _tag(tag: str) -> bool:
    """Add a tag to the flow run of this process; False: there is none."""
    if not flow_run.id:
        return False
    async with get_client() as client:
        await client.update_flow_run(UUID(flow_run.id), tags={*flow_run.tags, tag})
    return True
