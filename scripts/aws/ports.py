"""Choose a free port of this computer."""

import random
import socket
from contextlib import suppress
from typing import Final

from scripts.cli.exit_codes import ConfigurationError

HOST: Final = "127.0.0.1"
DEFAULT: Final = 4566

_HIGHEST: Final = 65535
_QUIET: Final = range(20_000, 32_000)
_TRIES: Final = 50


def parse(text: str) -> int:
    """Return a port number given on the command line. Raise ConfigurationError."""
    if not (text.isascii() and text.isdecimal() and int(text) <= _HIGHEST):
        raise ConfigurationError(f"{text!r} is not a port; pass a whole number from 0 to {_HIGHEST}.")
    return int(text)


def free(wanted: int) -> int:
    """Return the port if it is free, or any free port for 0. Raise ConfigurationError if it cannot be used."""
    return _any_free() if wanted == 0 else _free(wanted)


def _any_free() -> int:
    """Return a free port below the range of outgoing connections, one of which could take it before it is used."""
    for candidate in random.sample(_QUIET, _TRIES):
        with suppress(ConfigurationError):
            return _free(candidate)
    return _free(0)


def _free(wanted: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except PermissionError:
            raise ConfigurationError(f"Port {wanted} needs more privileges; choose a higher one.") from None
        except OSError:
            raise ConfigurationError(f"Port {wanted} is in use; choose another, or 0 for any that is free.") from None
        return int(probe.getsockname()[1])
