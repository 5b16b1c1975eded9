"""The stack of an acceptance: a project of its own in one stage, the commands on it, and the clients of its account."""

import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from scripts.alma_client.client import Reply, post, signature
from scripts.aws import stack as stacks
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext, clients_at, open_stack_context
from scripts.cli.product_files import PROJECT
from tests.acceptance.poster import Posted, Poster
from tests.end_to_end.addresses import address_at
from tests.end_to_end.test_events import fresh
from tests.samples import body_of

PROJECT_NAME: Final = "acceptance"
PROFILE: Final = "acceptance"
"""The Alma profile of the stack, so that it shares no secret with another stack of the stage."""

SECRET_LIFETIME_SECONDS: Final = 10

_THREADS: Final = 64
_EMULATOR_THREADS: Final = 8

_LIMITED: Final = {"PATH", "HOME"}  # of the environment, for an emulator: nothing that leads to an account


class StepFailedError(Exception):
    """Something was not as expected; the text says what, and quotes no secret."""


class NotShownError(Exception):
    """The step cannot go on from here; the text says what was done and what is missing."""


class NotGivenError(Exception):
    """The step needs a flag that was not given; the text names it."""


class Options(NamedTuple):
    """What the command line says. `endpoint_url` is that of an emulator, or None for AWS."""

    stage: str
    region: str
    endpoint_url: str | None
    domain: str
    certificate: str
    folder: Path


class Site:
    """The stack `alma-acceptance-STAGE`. Its project is a copy of the complete example, with all alarms."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.stack_name = f"alma-acceptance-{options.stage}"
        self.project = options.folder / "project"
        self.is_emulator = options.endpoint_url is not None
        self.log = options.folder / "commands.log"

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags that select the stack in a command."""
        where = ("--endpoint-url", self.options.endpoint_url) if self.options.endpoint_url else ()
        return ("--stage", self.options.stage, "--stack", self.stack_name, "--region", self.options.region, *where)

    @property
    def recovery(self) -> str:
        """The command that deletes everything of an acceptance that was killed."""
        words = ["alma-webhooks", "destroy", "--everything", "--project", str(self.project), *self.flags]
        return f"`{shlex.join(words)}`"

    def write_project(self) -> None:
        """Write the project folder anew."""
        self.options.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.project, ignore_errors=True)
        shutil.copytree(PROJECT / "examples" / "complete", self.project)
        parameters = {"SecretLifetimeSeconds": SECRET_LIFETIME_SECONDS}
        stage = {"alma_profiles": [PROFILE], "alarms": "full", "parameters": parameters}
        text = yaml.safe_dump({"schema": 1, "name": PROJECT_NAME, "stages": {self.options.stage: stage}})
        (self.project / "alma-webhooks.yaml").write_text(text, "utf-8")

    def command(self, *words: str, codes: tuple[int, ...] = (0,)) -> "subprocess.CompletedProcess[str]":
        """Run a command on the stack, with its output in commands.log. Raise StepFailedError for another exit code."""
        done = self.call("-c", "from scripts.main import main; main()", *words, *self.flags)
        if done.returncode not in codes:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise StepFailedError(f"`{' '.join(words)}` ended with {done.returncode}: {' '.join(last)}")
        return done

    def call(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run Python with these arguments in the folder of the acceptance, where commands write their files."""
        kept = {name: text for name, text in os.environ.items() if not self.is_emulator or name in _LIMITED}
        process = subprocess.Popen(  # noqa: S603 -- our own interpreter and code
            [sys.executable, *words],
            env={**kept, "ALMA_WEBHOOKS_PROJECT": str(self.project), "COLUMNS": "120"},
            cwd=self.options.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches it only through this process, and only once
        )
        try:
            out, err = process.communicate()
        except KeyboardInterrupt:  # the command ends in an orderly way, before anything is cleaned up
            process.send_signal(signal.SIGINT)
            process.communicate()
            raise
        done = subprocess.CompletedProcess(process.args, process.returncode, out, err)
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(words)}\n{done.stdout}{done.stderr}exit code {done.returncode}\n\n")
        return done

    @cached_property
    def aws(self) -> Aws:
        """The clients of the account or of the emulator."""
        return clients_at(self._address)

    @property
    def scope(self) -> StackContext:
        """The stack as it is now."""
        return open_stack_context(self._address)

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the stack as it is now."""
        return self.scope.stack.outputs

    @property
    def alarm_outputs(self) -> dict[str, str]:
        """The outputs of the stack with the alarms."""
        return stacks.read(self.aws, f"{self.stack_name}-observability").outputs

    def new_name(self, what: str) -> str:
        """Return a name for a queue; a new one each time, because SQS accepts a deleted name only after a minute."""
        return f"{self.stack_name}-{what}-{secrets.token_hex(4)}"

    def client(self, service: str) -> Any:
        """Return a client for a service that the product itself does not use."""
        return self.aws.session.client(service, endpoint_url=self.aws.endpoint_url)  # type: ignore[call-overload] # the stubs want a literal

    @property
    def secret_name(self) -> str:
        """The SSM parameter with the secret of the Alma profile."""
        return f"/alma-webhooks/{self.options.stage}/{PROFILE}/secret"

    def secret(self) -> str:
        """Return the secret of the Alma profile. Never print it."""
        return self.aws.ssm.get_parameter(Name=self.secret_name, WithDecryption=True)["Parameter"]["Value"]

    @contextmanager
    def deployed_with(self, *parameters: str) -> Iterator[None]:
        """Deploy with these parameters, as NAME=VALUE, during the block; then without them."""
        try:
            self.command("deploy", "--yes", *(f"--parameter={each}" for each in parameters))
            yield
        finally:
            self.command("deploy", "--yes")

    def post(self, body: bytes, url: str | None = None, secret: str | None = None) -> Reply:
        """Sign a body and post it once."""
        signed = signature(body, secret=secret or self.secret())
        return post(url or self.scope.listener_url(PROFILE), body, signed=signed)

    def post_all(self, sample: str, count: int, secret: str | None = None) -> Posted:
        """Post this many new events made from a sample, as fast as this computer can."""
        threads = _EMULATOR_THREADS if self.is_emulator else _THREADS
        poster = Poster(self.scope.listener_url(PROFILE), secret or self.secret(), threads)
        return poster.post_all([fresh(body_of(sample)) for _ in range(count)])

    def only_on_aws(self, done: str, reason: str) -> None:
        """Raise NotShownError on the emulator, because it cannot do what comes next."""
        if self.is_emulator:
            raise NotShownError(f"{done}. Not shown, because the emulator {reason}.")

    def sleep(self, seconds: float) -> None:
        """Wait, because AWS needs time."""
        time.sleep(seconds)

    @property
    def _address(self) -> Any:
        return address_at(self.options.stage, self.stack_name, self.options.endpoint_url, self.options.region)
