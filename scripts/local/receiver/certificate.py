"""Make the certificate of the receiver, and an authority that has signed nothing else.

The package cryptography is in the extra `local`, with the emulator, so this module is imported only when a receiver
starts.
"""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from scripts.aws.ports import HOST

_VALID_FOR: Final = timedelta(days=30)  # longer than any run
_EARLIER: Final = timedelta(hours=1)
_USES: Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


class ReceiverTls(NamedTuple):
    """The context of the server, and in PEM the authority that its clients trust."""

    context: ssl.SSLContext
    authority: str


def make() -> ReceiverTls:
    """Return new ones for the address of this computer. Nobody has their keys after the run."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _signed("authority", authority_key, authority_key, is_authority=True)
    certificate = _signed(
        "receiver",
        key,
        authority_key,
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
        x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]),
    )
    return ReceiverTls(_context(certificate, key), _pem(authority).decode())


def _signed(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    authority_key: ec.EllipticCurvePrivateKey,
    *extensions: x509.ExtensionType,
    is_authority: bool = False,
) -> x509.Certificate:
    """Return a certificate of the authority, with the extensions that Python 3.13 requires (RFC 5280, 4.2.1)."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(_name("authority"), _name(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + _VALID_FOR)
        .add_extension(x509.BasicConstraints(is_authority, 0 if is_authority else None), critical=True)
        .add_extension(_key_usage("key_cert_sign" if is_authority else "digital_signature"), critical=True)
    )
    identifiers: list[x509.ExtensionType] = [
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()),
    ]
    for extension in (*identifiers, *extensions):
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(authority_key, SHA256())


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"alma-webhooks run, {name}")])


def _key_usage(use: str) -> x509.KeyUsage:
    uses: dict[str, Any] = {each: each == use for each in _USES}
    return x509.KeyUsage(**uses)


def _context(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    """Return the server's context. Python reads a key from a file only, which is deleted at once."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with TemporaryDirectory() as folder:  # its mode is 0700
        path = Path(folder) / "receiver.pem"
        path.write_bytes(secret + _pem(certificate))
        context.load_cert_chain(path)
    return context


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
