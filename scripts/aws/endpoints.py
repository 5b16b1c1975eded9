"""Check whether anything listens at a URL. Sends nothing."""

import socket
from typing import Final
from urllib.parse import urlsplit

from scripts.cli.exit_codes import FailedError

_SECONDS: Final = 3.0
_PORTS: Final = {"http": 80, "https": 443}


def check_listening(url: str) -> None:
    """Raise FailedError if the URL's host rejects the connection. The caller reports other problems."""
    parts = urlsplit(url)
    try:
        socket.create_connection((str(parts.hostname), parts.port or _PORTS[parts.scheme]), _SECONDS).close()
    except ConnectionRefusedError:
        raise nothing_listens(url) from None
    except (OSError, ValueError, KeyError):
        return


def nothing_listens(url: str) -> FailedError:
    """Return the error for a URL whose host rejects the connection."""
    parts = urlsplit(url)
    where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"  # without a user's name and password
    return FailedError(f"Nothing listens at {where}. Start the emulator with alma-webhooks run, or check the URL.")
