"""Folders of authorities: OpenSSL finds a certificate by the hash of its name."""

import ssl
from contextlib import suppress
from pathlib import Path

import trustme

from benchmarks.authority_folder import add


def test_an_authority_is_found_by_its_name(tmp_path: Path) -> None:
    """A client that trusts the folder verifies a certificate of the authority, in memory."""
    authority = trustme.CA(organization_name="Invented  Authority Ä")
    add(tmp_path, authority.cert_pem.bytes())
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(serving)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = serving.wrap_bio(to_server, to_client, server_side=True)
    trusting = ssl.create_default_context(capath=str(tmp_path))
    client = trusting.wrap_bio(to_client, to_server, server_hostname="localhost")
    for end in (client, server):
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()
    client.do_handshake()
    assert client.getpeercert()
