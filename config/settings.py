"""Settings from the environment (NEWSTAPE_*): the only file that reads it.

A field's docstring is its manual; docs/settings.md is generated from here.
"""

from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import platformdirs
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.durations import Duration
from config.errors import Misconfigured


class Settings(BaseSettings):
    """Every knob of Newstape, frozen; an unset variable keeps the default below."""

    model_config = SettingsConfigDict(env_prefix="NEWSTAPE_", frozen=True, use_attribute_docstrings=True)

    home: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("newstape", appauthor=False)))
    """Folder that holds everything we write: the embedded Postgres, Prefect's own files, logs."""

    database_url: str | None = None
    """URL of a Postgres 15 to 18, as postgresql://user:password@host:port/name.

    Unset: the embedded Postgres under NEWSTAPE_HOME."""

    database_name: str = Field(default="newstape", pattern=r"^[a-z_][a-z0-9_]{0,62}$")
    """Database inside the embedded Postgres; the demo uses newstape_demo."""

    sources_dir: Path | None = None
    """Folder with your own source files (*.yaml), instead of the shipped ones."""

    contact: str | None = None
    """Mail address or web page that the user agent names, so that a portal can reach you.

    Set it before you poll real portals."""

    allow_private_addresses: bool = False
    """Whether portals on loopback and private networks may be asked. For the demo, tests and in-house portals only."""

    poll_interval: Duration = Field(default=timedelta(minutes=15), ge=timedelta(seconds=1))
    """Time between two polls of a feed that names none itself, while it brings news."""

    slowest_poll: Duration = Field(default=timedelta(hours=1), ge=timedelta(seconds=1))
    """Longest time between two polls of a feed that brings nothing or asks for patience, unless its source says it."""

    full_poll: Duration = Field(default=timedelta(hours=24), ge=timedelta(minutes=1))
    """How often a feed is asked without validators: some servers answer 304 although there is news."""

    look_back: Duration = Field(default=timedelta(days=2), ge=timedelta(hours=1))
    """How old an article in a sitemap may be to be taken by the live ingest; older ones are for a backfill."""

    recheck_after: Duration = Field(default=timedelta(days=1), ge=timedelta(0))
    """When a loaded article is asked again, once, for corrections and removal (a conditional GET); 0s: never.

    A changed title in a feed or a later change in a sitemap makes it be asked again in any case."""

    host_delay: Duration = Field(default=timedelta(seconds=1), ge=timedelta(0))
    """Time between the starts of two requests to one host, unless the source names its own."""

    fetch_timeout: Duration = Field(default=timedelta(seconds=30), ge=timedelta(seconds=1))
    """Total time that one request may take, from connecting to the last byte."""

    min_rate: int = Field(default=500, ge=0)
    """Least bytes a second that a body must come with after its first ten seconds; 0: any."""

    proxy_url: str | None = Field(default=None, pattern=r"^https?://[^\s]+$")
    """HTTP proxy for all requests to portals, as http://user:password@host:port. Unset: none.

    The proxy looks names up and connects, so it must keep private addresses out; see docs/operators.md."""

    ca_file: Path | None = None
    """File with certificate authorities in PEM to trust besides the system's, for a proxy that opens TLS."""

    max_body_mb: int = Field(default=20, ge=1, le=1024)
    """Largest body that is taken, in MiB, as received and again once inflated (a feed or page above it is refused)."""

    max_hosts: int = Field(default=32, ge=1, le=1000)
    """How many hosts are asked at the same time."""

    batch_size: int = Field(default=200, ge=1, le=5000)
    """Entries that travel together from the frontier to the tape."""

    batch_seconds: float = Field(default=10.0, gt=0)
    """A batch is closed after this many seconds even when it is not full."""

    max_attempts: int = Field(default=6, ge=1, le=100)
    """Requests per entry before it is given up as dead."""

    extract_processes: int = Field(default=2, ge=1, le=256)
    """Processes that extract pages; one per core is best."""

    extract_timeout: Duration = Field(default=timedelta(seconds=20), ge=timedelta(seconds=1))
    """Time that one page may take to extract before its process is ended and the page is booked as hung."""

    keep_pages: Duration = Field(default=timedelta(days=400), ge=timedelta(days=1))
    """How long a page stays in the archive, from which `reprocess` reads again; then whole months go.

    Articles stay, of the pages what the rights ledger says."""

    keep_fetch_events: Duration = Field(default=timedelta(days=180), ge=timedelta(days=3))
    """How long every single request stays on record (`newstape why`); then whole months go.

    The totals stay: `news.runs`, `news.run_sources` and the days of each source."""

    keep_changes: Duration = Field(default=timedelta(days=400), ge=timedelta(days=1))
    """How long the values that a reprocess replaced are kept."""

    keep_sketches: Duration = Field(default=timedelta(days=28), ge=timedelta(days=8))
    """How long the sketches of texts are kept by which copies are recognised; then whole weeks go.

    Copies are looked for among what was published within the last 7 days; a backfill needs them longer."""

    keep_prefect_runs: Duration = Field(default=timedelta(days=30), ge=timedelta(hours=2))
    """How long Prefect keeps flow runs that ended, with their logs; `news.runs` keeps every run for good.

    Prefect's own PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD goes before it."""

    keep_prefect_events: Duration = Field(default=timedelta(days=3), ge=timedelta(hours=1))
    """How long Prefect keeps events, those of ours included.

    Prefect's own PREFECT_SERVER_EVENTS_RETENTION_PERIOD goes before it."""

    log_level: str = Field(default="INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")
    """Least level that is logged: DEBUG, INFO, WARNING or ERROR."""

    @property
    def max_body_bytes(self) -> int:
        """The body limit in bytes."""
        return self.max_body_mb * 1024 * 1024

    @property
    def user_agent(self) -> str:
        """The honest name we give to portals (RFC 9110, 10.1.5)."""
        return f"Newstape/0.1 (+{self.contact})" if self.contact else "Newstape/0.1"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once; Misconfigured names every bad variable at once."""
    try:
        return Settings()
    except ValidationError as error:
        problems = "\n".join(
            f"  NEWSTAPE_{'_'.join(map(str, e['loc'])).upper()}: {e['msg']} (is: {e['input']!r})"
            for e in error.errors()
        )
        raise Misconfigured(f"These settings can't be used:\n{problems}") from error
