"""What the forms of flows offer in a dropdown: the sources that were known when the flow was deployed."""

from enum import StrEnum

from config.settings import settings
from config.sources import load_sources

# A new source is offered after the next deployment; the command line knows it at once.
Source = StrEnum("Source", {source.slug: source.slug for source in load_sources(settings().sources_dir)})  # type: ignore[misc]
