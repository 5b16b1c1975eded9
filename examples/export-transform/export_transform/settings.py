"""Reads the settings of the function from its environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

_NEEDED = ("ACCESS_PREFIX", "CHECKPOINT_TABLE", "EXPORT_BUCKET", "OUTPUT_BUCKET", "TRANSFORM")
_LOOPBACK = "ALLOW_LOOPBACK"


class Settings(NamedTuple):
    """The settings that the stack passes to the function.

    `access_prefix` is the start of the names of the SSM parameters `sftp` and `receiver`. `transform` is a file of this
    package.
    """

    access_prefix: str
    checkpoint_table: str
    export_bucket: str
    output_bucket: str
    transform: Path
    https_ports: frozenset[int] = frozenset()
    is_loopback_allowed: bool = False  # on the emulator only

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings. Raise ValueError that names every variable that is missing or wrong."""
        missing = [name for name in _NEEDED if not environment.get(name)]
        if missing:
            raise ValueError(f"Missing environment variables: {', '.join(missing)}.")
        ports = [each.strip() for each in environment.get("HTTPS_PORTS", "").split(",") if each.strip()]
        if not all(each.isascii() and each.isdecimal() for each in ports):
            raise ValueError("HTTPS_PORTS is not a list of ports, such as 8443,9443.")
        return cls(
            access_prefix=environment["ACCESS_PREFIX"],
            checkpoint_table=environment["CHECKPOINT_TABLE"],
            export_bucket=environment["EXPORT_BUCKET"],
            output_bucket=environment["OUTPUT_BUCKET"],
            transform=Path(__file__).parent / environment["TRANSFORM"],
            https_ports=frozenset(map(int, ports)),
            is_loopback_allowed=environment.get(_LOOPBACK) == "true",
        )
