"""A certificate for TLS servers on loopback."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from benchmarks import authority_folder
from scripts.deploy import authorities


@pytest.fixture
def amazon_authorities(tmp_path: Path) -> Path:
    """The folder of Amazon's authorities that is made for the zip."""
    folder = tmp_path / "authorities"
    folder.mkdir()
    for name, certificate in authorities.made().items():
        Path(folder, name).write_bytes(certificate)
    return folder


@pytest.fixture
def own_authority(tmp_path: Path, certificate: Path) -> Path:
    """A folder with the self-made certificate."""
    folder = tmp_path / "own"
    folder.mkdir()
    authority_folder.add(folder, certificate.read_bytes())
    return folder


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-made certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    made = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("tls") / "loopback.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path
