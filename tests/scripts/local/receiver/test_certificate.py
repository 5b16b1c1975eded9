"""The certificate of the receiver satisfies strict clients, and only for this computer."""

import socket
import ssl
import threading

import pytest

from scripts.local.receiver import certificate
from scripts.local.receiver.certificate import ReceiverTls


def shaken(server: ReceiverTls, authority: str, host: str) -> None:
    """Shake hands as a client that checks as Python 3.13 does by default."""
    context = ssl.create_default_context(cadata=authority)
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    near, far = socket.socketpair()
    thread = threading.Thread(target=answered, args=(server, far))
    thread.start()
    try:
        with context.wrap_socket(near, server_hostname=host):
            pass
    finally:
        near.close()
        thread.join()


def answered(server: ReceiverTls, connection: socket.socket) -> None:
    try:
        with server.context.wrap_socket(connection, server_side=True):
            pass
    except OSError:
        connection.close()


def test_it_is_valid_for_this_computer_only() -> None:
    """Another name is not verified, and no other receiver is."""
    made, other = certificate.make(), certificate.make()
    shaken(made, made.authority, "127.0.0.1")
    for server, host in ((made, "slack.com"), (other, "127.0.0.1")):
        with pytest.raises(ssl.SSLCertVerificationError):
            shaken(server, made.authority, host)
