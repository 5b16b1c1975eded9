"""Create a certificate authority and a server certificate for one run.

RSA with 2048 bits, as AWS' endpoints in most regions have, so that a handshake costs what it costs there.
"""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

_BITS: Final = 2048
_NAMES: Final = (x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
_SIGNS_CERTIFICATES: Final = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


class Certificates(NamedTuple):
    """The authority as PEM, and the file with key and certificate of the server."""

    authority: str
    server: Path


def make(folder: Path) -> Certificates:
    """Create both for `localhost` and 127.0.0.1, and write key and certificate of the server into the folder."""
    ca_key, key = (rsa.generate_private_key(public_exponent=65537, key_size=_BITS) for _ in range(2))
    ca_name = _name("alma-webhooks benchmark authority")
    authority = _signed(ca_name, ca_key.public_key(), ca_name, ca_key, is_authority=True)
    certificate = _signed(_name("localhost"), key.public_key(), ca_name, ca_key, is_authority=False)
    server = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    server.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    server.chmod(0o600)
    return Certificates(authority.public_bytes(serialization.Encoding.PEM).decode(), server)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _signed(
    name: x509.Name, public_key: rsa.RSAPublicKey, ca_name: x509.Name, ca_key: rsa.RSAPrivateKey, *, is_authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(ca_name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
    )
    if is_authority:
        builder = builder.add_extension(_SIGNS_CERTIFICATES, critical=True)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName(_NAMES), critical=False)
    return builder.sign(ca_key, hashes.SHA256())
