"""A certificate of one's own, so that a phone in the house can try the studio.

A browser gives camera and microphone to pages with TLS alone. Nobody vouches for this certificate:
the phone asks once whether to trust it, and whoever started the studio can say so.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Phones refuse certificates that hold for more than 398 days.
_LIFE = dt.timedelta(days=365)
_RENEWED_BEFORE = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two PEM files. The key is readable by its owner alone."""

    certificate: Path
    key: Path


def load_certificate(folder: Path, address: str, now: dt.datetime) -> Certificate:
    """Return the certificate of an address; made where there is none, or it ends soon."""
    kept = Certificate(folder / f"lan-{address}.pem", folder / f"lan-{address}.key")
    if not (kept.key.is_file() and _holds(kept.certificate, now)):
        folder.mkdir(parents=True, exist_ok=True)
        _make(kept, address, now)
    return kept


def _holds(path: Path, now: dt.datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    return certificate.not_valid_after_utc > now + _RENEWED_BEFORE


def _make(to: Certificate, address: str, now: dt.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Candid, at home")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .add_extension(_names_of(address), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_private(to.key, _key_bytes(key))
    to.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def _names_of(address: str) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(
        [x509.IPAddress(ipaddress.ip_address(address)), x509.DNSName("localhost")]
    )


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write_private(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
