"""What a user wants deployed: the input of a deployment, without AWS."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from scripts.cli.options import ROUTES


class DeploymentOptions(NamedTuple):
    """The user's options. `profiles` are added to those that are served; `allowed` names permitted removals.

    `abandon_data` allows a queue, a table, a bucket or the API to be replaced or removed.
    """

    stage: str
    stack: str | None = None
    profiles: tuple[str, ...] = ()
    parameters: Mapping[str, str] = {}
    routes: Path = ROUTES
    python: Path | None = None
    allowed: tuple[str, ...] = ()
    abandon_data: bool = False
