"""The folder of authorities: those of AWS, by their digests."""

import ssl
from pathlib import Path

import botocore
import pytest

from benchmarks.authority_folder import subject_hash
from scripts.cli.exit_codes import ConfigurationError
from scripts.deploy.authorities import made


def test_the_folder_holds_the_authorities_of_aws_and_no_others() -> None:
    """Five, as a TLS context reads them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=b"".join(made().values()).decode())
    subjects = [dict(part[0] for part in found["subject"]) for found in context.get_ca_certs()]  # type: ignore[misc] # pairs
    starfield = "Starfield Services Root Certificate Authority - G2"
    assert sorted(names["commonName"] for names in subjects) == [
        *(f"Amazon Root CA {n}" for n in range(1, 5)),
        starfield,
    ]


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # Starfield's is 0
def test_each_authority_is_found_by_its_name() -> None:
    """OpenSSL would not find one in a file with another name, and ingest would read the list of the system."""
    for file, certificate in made().items():
        assert file == f"{subject_hash(certificate)}.0"


def test_a_bundle_without_one_of_them_is_refused(tmp_path: Path) -> None:
    """Rather than a zip that cannot reach AWS one day."""
    whole = Path(botocore.__file__).with_name("cacert.pem").read_text("utf-8")
    starfield = made()["09789157.0"].decode().partition("\n")[2]
    (tmp_path / "bundle.pem").write_text(whole.replace(starfield, "", 1), "utf-8")
    with pytest.raises(ConfigurationError, match="lacks Starfield Services Root"):
        made(tmp_path / "bundle.pem")
