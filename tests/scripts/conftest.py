"""AWS in process for the tools: moto, with keys that no cloud takes; a stack to work on, its queues and its logs."""

import functools
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
import typer.testing
from botocore.stub import Stubber

from scripts.aws.address import VARIABLES, resolve
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.aws.stack import Stack
from scripts.cli.options import StackFlags
from scripts.dead_letters import scan
from scripts.dead_letters.store import DeadLetterStore
from tests.mocked_aws import MockedAws
from tests.scripts import parsed_once, stack_logs
from tests.scripts.dead_letters.notified import NotificationQueues
from tests.scripts.dead_letters.queues import Queues, opened
from tests.scripts.find import places as searched
from tests.warm_clients import WarmSession

OUTPUTS = {
    "Profiles": "alma,consortium",
    "SecretLifetimeSeconds": "300",
    "WebhookUrlBase": "https://api.invalid/webhooks/",
}

_ADDRESS = tuple(itertools.chain.from_iterable(VARIABLES.values()))
_STATE_HOME = "XDG_STATE_HOME"
_NUMBERS = itertools.count()

site = stack_logs.site
places = searched.places

parsed_once.install()

# Each command that a test runs in this process would make all groups anew.
vars(typer.testing)["_get_command"] = functools.cache(typer.main.get_command)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Clients of AWS in process; invented keys, so that nothing could reach a real account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with MockedAws():
        yield Aws(WarmSession(region_name="us-east-1"))


@pytest.fixture
def scope(aws: Aws) -> StackContext:
    """The stage dev of a stack with two profiles."""
    return StackContext(aws, resolve(StackFlags(), {}, None), Stack("alma-webhooks-dev", OUTPUTS), "123456789012")


@pytest.fixture(scope="package", autouse=True)
def tester() -> Iterator[None]:
    """Give the tester's own environment back after these tests. A pass asks an empty queue without waiting."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(scan, "_WAIT_SECONDS", 0)
        for name in (*_ADDRESS, _STATE_HOME):
            patched.setenv(name, "")
        yield


@pytest.fixture(autouse=True)
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder, not yet created, for the state of the user who runs the command: nothing is left in the tester's own.

    No variable of the tester's own or of an earlier test selects a stack, a region, credentials or a project.
    """
    for name in _ADDRESS:
        os.environ.pop(name, None)
    folder = tmp_path_factory.getbasetemp() / f"state-{next(_NUMBERS)}"
    os.environ[_STATE_HOME] = str(folder)
    return folder


@pytest.fixture
def queues(aws: Aws) -> Queues:
    """A webhook queue and its dead-letter queue, both empty."""
    return Queues.made(aws)


@pytest.fixture
def dead_letters(scope: StackContext, queues: Queues) -> DeadLetterStore:
    """The dead letters of a stack that has all that the commands need."""
    return opened(scope, queues)


@pytest.fixture
def clients() -> Aws:
    """Clients that reach nothing."""
    return Aws.local("http://127.0.0.1:9", "us-east-1")


@pytest.fixture
def stub(clients: Aws) -> Iterator[Stubber]:
    """A stub of CloudFormation that must be asked for all that it is given."""
    with Stubber(clients.cloudformation) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def notified(aws: Aws) -> NotificationQueues:
    """The queues of a notifications stack, all empty."""
    return NotificationQueues.made(aws)


@pytest.fixture
def dead_notifications(dead_letters: DeadLetterStore, notified: NotificationQueues) -> DeadLetterStore:
    """The dead letters of notifications, with the locks and the audit log of the pipeline's stack."""
    return notified.opened(dead_letters.scope)
