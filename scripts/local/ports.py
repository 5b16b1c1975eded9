"""Ports of this computer: which one to take. Listens on none."""

import socket
from typing import Final

from scripts.errors import ConfigurationError

HOST: Final = "127.0.0.1"
DEFAULT: Final = 4566

_HIGHEST: Final = 65535


def parse(text: str) -> int:
    """A port number as given on the command line. Raises ConfigurationError."""
    if not (text.isascii() and text.isdecimal() and int(text) <= _HIGHEST):
        raise ConfigurationError(f"{text!r} is no port; a port is a whole number from 0 to {_HIGHEST}.")
    return int(text)


def free(wanted: int) -> int:
    """The port if it is free, any free one for 0. Raises ConfigurationError when it cannot be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except PermissionError:
            raise ConfigurationError(
                f"Port {wanted} may not be used without more rights; choose a higher one."
            ) from None
        except OSError:
            raise ConfigurationError(f"Port {wanted} is in use; choose another, or 0 for any that is free.") from None
        return int(probe.getsockname()[1])
