"""How a run ended: its state and the sentence that says what happened."""

from flows.run import Frame
from sql import connect
from sql.store import runs


def verdict(frame: Frame, polled_counts: dict[str, int]) -> tuple[str, str]:
    """State and message of a run that came to its end: completed, degraded (some sources failed) or failed (most)."""
    with connect.engine().connect() as conn:
        sources = runs.source_counts(conn, frame.run.id)
    polled = [row for row in sources if row["feeds_polled"]]
    failing = [row["source"] for row in polled if row["feeds_failed"]]
    done = (
        f"{len(polled)} sources polled, {polled_counts.get('new', 0)} new entries, "
        f"{sum(row['loaded'] for row in sources)} loaded, {sum(row['duplicates'] for row in sources)} duplicates"
    )
    trouble = {name: sum(row[name] for row in sources) for name in ("skipped", "gone", "retried", "dead")}
    done += "".join(f", {count} {name}" for name, count in trouble.items() if count)
    if not failing:
        return "completed", done
    named = f"{len(failing)} of {len(polled)} sources failed: {', '.join(failing)}; {done}"
    named += f"; why: newstape sources show {failing[0]}"
    return ("failed" if 2 * len(failing) > len(polled) else "degraded"), named
