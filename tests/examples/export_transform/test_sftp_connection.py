"""Signing in to an SFTP server."""

import socket
from pathlib import Path

import asyncssh
import paramiko
import pytest
from export_transform.sftp_connection import SftpAccess, sftp_session
from local_run.sftp_server import LocalSftpServer
from pydantic import SecretStr, ValidationError

from processor.errors import Permanent, Transient
from tests.examples.export_transform.conftest import PASSWORD, USER


def access(server: LocalSftpServer, **values: object) -> SftpAccess:
    """Return the access to a server, with other values."""
    known = {
        "host": "127.0.0.1",
        "port": server.port,
        "user": USER,
        "host_keys": [server.host_key],
        "password": PASSWORD,
    }
    return SftpAccess.model_validate({**known, **values})


def access_at(listener: socket.socket) -> SftpAccess:
    """Return the access to a server that is not one of SFTP."""
    port = listener.getsockname()[1]
    return SftpAccess(host="127.0.0.1", port=port, user=USER, host_keys=(other_key(),), password=SecretStr(PASSWORD))


def other_key() -> str:
    """Return a host key that no server has."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    return " ".join(key.export_public_key().decode().split()[:2])


def test_f101_another_host_key_gets_no_password(sftp_server: LocalSftpServer) -> None:
    """The failure is permanent and has the key, to compare it. The server was offered nothing."""
    wrong = access(sftp_server, host_keys=[other_key()])
    with pytest.raises(Permanent, match="another host key") as error, sftp_session(wrong, is_loopback_allowed=True):
        pytest.fail("signed in")
    assert error.value.reason.endswith(f": {sftp_server.host_key}")
    assert sftp_server.offered == []


def test_one_of_several_host_keys_is_enough(sftp_server: LocalSftpServer) -> None:
    """While a server gets a new key, both are allowed."""
    both = access(sftp_server, host_keys=[other_key(), sftp_server.host_key])
    with sftp_session(both, is_loopback_allowed=True) as session:
        assert session.listdir() == []
    assert sftp_server.offered == [PASSWORD]


def test_a_type_that_is_not_pinned_is_not_negotiated(sftp_server: LocalSftpServer) -> None:
    """A server that lacks the type of the pinned key gets no password either, and no waiting would help."""
    rsa = paramiko.RSAKey.generate(2048)
    with (
        pytest.raises(Permanent, match=r"no host key of a pinned type \(ssh-rsa\)"),
        sftp_session(access(sftp_server, host_keys=[f"ssh-rsa {rsa.get_base64()}"]), is_loopback_allowed=True),
    ):
        pytest.fail("signed in")
    assert sftp_server.offered == []


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"])
def test_each_type_of_key_signs_in(tmp_path: Path, kind: str) -> None:
    """As the host key that is pinned, and as the private key of the user."""
    host, client = asyncssh.generate_private_key(kind), asyncssh.generate_private_key(kind)
    with LocalSftpServer(tmp_path, USER, PASSWORD, host_key=host, client_key=client) as server:
        by_key = access(server, password=None, private_key=client.export_private_key("openssh").decode())
        with sftp_session(by_key, is_loopback_allowed=True) as session:
            assert session.listdir() == []
        assert server.offered == []


def test_a_text_that_is_not_a_key_is_reported(sftp_server: LocalSftpServer) -> None:
    """The failure does not quote it."""
    wrong = access(sftp_server, password=None, private_key="invented")
    with pytest.raises(Permanent, match="not an Ed25519") as error, sftp_session(wrong, is_loopback_allowed=True):
        pytest.fail("signed in")
    assert "invented" not in str(error.value)


def test_a_wrong_password_is_permanent(sftp_server: LocalSftpServer) -> None:
    """The failure quotes neither the user nor the password."""
    wrong = access(sftp_server, password="invented-other")
    with pytest.raises(Permanent, match="rejected the user") as error, sftp_session(wrong, is_loopback_allowed=True):
        pytest.fail("signed in")
    assert "invented" not in str(error.value)


def test_this_computer_is_for_the_emulator_only() -> None:
    """Without the flag of the emulator nothing is sent to a loopback address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises(Permanent, match="this computer"), sftp_session(access_at(listener)):
            pytest.fail("connected")
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(1) == b""


def test_a_server_that_is_not_there_is_transient() -> None:
    """A refused connection may work later."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = access_at(listener)
    with pytest.raises(Transient, match="cannot be reached"), sftp_session(gone, is_loopback_allowed=True):
        pytest.fail("connected")


def test_a_mute_server_ends_at_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts and says nothing does not hold the function."""
    monkeypatch.setattr("export_transform.sftp_connection.BANNER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        mute = access_at(listener)
        with pytest.raises(Transient, match="ended the connection"), sftp_session(mute, is_loopback_allowed=True):
            pytest.fail("connected")


def test_access_needs_one_credential() -> None:
    """Neither none nor two, and at least one host key of the right form and a known type."""
    known = {"host": "sftp.example", "user": USER, "host_keys": ["ssh-ed25519 AAAA"]}
    for values in (
        {},
        {"password": "a", "private_key": "b"},
        {"password": "a", "host_keys": []},
        {"password": "a", "host_keys": ["*"]},
        {"password": "a", "host_keys": ["ssh-ed25591 AAAA"]},
        {"password": "a", "host_keys": ["ssh-dss AAAA"]},
    ):
        with pytest.raises(ValidationError):
            SftpAccess.model_validate({**known, **values})
