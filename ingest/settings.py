"""Ingest's settings, from the environment of its Lambda and from nowhere else. Opens nothing, checks no secret.

"Defined runtime environment variables", AWS Lambda Developer Guide: what is not the template's is Lambda's own.
"""

from collections.abc import Mapping
from typing import NamedTuple, Self

from ingest.sigv4 import Credentials

_NEEDED = (
    "STAGE",
    "PROFILES",
    "QUEUE_URL",
    "OVERFLOW_BUCKET",
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
)


class SettingsError(Exception):
    """The environment is incomplete; the text names every variable that is missing."""


class Settings(NamedTuple):
    """What the stack and Lambda tell the function."""

    stage: str
    profiles: tuple[str, ...]
    queue_url: str
    overflow_bucket: str
    region: str
    credentials: Credentials
    endpoint_url: str  # empty on AWS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Reads the variables. Raises SettingsError that names all that are missing or blank."""
        missing = [name for name in _NEEDED if not environment.get(name, "").strip(", ")]
        if missing:
            raise SettingsError(f"The environment lacks {', '.join(missing)}.")
        return cls(
            stage=environment["STAGE"],
            profiles=tuple(name for name in map(str.strip, environment["PROFILES"].split(",")) if name),
            queue_url=environment["QUEUE_URL"],
            overflow_bucket=environment["OVERFLOW_BUCKET"],
            region=environment["AWS_REGION"],
            credentials=Credentials(
                environment["AWS_ACCESS_KEY_ID"],
                environment["AWS_SECRET_ACCESS_KEY"],
                environment.get("AWS_SESSION_TOKEN", ""),
            ),
            endpoint_url=environment.get("AWS_ENDPOINT_URL", ""),
        )

    def endpoint_of(self, service: str) -> str:
        """The service's URL: AWS_ENDPOINT_URL for every one, if it is set, else AWS' own in the region."""
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return self.endpoint_url or f"https://{service}.{self.region}.{suffix}"
