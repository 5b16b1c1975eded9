"""Add a certificate authority to a folder in which OpenSSL finds it by the hash of its name."""

import hashlib
from pathlib import Path

from cryptography import x509

_SET, _SEQUENCE, _UTF8 = 0x31, 0x30, 0x0C
_ATTRIBUTE = bytes([0x06, 3, 0x55, 0x04])  # the object identifier 2.5.4, whose last number follows


def add(folder: Path, certificate: bytes) -> None:
    """Write a certificate in PEM to the folder, named as `openssl rehash` names the first of its hash."""
    Path(folder, f"{subject_hash(certificate)}.0").write_bytes(certificate)


def subject_hash(certificate: bytes) -> str:
    """Return what `openssl x509 -subject_hash` prints for a certificate in PEM whose name has attributes of X.520 only.

    It is the beginning of the SHA-1 of the name in a canonical form ("X509_NAME_hash", OpenSSL documentation).
    """
    canonical = b""
    for attribute in x509.load_pem_x509_certificate(certificate).subject:
        kind = _ATTRIBUTE + bytes([int(attribute.oid.dotted_string.removeprefix("2.5.4."))])
        text = b" ".join(str(attribute.value).encode().lower().split())
        canonical += _der(_SET, _der(_SEQUENCE, kind + _der(_UTF8, text)))
    return hashlib.sha1(canonical, usedforsecurity=False).digest()[3::-1].hex()


def _der(tag: int, content: bytes) -> bytes:
    """Return content of at most 127 bytes with its head."""
    return bytes([tag, len(content)]) + content
