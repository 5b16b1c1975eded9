"""A deployed stack, what its doctor and its explanations advise, and a reader who does just that.

Each test that runs an advice as it is printed names it by `exercises`; tests/end_to_end/test_advice.py finds the rest.
"""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import boto3
from botocore import xform_name

from scripts.aws import emulator
from scripts.aws.clients import Aws
from scripts.cli.advice import Advice
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import Deployed
from tests.scripts.command import run

EXERCISED: Final[set[Advice]] = set()

_ASKING: Final = {"deploy", "doctor", "replay", "edit"}
# Where the command line has another name for a parameter ("subscribe", AWS CLI Command Reference).
_RENAMED: Final = {"--notification-endpoint": "Endpoint"}
_COMMANDS: Final = re.compile(r"(?:alma-webhooks|aws) [a-z].*?(?=$|; | or: |, ARN being)")

Test = TypeVar("Test", bound=Callable[..., None])


def exercises(*advice: Advice) -> Callable[[Test], Test]:
    """Notes that a test runs these as they are printed."""
    EXERCISED.update(advice)
    return lambda test: test


class Advised(Deployed):
    """The stack, as somebody sees it who has nothing but the commands' output."""

    @classmethod
    def on(cls, address: str, name: str) -> "Advised":
        """A stack of this name, not yet deployed."""
        return cls(name, Aws.local(address, emulator.REGION), address)

    @property
    def options(self) -> str:
        """Those that lead a command here."""
        return f"--stage dev --stack {self.name} --endpoint-url {self.endpoint_url}"

    def doctor(self, *more: str) -> list[dict[str, str]]:
        """What it finds."""
        done = run("doctor", *self.options.split(), "--output=json", *more)
        assert done.stderr == "", done.stderr
        return list(json.loads(done.stdout)["findings"])

    def found(self, text: str, *more: str) -> dict[str, str]:
        """The finding that says this, once there is one; not yet while alarms and metrics are late."""
        return eventually(lambda: self.findings(text, *more))[0]

    def findings(self, text: str, *more: str) -> list[dict[str, str]]:
        """The findings that say this now."""
        return [finding for finding in self.doctor(*more) if text in finding["message"]]

    def follow(self, fix: str, advice: Advice, *more: str, **placeholders: str) -> "list[str]":
        """Runs the commands of a fix as printed, words in capitals filled in; what they printed.

        Where a command asks, --yes answers, for there is no terminal.
        """
        assert is_of(fix, advice), f"{fix!r} is another advice than {advice}"
        printed = []
        for command in commands_of(fix):
            words = [placeholders.get(word, word) for word in shlex.split(command)]
            words = [re.sub(r"=ARN$", f"={placeholders.get('ARN', '')}", word) for word in words]
            printed.append(self.call(words) if words[0] == "aws" else self.ours(words[1:], *more))
        return printed

    def ours(self, words: list[str], *more: str, code: int = 0) -> str:
        """Runs a command of ours; what it printed."""
        asked = ["--yes"] if any(word in _ASKING for word in words[:2]) else []
        done = run(*words, *asked, *more)
        assert done.returncode == code, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def call(self, words: list[str]) -> str:
        """Makes the call of an `aws` command line: its operation, its options as parameters."""
        service, operation, *options = words[1:]
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
        given = {}
        for option, value in zip(options[::2], options[1::2], strict=True):
            member = names[option]
            given[member] = [value] if shape.members[member].type_name == "list" else value
        return str(getattr(client, method)(**given))

    def explained(self, receipt_id: str, *more: str, code: int = 1) -> list[str]:
        """The lines of `dead-letters explain`."""
        done = run("dead-letters", "explain", receipt_id, *self.options.split(), *more)
        assert done.returncode == code, done.stderr
        return done.stdout.splitlines()

    def next_after(self, receipt_id: str, *more: str, code: int = 1) -> str:
        """The next step that `explain` prints for one dead letter."""
        return self.explained(receipt_id, *more, code=code)[-1].removeprefix("next: ")

    def dead(self, body: bytes) -> str:
        """Posts a body that becomes a dead letter; its receipt id."""
        receipt_id = self.accepted(body)
        assert self.outcome(receipt_id) == "dead"
        return receipt_id

    def comes_out(self, receipt_id: str) -> bool:
        """Whether the event was delivered in the end, whatever its outcome before."""
        return eventually(lambda: "delivered" in self._outcomes(receipt_id), seconds=60)

    def _outcomes(self, receipt_id: str) -> list[str]:
        done = run("trace", receipt_id, *self.options.split(), "--output=json")
        lines = json.loads(done.stdout)["lines"] if done.returncode == 0 else []
        return [line["line"].get("outcome", "") for line in lines]


def commands_of(fix: str) -> list[str]:
    """The commands in a printed advice; of those that are offered for one another, the first."""
    offered = [[found[0].strip() for found in _COMMANDS.finditer(part)] for part in fix.split(", or: ")]
    return next(filter(None, offered), [])


def is_of(fix: str, advice: Advice) -> bool:
    """Whether a printed text is this advice with some values."""
    pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(advice.value))
    return re.fullmatch(pattern, fix) is not None


def routes_file(folder: Path, *entries: str, name: str = "routes.yaml") -> Path:
    """A routes file with these routes."""
    path = folder / name
    listed = "\n".join(f"  - {entry}" for entry in entries)
    path.write_text(f"stages: {{dev: {{}}, stg: {{}}, prod: {{}}}}\nroutes:\n{listed}\n", "utf-8")
    return path
