"""What one request may cost, where it may go, and whom it trusts."""

import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from config.errors import Misconfigured
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for every request of a client.

    After `grace` a body must have come with `min_rate` bytes a second on average (0: any). `proxy` is the URL of an
    HTTP proxy, its credentials included; `ca_file` names authorities in PEM that are trusted besides the system's.
    """

    timeout: timedelta
    max_bytes: int
    user_agent: str
    allow_private: bool = False
    min_rate: int = 0
    grace: timedelta = timedelta(seconds=10)
    proxy: str | None = field(default=None, repr=False)
    ca_file: Path | None = None


def limits_of(using: Settings) -> Limits:
    """The limits that the settings name."""
    return Limits(
        using.fetch_timeout,
        using.max_body_bytes,
        using.user_agent,
        using.allow_private_addresses,
        min_rate=using.min_rate,
        proxy=using.proxy_url,
        ca_file=using.ca_file,
    )


def trusted(ca_file: Path) -> ssl.SSLContext:
    """The client's side of TLS that trusts the system's authorities and those in `ca_file`; Misconfigured: it can't."""
    remedy = "Nothing was asked. NEWSTAPE_CA_FILE must name a file with certificates in PEM."
    context, alone = ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(ca_file)
        alone.load_verify_locations(ca_file)
    except ssl.SSLError as error:
        raise Misconfigured(f"{ca_file} holds no certificate ({error.reason}). {remedy}") from error
    except OSError as error:
        raise Misconfigured(f"{ca_file} can't be read ({error.strerror}). {remedy}") from error
    if not alone.cert_store_stats()["x509"]:
        raise Misconfigured(f"{ca_file} holds no certificate. {remedy}")
    return context
