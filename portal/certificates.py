"""Certificates for portals over TLS: one that holds, and three that a careful client refuses."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AUTHORITY_FILE = "authority.pem"
KINDS = ("good", "expired", "wrong_host", "self_signed")

_DAY = timedelta(days=1)


def make_certificates(folder: Path, host: str) -> dict[str, ssl.SSLContext]:
    """A server's context per kind; the authority that signed all but the last is in folder/authority.pem.

    `good` holds for `host`, 127.0.0.1 and localhost; `wrong_host` names another host only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    authority_key, own_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _signed(_name("Sample authority"), _name("Sample authority"), authority_key, authority_key, now, ())
    _write(folder / AUTHORITY_FILE, authority)
    mine = (host, "localhost", "127.0.0.1")
    issuer = authority.subject
    made = {
        "good": _signed(_name(host), issuer, own_key, authority_key, now, mine),
        "expired": _signed(_name(host), issuer, own_key, authority_key, now - 400 * _DAY, mine),
        "wrong_host": _signed(_name("other.invalid"), issuer, own_key, authority_key, now, ("other.invalid",)),
        "self_signed": _signed(_name(host), _name(host), own_key, own_key, now, mine),
    }
    return {kind: _context(folder / f"{kind}.pem", made[kind], own_key) for kind in KINDS}


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    start: datetime,
    hosts: tuple[str, ...],
) -> x509.Certificate:
    """A certificate of a year from the day before `start`; without hosts that of an authority."""
    builder = (
        x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(start - _DAY)
        .not_valid_after(start + 365 * _DAY)
        .add_extension(x509.BasicConstraints(ca=not hosts, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_usage(is_authority=not hosts), critical=True)
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_general(h) for h in set(hosts)]), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey | None = None) -> None:
    """The certificate, and its key where one is given, as PEM that only its owner reads."""
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    if key is not None:
        plain = serialization.NoEncryption()
        pem += key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.touch(mode=0o600)
    path.write_bytes(pem)


def _context(path: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    _write(path, certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
