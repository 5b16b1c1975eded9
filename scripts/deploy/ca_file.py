"""Make the small file of certificate authorities in ingest's zip: those that AWS endpoints chain to.

In a cold start a full bundle takes twenty times as long to read ("Amazon Trust Services Repository" lists the roots).
"""

import hashlib
import re
import ssl
from pathlib import Path
from typing import Final

import botocore

from scripts.cli.exit_codes import ConfigurationError

NAME: Final = "ingest/ca.pem"

# By SHA-256, because names can be forged.
_ROOTS: Final = {
    "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e": "Amazon Root CA 1",
    "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4": "Amazon Root CA 2",
    "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4": "Amazon Root CA 3",
    "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092": "Amazon Root CA 4",
    "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5": (
        "Starfield Services Root Certificate Authority - G2"
    ),
}


_CERTIFICATE: Final = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def made(bundle: Path | None = None) -> bytes:
    """Return the authorities as PEM, each after its name, from a bundle [botocore's]. Raise ConfigurationError."""
    path = bundle or Path(botocore.__file__).with_name("cacert.pem")
    found = {_digest(certificate): certificate for certificate in _CERTIFICATE.findall(path.read_text("utf-8"))}
    if missing := [name for digest, name in _ROOTS.items() if digest not in found]:
        raise ConfigurationError(f"{path} lacks {', '.join(missing)}, which AWS endpoints chain to.")
    return "".join(f"# {name}\n{found[digest]}\n" for digest, name in _ROOTS.items()).encode()


def _digest(certificate: str) -> str:
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
