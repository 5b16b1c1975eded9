"""Trusted certificate authorities: the few of AWS first, and those of the system if they are not enough.

Reading the bundle of the system takes 18 of 55 ms of a cold start. The folder next to this file, made with the zip, has
only the five authorities that AWS names ("Amazon Trust Services Repository"), and OpenSSL reads the one that it needs.
"""

import os
import socket
import ssl

_AWS_AUTHORITIES = os.path.join(os.path.dirname(__file__), "authorities")  # noqa: PTH118, PTH120 - importing pathlib is slow


class Trust:
    """Wraps connections in TLS. All clients share one, so that they switch to the system's authorities together.

    `authorities` is a folder of certificates, named as `openssl rehash` does.
    """

    def __init__(self, authorities: str = _AWS_AUTHORITIES) -> None:
        # Only zips for Lambda have the folder.
        self._few = os.path.exists(authorities)  # noqa: PTH110 - as above
        self._context = ssl.create_default_context(capath=authorities if self._few else None)

    def wrap(self, connected: socket.socket, host: bytes) -> ssl.SSLSocket:
        """Do the TLS handshake with the host. Raise OSError.

        A certificate of another authority fails this time: AWS may have changed authorities, or a proxy intercepts TLS.
        The next connection of every client uses the system's authorities.
        """
        try:
            return self._context.wrap_socket(connected, server_hostname=host)
        except ssl.SSLCertVerificationError:
            if self._few:
                self._few = False
                self._context = ssl.create_default_context()
            raise
