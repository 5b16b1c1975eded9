"""Opens the deployed stack that the options of pytest name, or rejects the options with a message."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import pytest

from ingest import heartbeat
from scripts.aws.context import StackContext, aws_errors_explained, open_stack_context
from scripts.aws.mark import project_of
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.cli.options import StageName
from scripts.secret.store import SecretStore
from tests.end_to_end.addresses import address_at
from tests.end_to_end.running import Patience

# Log lines, metrics and function starts that take a second on the emulator can take tens of seconds on AWS.
_AWS_TIMES: Final = 5.0
_AWS_PAUSE_SECONDS: Final = 1.0  # FilterLogEvents has a quota of a few calls a second

Option = Callable[[str], Any]
"""Returns the value of a pytest option by name, or None if it is not set or not known."""


class Deployed(NamedTuple):
    """A stack to post to, and the Alma profile whose secret signs the requests."""

    scope: StackContext
    profile: str
    secret: str

    def __repr__(self) -> str:
        """Return a text without the secret, because pytest prints the arguments of a failing test."""
        return f"the Alma profile {self.profile} of the stack {self.scope.stack.name}"

    @property
    def facts(self) -> dict[str, Any]:
        """The same facts as in the ready line of `run`."""
        scope = self.scope
        return {
            "webhook_url": scope.listener_url(self.profile),
            "endpoint_url": scope.aws.endpoint_url,
            "region": scope.facts()["region"],
            "profile": self.profile,
            "secret": self.secret,
            "stack": scope.stack.name,
            "queue_url": scope.stack.outputs["QueueUrl"],
            "dead_letter_queue_url": scope.stack.outputs["DeadLetterQueueUrl"],
            "topics": scope.stack.topics,
            "state_machines": scope.stack.state_machines,
            "project": project_of(scope.stack.outputs),
        }


def add_options(parser: pytest.Parser) -> None:
    """Add the options that commands have for selecting a stack, and two more."""
    group = parser.getgroup("a deployed stack, instead of a local run")
    group.addoption("--stage", help="Stage; its stack is alma-webhooks-STAGE.")
    group.addoption("--stack", help="Stack name, if it differs from that.")
    group.addoption("--region", help="AWS region [from the usual AWS variables].")
    group.addoption("--endpoint-url", help="Emulator URL [AWS, by the usual AWS variables].")
    group.addoption("--alma-profile", help="Alma profile of the posted events [alma, or the first one].")
    group.addoption("--patience", type=float, help="Factor for all waiting times [4 locally, 5 on AWS].")
    group.addoption("--confirm-prod", action="store_true", help="Post invented events to the stage prod.")


def opened(option: Option) -> Deployed | None:
    """Return the stack that the options name, or None. Raise ConfigurationError, RejectedError or FailedError."""
    stage = option("stage")
    if stage is None:
        _check_no_other(option)
        return None
    if stage not in set(StageName):
        raise ConfigurationError(f"--stage must be one of {', '.join(StageName)}, not {stage!r}.")
    if stage == StageName.prod and not option("confirm_prod"):
        raise RejectedError(
            "These tests post invented events to the subscribers of prod and cause alarms. "
            "Pass --confirm-prod to run them anyway."
        )
    with aws_errors_explained():
        return _opened(stage, option)


def set_patience(patience: float | None, deployed: Deployed) -> None:
    """Set how long the tests wait, because AWS takes longer than an emulator."""
    is_local = bool(deployed.scope.aws.endpoint_url)
    Patience.times = patience or (Patience.times if is_local else _AWS_TIMES)
    Patience.pause_seconds = Patience.pause_seconds if is_local else _AWS_PAUSE_SECONDS


def _check_no_other(option: Option) -> None:
    for name in ("stack", "region", "endpoint_url", "alma_profile", "patience", "confirm_prod"):
        if option(name):
            flag = f"--{name.replace('_', '-')}"
            raise ConfigurationError(f"{flag} is only for a deployed stack. Pass --stage too, or omit it.")


def _opened(stage: str, option: Option) -> Deployed:
    scope = open_stack_context(address_at(stage, option("stack"), option("endpoint_url"), option("region")))
    profile = scope.profile(option("alma_profile") or _usual(scope.profiles))
    kept = SecretStore(scope.aws.ssm, stage).read(profile).current
    if kept is None:
        raise ConfigurationError(
            f"Alma profile {profile} has no secret to sign with. "
            f"Create one: alma-webhooks secret create {profile} {scope.options}"
        )
    return Deployed(scope, profile, kept.value)


def _usual(profiles: list[str]) -> str:
    """Return the default profile, which is never that of the heartbeat."""
    usable = [profile for profile in profiles if profile != heartbeat.PROFILE]
    return "alma" if "alma" in usable else usable[0]
