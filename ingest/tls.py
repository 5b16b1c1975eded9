"""Whose certificates are believed: AWS' few authorities first, the whole system's if those were not enough.

To read a system's whole bundle takes a cold start longer than everything else it does (18 ms of 55); the file beside
this one, made when the zip is, holds the five that AWS names ("Amazon Trust Services Repository").
"""

import os
import socket
import ssl

_AWS_AUTHORITIES = os.path.join(os.path.dirname(__file__), "ca.pem")  # noqa: PTH118, PTH120 - pathlib's import is dear


class Trust:
    """Makes connections to servers TLS ones. One for all clients: what one of them has learnt holds for the others."""

    def __init__(self, authorities: str = _AWS_AUTHORITIES) -> None:
        # The file is in zips for Lambda only.
        self._few = os.path.exists(authorities)  # noqa: PTH110 - as above
        self._context = ssl.create_default_context(cafile=authorities if self._few else None)

    def wrap(self, connected: socket.socket, host: bytes) -> ssl.SSLSocket:
        """Shakes hands with the host. Raises OSError.

        A certificate that the few authorities do not vouch for fails this time: AWS may have moved to others, or a
        proxy stands between. Everyone's next connection asks the system's.
        """
        try:
            return self._context.wrap_socket(connected, server_hostname=host)
        except ssl.SSLCertVerificationError:
            if self._few:
                self._few = False
                self._context = ssl.create_default_context()
            raise
