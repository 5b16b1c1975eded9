"""The processor's settings, from the environment of its Lambda and from nowhere else. Makes no clients."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_NEEDED = ("STAGE", "TOPICS", "TOPIC_ARN_PREFIX", "STATE_MACHINE_ARNS", "WEBHOOK_QUEUE_ARN")


class SettingsError(Exception):
    """The environment is incomplete or wrong; the text names every variable that is missing."""


@dataclass(frozen=True)
class Settings:
    """What the stack tells the function. ARNs by symbolic name, as routes.yaml uses them."""

    stage: str
    topic_arns: dict[str, str]
    state_machine_arns: dict[str, str]
    webhook_queue_arn: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Reads STAGE, TOPICS (names, comma-separated), TOPIC_ARN_PREFIX, STATE_MACHINE_ARNS (JSON), WEBHOOK_QUEUE_ARN.

        Raises SettingsError.
        """
        missing = [name for name in _NEEDED if not environment.get(name)]
        if missing:
            raise SettingsError(f"The environment lacks {', '.join(missing)}.")
        prefix = environment["TOPIC_ARN_PREFIX"]
        try:
            state_machines = dict(json.loads(environment["STATE_MACHINE_ARNS"]))
        except (TypeError, ValueError):
            raise SettingsError("STATE_MACHINE_ARNS is no JSON object of names and ARNs.") from None
        topics = [name.strip() for name in environment["TOPICS"].split(",")]
        topic_arns = {name: prefix + name for name in topics if name}
        return cls(environment["STAGE"], topic_arns, state_machines, environment["WEBHOOK_QUEUE_ARN"])
