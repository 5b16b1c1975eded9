"""AWS in process for the tests of examples/export-transform, and an SFTP server on this computer."""

from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest
from local_run.sftp_server import LocalSftpServer

from tests.processor.conftest import aws

__all__ = ["aws"]

USER, PASSWORD = "invented-user", "invented-password"  # pragma: allowlist secret -- it opens nothing


@pytest.fixture(scope="session")
def host_key() -> asyncssh.SSHKey:
    """Make one host key for all servers."""
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture
def sftp_server(tmp_path: Path, host_key: asyncssh.SSHKey) -> Iterator[LocalSftpServer]:
    """Serve the temporary folder."""
    with LocalSftpServer(tmp_path, USER, PASSWORD, host_key=host_key) as server:
        yield server
