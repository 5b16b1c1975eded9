"""The receiver of a local run: a server on this computer that plays every service, named by two settings."""

from collections.abc import Mapping
from typing import Final, NamedTuple, Self

PORT: Final = "LOCAL_RECEIVER_PORT"
AUTHORITY: Final = "LOCAL_RECEIVER_AUTHORITY"


class LocalReceiver(NamedTuple):
    """Its port, and in PEM the only certificate authority that is trusted beside it."""

    port: int
    authority: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, is_loopback_allowed: bool) -> Self | None:
        """Return the receiver of the variables, or None without them. Raise ValueError, also if it is not allowed."""
        port, authority = environment.get(PORT, ""), environment.get(AUTHORITY, "")
        if not port and not authority:
            return None
        if not is_loopback_allowed:
            raise ValueError(f"{PORT} and {AUTHORITY} are for the emulator only.")
        if not (port.isascii() and port.isdecimal() and authority):
            raise ValueError(f"{PORT} must be a port, with {AUTHORITY} beside it.")
        return cls(int(port), authority)
