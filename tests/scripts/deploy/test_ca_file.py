"""The small file of authorities: those of AWS, by their digests, and a context that trusts them alone."""

import ssl
from pathlib import Path

import botocore
import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy.ca_file import made


def test_the_file_holds_the_authorities_of_aws_and_no_others() -> None:
    """Five, as a TLS context reads them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=made().decode())
    subjects = [dict(part[0] for part in found["subject"]) for found in context.get_ca_certs()]  # type: ignore[misc] # pairs
    starfield = "Starfield Services Root Certificate Authority - G2"
    assert sorted(names["commonName"] for names in subjects) == [
        *(f"Amazon Root CA {n}" for n in range(1, 5)),
        starfield,
    ]


def test_a_bundle_without_one_of_them_is_refused(tmp_path: Path) -> None:
    """Rather than a zip that cannot reach AWS one day."""
    whole = Path(botocore.__file__).with_name("cacert.pem").read_text("utf-8")
    last = made().decode().rpartition("-----BEGIN")[2]
    (tmp_path / "bundle.pem").write_text(whole.replace(last, "", 1), "utf-8")
    with pytest.raises(ConfigurationError, match="lacks Starfield Services Root"):
        made(tmp_path / "bundle.pem")
