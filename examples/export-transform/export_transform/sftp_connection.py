"""Connects to an SFTP server: its host key is compared before anything secret is sent, and every wait has an end."""

import io
import ipaddress
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Final, Self

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from processor.errors import Permanent, Transient

CONNECT_SECONDS: Final = 10.0
BANNER_SECONDS: Final = 10.0
HANDSHAKE_SECONDS: Final = 20.0
AUTHENTICATION_SECONDS: Final = 20.0
CHANNEL_SECONDS: Final = 20.0
KEEPALIVE_SECONDS: Final = 15

# "sshd_config(5)", OpenBSD manual, HostKeyAlgorithms: an RSA key signs in two ways that are still accepted.
_ALGORITHMS: Final = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}

# This logger writes tracebacks of every server that does not answer, and the failure is reported anyway.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


# The types that the library can check.
_HOST_KEY: Final = r"^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/]+=*$"


class SftpAccess(BaseModel):
    """An SFTP server and how to sign in. `host_keys` are lines such as `ssh-ed25519 AAAA…`; several for a rotation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[str, Field(min_length=1, max_length=253)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 22
    user: Annotated[str, Field(min_length=1, max_length=100)]
    host_keys: Annotated[tuple[Annotated[str, Field(pattern=_HOST_KEY)], ...], Field(min_length=1)]
    password: SecretStr | None = None
    private_key: SecretStr | None = None

    @model_validator(mode="after")
    def _has_one_credential(self) -> Self:
        if (self.password is None) == (self.private_key is None):
            raise ValueError("needs either password or private_key")
        return self


Connect = Callable[[tuple[str, int]], socket.socket]
"""Returns a connected socket."""


def _connect(address: tuple[str, int]) -> socket.socket:
    return socket.create_connection(address, timeout=CONNECT_SECONDS)


@contextmanager
def sftp_session(
    access: SftpAccess, *, is_loopback_allowed: bool = False, connect: Connect = _connect
) -> Iterator[paramiko.SFTPClient]:
    """Yield a session. Raise Permanent for another host key or a rejected sign-in, and Transient for a lost server."""
    try:
        connection = connect((access.host, access.port))
    except OSError as error:
        raise Transient("transient", f"The SFTP server cannot be reached ({type(error).__name__}).") from None
    with connection:
        if not is_loopback_allowed and ipaddress.ip_address(connection.getpeername()[0]).is_loopback:
            raise Permanent("no-target", "The SFTP server is this computer, which only the emulator allows.")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a request can wait 40 ms for an ACK
        transport = paramiko.Transport(connection)
        try:
            yield _session(transport, access)
        finally:
            transport.close()


def _session(transport: paramiko.Transport, access: SftpAccess) -> paramiko.SFTPClient:
    try:
        _check_host(transport, access)
        _sign_in(transport, access)
        session = transport.open_sftp_client()
    except paramiko.AuthenticationException:
        raise Permanent("refused", "The SFTP server rejected the user, the password or the key.") from None
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise Transient("transient", f"The SFTP server ended the connection ({type(error).__name__}).") from None
    if session is None:
        raise Transient("transient", "The SFTP server opened no channel.")
    channel = session.get_channel()
    if channel is not None:
        channel.settimeout(CHANNEL_SECONDS)
    return session


def _check_host(transport: paramiko.Transport, access: SftpAccess) -> None:
    """Exchange keys. Raise Permanent if the server does not have one of the pinned host keys."""
    transport.banner_timeout = BANNER_SECONDS
    transport.handshake_timeout = HANDSHAKE_SECONDS
    transport.auth_timeout = AUTHENTICATION_SECONDS
    transport.channel_timeout = CHANNEL_SECONDS
    types = dict.fromkeys(line.split()[0] for line in access.host_keys)
    options = transport.get_security_options()
    options.key_types = tuple(each for name in types for each in _ALGORITHMS.get(name, (name,)))
    try:
        transport.start_client(timeout=HANDSHAKE_SECONDS)
    except paramiko.ssh_exception.IncompatiblePeer:
        reason = f"The SFTP server has no host key of a pinned type ({', '.join(types)}), or no algorithm in common."
        raise Permanent("refused", reason) from None
    if not transport.is_active() or not transport.initial_kex_done:
        raise paramiko.SSHException
    offered = transport.get_remote_server_key()
    line = f"{offered.get_name()} {offered.get_base64()}"
    if line not in access.host_keys:
        raise Permanent("refused", f"The SFTP server has another host key than those that are pinned: {line}")
    transport.set_keepalive(KEEPALIVE_SECONDS)


def _sign_in(transport: paramiko.Transport, access: SftpAccess) -> None:
    if access.password is not None:
        transport.auth_password(access.user, access.password.get_secret_value(), fallback=False)
    if access.private_key is not None:
        transport.auth_publickey(access.user, _private_key(access.private_key.get_secret_value()))


def _private_key(text: str) -> paramiko.PKey:
    """Return the key. paramiko itself cannot read every ECDSA key in the format of OpenSSH."""
    loaded = _loaded(text.encode())
    if isinstance(loaded, rsa.RSAPrivateKey):
        return paramiko.RSAKey(key=loaded)
    if isinstance(loaded, ec.EllipticCurvePrivateKey):
        return paramiko.ECDSAKey(vals=(loaded, loaded.public_key()))
    if isinstance(loaded, ed25519.Ed25519PrivateKey):
        pem = loaded.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
        return paramiko.Ed25519Key.from_private_key(io.StringIO(pem))
    raise Permanent("refused", "The private key for the SFTP server is not an Ed25519, ECDSA or RSA key in PEM.")


def _loaded(key: bytes) -> object:
    for load in (load_ssh_private_key, load_pem_private_key):
        with suppress(ValueError, TypeError, UnsupportedAlgorithm):  # the text of each can quote the key
            return load(key, password=None)
    return None
