"""The stack that pytest's options name, which is deployed already: opened, or refused in a sentence. Posts nothing."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import pytest

from ingest import heartbeat
from scripts.aws.context import StackContext, aws_errors_explained, open_stack_context
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.cli.options import StageName
from scripts.secret.store import SecretStore
from tests.end_to_end.running import Patience

# What does on the emulator within a second can take AWS tens of them: log lines, metrics, starts of functions.
_AWS_TIMES: Final = 5.0
_AWS_PAUSE_SECONDS: Final = 1.0  # FilterLogEvents has a quota of a few calls a second

Option = Callable[[str], Any]
"""The value of an option of pytest's, by its name; None if it was not given, or is not known."""


class Deployed(NamedTuple):
    """A stack to post to, and the profile whose secret signs."""

    scope: StackContext
    profile: str
    secret: str

    def __repr__(self) -> str:
        """Without the secret: pytest shows what a failing test was given."""
        return f"the profile {self.profile} of the stack {self.scope.stack.name}"

    @property
    def facts(self) -> dict[str, Any]:
        """The same facts as those of the ready line of `run`."""
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
        }


def add_options(parser: pytest.Parser) -> None:
    """The tools' own options, with the same meaning, and two more."""
    group = parser.getgroup("a stack that is deployed already, instead of a run of its own")
    group.addoption("--stage", help="The stage; its stack is alma-webhooks-STAGE.")
    group.addoption("--stack", help="The stack, if it has another name.")
    group.addoption("--region", help="The AWS region, if not that of the usual AWS variables.")
    group.addoption("--endpoint-url", help="The emulator; else AWS, by the usual AWS variables.")
    group.addoption("--alma-profile", help="The Alma profile that events come from [alma, or the first that there is].")
    group.addoption("--patience", type=float, help="How many times the usual seconds to wait: 4 here, 5 on AWS.")
    group.addoption("--confirm-prod", action="store_true", help="Post invented events to the stage prod.")


def opened(option: Option) -> Deployed | None:
    """Return the stack that the options name, or None. Raise ConfigurationError, RejectedError or FailedError."""
    stage = option("stage")
    if stage is None:
        _check_no_other(option)
        return None
    if stage not in set(StageName):
        raise ConfigurationError(f"--stage takes {', '.join(StageName)}; {stage!r} is none of them.")
    if stage == StageName.prod and not option("confirm_prod"):
        raise RejectedError(
            "These tests post invented events, which the subscribers of prod would get, and some that ring its alarms: "
            "if they may, say --confirm-prod."
        )
    with aws_errors_explained():
        return _opened(stage, option)


def wait_as_told(patience: float | None, deployed: Deployed) -> None:
    """Sets how long the tests wait: AWS takes longer than an emulator."""
    is_local = bool(deployed.scope.aws.endpoint_url)
    Patience.times = patience or (Patience.times if is_local else _AWS_TIMES)
    Patience.pause_seconds = Patience.pause_seconds if is_local else _AWS_PAUSE_SECONDS


def _check_no_other(option: Option) -> None:
    for name in ("stack", "region", "endpoint_url", "alma_profile", "patience", "confirm_prod"):
        if option(name):
            flag = f"--{name.replace('_', '-')}"
            raise ConfigurationError(f"{flag} is for a stack that is deployed: say --stage too, or leave it away.")


def _opened(stage: str, option: Option) -> Deployed:
    scope = open_stack_context(stage, option("stack"), option("endpoint_url"), option("region"))
    profile = scope.profile(option("alma_profile") or _usual(scope.profiles))
    kept = SecretStore(scope.aws.ssm, stage).read(profile).current
    if kept is None:
        raise ConfigurationError(
            f"The profile {profile} has no secret to sign with: alma-webhooks secret create {profile} {scope.options}."
        )
    return Deployed(scope, profile, kept.value)


def _usual(profiles: list[str]) -> str:
    """The heartbeat's own is nobody's to post to."""
    usable = [profile for profile in profiles if profile != heartbeat.PROFILE]
    return "alma" if "alma" in usable else usable[0]
