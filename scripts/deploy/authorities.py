"""Make the folder of certificate authorities in ingest's zip: those that AWS endpoints chain to.

"Amazon Trust Services Repository" lists them. OpenSSL finds an authority in such a folder by the hash of its name
("openssl-rehash", OpenSSL documentation), so a cold start reads one of five certificates instead of all.
"""

import hashlib
import re
import ssl
from pathlib import Path
from typing import Final

import botocore

from scripts.cli.exit_codes import ConfigurationError

FOLDER: Final = "ingest/authorities"


# By SHA-256, because names can be forged: the name, and the file as `openssl rehash` names it.
_ROOTS: Final = {
    "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e": ("Amazon Root CA 1", "ce5e74ef.0"),
    "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4": ("Amazon Root CA 2", "6d41d539.0"),
    "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4": ("Amazon Root CA 3", "8cb5ee0f.0"),
    "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092": ("Amazon Root CA 4", "de6d66f3.0"),
    "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5": (
        "Starfield Services Root Certificate Authority - G2",
        "09789157.0",
    ),
}


_CERTIFICATE: Final = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def made(bundle: Path | None = None) -> dict[str, bytes]:
    """Return the authorities as PEM by file name, from a bundle [botocore's]. Raise ConfigurationError."""
    path = bundle or Path(botocore.__file__).with_name("cacert.pem")
    found = {_digest(certificate): certificate for certificate in _CERTIFICATE.findall(path.read_text("utf-8"))}
    if missing := [name for digest, (name, _) in _ROOTS.items() if digest not in found]:
        raise ConfigurationError(f"{path} lacks {', '.join(missing)}, which AWS endpoints chain to.")
    return {file: f"# {name}\n{found[digest]}\n".encode() for digest, (name, file) in _ROOTS.items()}


def _digest(certificate: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
