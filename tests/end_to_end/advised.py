"""A deployed stack whose printed advice is followed exactly as printed.

Tests that run a printed advice declare it with `exercises`; tests/end_to_end/test_advice.py finds the others.
"""

import json
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import boto3
from botocore import xform_name

from scripts.aws import emulator
from scripts.aws.clients import Aws
from scripts.cli.advice import Advice
from tests.end_to_end.addresses import is_scope_line
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import Deployed
from tests.scripts.command import run

EXERCISED: Final[set[Advice]] = set()

_ASKING: Final = {"deploy", "doctor", "fix", "replay", "edit"}
# Options of the AWS CLI that have a different name than the parameter ("subscribe", AWS CLI Command Reference).
_RENAMED: Final = {"--notification-endpoint": "Endpoint"}
# Options of the AWS CLI without a value.
_SWITCHES: Final = {"--overwrite": "Overwrite"}
_COMMANDS: Final = re.compile(r"(?:alma-webhooks|aws) [a-z].*?(?=$|; | or: |, ARN being)")

# What an advice says to do with a file of the project, before its commands.
_EDITS: Final[dict[str, Callable[..., None]]] = {
    r"add (\S+) to topics in routes\.yaml": ProjectFolder.add_topic,
    r"add (\S+) to alma_profiles in alma-webhooks\.yaml": ProjectFolder.add_profile,
    r"set (\w+): (\d+) under parameters in alma-webhooks\.yaml": ProjectFolder.set_parameter,
    r"set alarm_email: (\S+) of the stage dev in alma-webhooks\.yaml": ProjectFolder.set_alarm_email,
}

Test = TypeVar("Test", bound=Callable[..., None])


def exercises(*advice: Advice) -> Callable[[Test], Test]:
    """Declare that a test runs these advices as printed."""
    EXERCISED.update(advice)
    return lambda test: test


class Advised(Deployed):
    """A stack that is operated only through the output of the commands."""

    @classmethod
    def on(cls, address: str, name: str, project: ProjectFolder) -> "Advised":
        """Return a stack with this name that is not deployed yet."""
        return cls(name, Aws.local(address, emulator.REGION), address, project)

    @property
    def options(self) -> str:
        """The options that select this stack."""
        return f"--stage dev --stack {self.name} --endpoint-url {self.endpoint_url}"

    def doctor(self, *more: str) -> list[dict[str, str]]:
        """Return the findings of `doctor`."""
        done = run("doctor", *self.options.split(), "--output=json", *more)
        assert is_scope_line(done.stderr, self.name), done.stderr
        return list(json.loads(done.stdout)["findings"])

    def found(self, text: str, *more: str) -> dict[str, str]:
        """Wait for a finding that contains this text, because alarms and metrics are late."""
        return eventually(lambda: self.findings(text, *more))[0]

    def findings(self, text: str, *more: str) -> list[dict[str, str]]:
        """Return the current findings that contain this text."""
        return [finding for finding in self.doctor(*more) if text in finding["message"]]

    def follow(self, fix: str, advice: Advice, *more: str, stdin: str = "", **placeholders: str) -> "list[str]":
        """Run the commands of a fix as printed, with placeholders filled in, and return their output.

        What the fix says to add or to set in a file of the project is done first. Commands that ask for confirmation
        get --yes, because there is no terminal; `stdin` is what they read instead of asking.
        """
        assert is_of(fix, advice), f"{fix!r} is another advice than {advice}"
        self._edit(fix, placeholders)
        printed = []
        for command in commands_of(fix):
            words = [placeholders.get(word, word) for word in shlex.split(command)]
            printed.append(self.call(words) if words[0] == "aws" else self.ours(words[1:], *more, stdin=stdin))
        return printed

    def ours(self, words: list[str], *more: str, code: int = 0, stdin: str = "") -> str:
        """Run an `alma-webhooks` command and return its output."""
        asked = ["--yes"] if any(word in _ASKING for word in words[:2]) else []
        done = run(*words, *asked, *more, environment=self.project.environment, stdin=stdin)
        assert done.returncode == code, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def _edit(self, fix: str, placeholders: Mapping[str, str]) -> None:
        """Edit the files of the project as the first alternative of a fix says."""
        for pattern, edit in _EDITS.items():
            if found := re.search(pattern, fix.split(", or: ")[0]):
                edit(self.project, *(placeholders.get(word, word) for word in found.groups()))

    def call(self, words: list[str]) -> str:
        """Make the API call of an `aws` command line, with its options as parameters."""
        service, operation, *options = (word for word in words[1:] if word not in _SWITCHES)
        assert options[-4:] == ["--region", emulator.REGION, "--endpoint-url", self.endpoint_url]
        client: Any = boto3.client(
            service,  # type: ignore[call-overload] # by its name on the command line
            endpoint_url=self.endpoint_url,
            region_name=emulator.REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        method = operation.replace("-", "_")
        shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
        names = {f"--{xform_name(member, '-')}": member for member in shape.members} | _RENAMED
        given: dict[str, Any] = {_SWITCHES[word]: True for word in words if word in _SWITCHES}
        for option, value in zip(options[:-4:2], options[1:-4:2], strict=True):
            member = names[option]
            given[member] = [value] if shape.members[member].type_name == "list" else value
        return str(getattr(client, method)(**given))

    def explained(self, receipt_id: str, *more: str, code: int = 1) -> list[str]:
        """Return the lines of `dead-letters explain`."""
        done = run("dead-letters", "explain", receipt_id, *self.options.split(), *more)
        assert done.returncode == code, done.stderr
        return done.stdout.splitlines()

    def next_after(self, receipt_id: str, *more: str, code: int = 1) -> str:
        """Return the next step that `explain` prints for one dead letter."""
        return self.explained(receipt_id, *more, code=code)[-1].removeprefix("next: ")

    def dead(self, body: bytes) -> str:
        """Post a body that becomes a dead letter, and return its receipt id."""
        receipt_id = self.accepted(body)
        assert self.outcome(receipt_id) == "dead"
        return receipt_id

    def comes_out(self, receipt_id: str) -> bool:
        """Return whether the event is delivered in the end, after any earlier outcomes."""
        return eventually(lambda: "delivered" in self._outcomes(receipt_id), seconds=60)

    def _outcomes(self, receipt_id: str) -> list[str]:
        done = run("trace", receipt_id, *self.options.split(), "--output=json")
        lines = json.loads(done.stdout)["lines"] if done.returncode == 0 else []
        return [line["line"].get("outcome", "") for line in lines]


def commands_of(fix: str) -> list[str]:
    """Return the commands in a printed advice; of alternatives only the first."""
    offered = [[found[0].strip() for found in _COMMANDS.finditer(part)] for part in fix.split(", or: ")]
    return next(filter(None, offered), [])


def is_of(fix: str, advice: Advice) -> bool:
    """Return whether a printed text is this advice with values filled in."""
    pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(advice.value))
    return re.fullmatch(pattern, fix) is not None


def routes_text(*entries: str, topics: Iterable[str] = (), state_machines: Iterable[str] = ()) -> str:
    """Return a routes file with these topics, state machines of the example, and routes."""
    machines = ", ".join(f"{name}: {{definition: state-machines/{name}.asl.json}}" for name in state_machines)
    declared = f"topics: [{', '.join(topics)}]\nstate_machines: {{{machines}}}"
    listed = "\n".join(f"  - {entry}" for entry in entries)
    return f"{declared}\nstages: {{dev: {{}}, stg: {{}}, prod: {{}}}}\nroutes:\n{listed}\n"
