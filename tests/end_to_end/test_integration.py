"""The end-to-end tests on a deployed stack: which of them run, what they leave behind, which options are rejected."""

import ast
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scripts.alma_client.client import Reply, post, signature
from scripts.aws.clients import Aws
from scripts.aws.context import open_stack_context
from scripts.cli.exit_codes import CommandError
from tests.end_to_end.addresses import address_at
from tests.end_to_end.deployed import Deployed, opened
from tests.end_to_end.repeating import as_alma
from tests.end_to_end.rights import held_to_rights
from tests.end_to_end.running import ROOT, Running, eventually
from tests.end_to_end.test_events import fresh
from tests.samples import body_of

pytestmark = pytest.mark.full  # runs the end-to-end tests as a user of a deployed stack does

ENVIRONMENT = {"PATH": os.environ["PATH"]}

# A selection, because simultaneous equal events wait for half a minute, and each command takes seconds.
CHOSEN = "test_events and not equal or f11 or f16 or simulate"


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Start a run in place of a deployed stack, and return its facts."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as run:
        yield run.facts


@pytest.fixture
def aws(facts: dict[str, Any]) -> Aws:
    """Return its emulator, with all permissions."""
    return Aws.local(facts["endpoint_url"], facts["region"])


def command(facts: dict[str, Any], *arguments: str) -> list[str]:
    """Return the command of `make test-integration` for that stack."""
    where = ("--stage=dev", f"--endpoint-url={facts['endpoint_url']}")
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/end_to_end", *where, *arguments]


def suite(facts: dict[str, Any], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the end-to-end tests on that stack."""
    return subprocess.run(  # noqa: S603 - our own interpreter and tests
        command(facts, *arguments),
        env=ENVIRONMENT,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def posted(facts: dict[str, Any], body: bytes) -> Reply:
    """Post an event as somebody else."""
    return as_alma(lambda: post(facts["webhook_url"], body, signed=signature(body, secret=facts["secret"])))


@contextmanager
def traffic(facts: dict[str, Any]) -> Iterator[list[Reply]]:
    """Post events as somebody else all the time."""
    replies, ended = list[Reply](), threading.Event()

    def send() -> None:
        while not ended.wait(0.3):
            replies.append(posted(facts, fresh(body_of("loan-created"))))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield replies
    finally:
        ended.set()
        thread.join()


def left(aws: Aws, facts: dict[str, Any]) -> dict[str, Any]:
    """Return what a run of the tests could leave behind: queues, subscriptions, dead letters."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    queue = facts["dead_letter_queue_url"]
    counts = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return {
        "queues": sorted(aws.sqs.list_queues()["QueueUrls"]),
        "subscriptions": aws.sns.list_subscriptions()["Subscriptions"],
        "dead letters": sum(int(count) for count in counts.values()),
    }


def test_the_tests_pass_on_a_shared_stack_and_leave_nothing_behind(aws: Aws, facts: dict[str, Any]) -> None:
    """The tests pass on a stack with events and a dead letter of others, and remove only their own."""
    assert posted(facts, b"no event of ours").receipt_id
    eventually(lambda: left(aws, facts)["dead letters"] == 1)
    before = left(aws, facts)
    with traffic(facts) as others:
        completed = suite(facts, f"-k={CHOSEN}")
    assert completed.returncode == 0, completed.stdout + completed.stderr
    assert len(others) > 5
    assert {reply.status for reply in others} == {200}
    assert (
        "account 000000000000, region us-east-1, stage dev, stack alma-webhooks-dev, profile alma\n" in completed.stdout
    )
    assert re.search(r"\n\d+ tests are left out: they have a run of their own, ", completed.stdout)
    [removed] = re.findall(r"\nposted events: \d+, dead letters taken away: (\d+)\n", completed.stdout)
    assert int(removed) > 5
    eventually(lambda: left(aws, facts) == before)


def test_the_tests_fail_if_events_are_not_delivered(aws: Aws, facts: dict[str, Any]) -> None:
    """The tests fail and name the remaining event if the processor is not invoked, and print no secret."""
    [mapping] = aws.functions.list_event_source_mappings(FunctionName=f"{facts['stack']}-processor")[
        "EventSourceMappings"
    ]
    aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    queues = left(aws, facts)["queues"]
    try:
        completed = suite(facts, "-k=unknown_event", "--patience=0.1")
    finally:
        aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    assert completed.returncode == 1, completed.stdout
    assert "not seen within 2 s" in completed.stdout
    assert "these events have not come to their end" in completed.stdout
    assert facts["secret"] not in completed.stdout + completed.stderr
    assert (left(aws, facts)["queues"], left(aws, facts)["subscriptions"]) == (queues, [])


def test_an_interrupted_run_of_the_tests_leaves_nothing_behind(aws: Aws, facts: dict[str, Any]) -> None:
    """An interrupted run of the tests removes its queue, its subscriptions and its dead letters."""
    before = left(aws, facts)
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and tests
        command(facts, "-k=hostile"), env=ENVIRONMENT, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    eventually(lambda: left(aws, facts)["dead letters"] > before["dead letters"])
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "KeyboardInterrupt" in out
    eventually(lambda: left(aws, facts) == before)


def test_a_stack_without_a_topic_is_reported_and_not_changed(aws: Aws, facts: dict[str, Any]) -> None:
    """A stack with a missing topic ends the session with a message, and the new queue is deleted."""
    before, topic = left(aws, facts), facts["topics"]["user-updated"]
    aws.sns.delete_topic(TopicArn=topic)
    try:
        completed = suite(facts, "-k=unknown_event")
    finally:
        aws.sns.create_topic(Name=topic.rpartition(":")[2])
    assert completed.returncode == 1
    assert "alma-webhooks: AWS rejected Subscribe: NotFound" in completed.stdout
    assert left(aws, facts) == before


def on_any_stack(path: Path) -> Iterator[str]:
    """Yield the tests of a module that use the shared fixture `stack` and not `running`."""
    functions = [each for each in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(each, ast.FunctionDef)]
    if "stack" in {function.name for function in functions}:
        return
    for function in functions:
        takes = {argument.arg for argument in function.args.args}
        marks = " ".join(ast.unparse(decorator) for decorator in function.decorator_list)
        if (
            function.name.startswith("test_")
            and "stack" in takes
            and not {"running"} & takes
            and "running" not in marks
        ):
            yield f"{path.relative_to(ROOT).as_posix()}::{function.name}"


def test_exactly_the_tests_with_the_fixture_stack_run(facts: dict[str, Any]) -> None:
    """Every test that uses the shared fixture `stack` runs on a deployed stack, and no other test does."""
    modules = sorted(Path(__file__).parent.glob("test_*.py"))
    expected = {test for path in modules for test in on_any_stack(path)}
    completed = suite(facts, "--collect-only", "-q")
    assert completed.returncode == 0, completed.stdout
    found = {line.partition("[")[0] for line in completed.stdout.splitlines() if "::" in line}
    assert found == expected
    assert len({name.partition("::")[0] for name in found}) > 5
    assert "tests/end_to_end/test_deploy.py" not in completed.stdout


def test_prod_is_rejected_without_confirmation(facts: dict[str, Any]) -> None:
    """The stage prod exits with code 3 before any call to AWS, unless --confirm-prod is passed."""
    completed = suite(facts, "--stage=prod")
    assert (completed.returncode, completed.stdout) == (3, "")
    assert completed.stderr.startswith("Exit: alma-webhooks: These tests post invented events to ")
    assert completed.stderr.count("\n") == 1
    assert completed.stderr.endswith("Pass --confirm-prod to run them anyway.\n")
    with pytest.raises(CommandError, match=r"Stack alma-webhooks-prod not found in"):
        opened({"stage": "prod", "confirm_prod": True, "endpoint_url": facts["endpoint_url"]}.get)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stage": "qa"}, "--stage must be one of dev, stg, prod, not 'qa'"),
        ({"stage": "stg"}, "Stack alma-webhooks-stg not found in"),
        ({"stage": "stg", "stack": "alma-webhooks-dev"}, "belongs to stage dev, not stg"),
        ({"stage": "dev", "alma_profile": "nobody"}, "has no Alma profile 'nobody'; it has heartbeat, alma"),
        ({"stage": "dev", "region": "eu-central-1"}, "Stack alma-webhooks-dev not found in"),
        ({"stage": "dev", "endpoint_url": "http://127.0.0.1:1"}, "No emulator answers"),
        ({"stage": "dev", "endpoint_url": None}, "You must specify a region. Pass --region, set AWS_REGION"),
        ({"stage": "dev", "endpoint_url": None, "region": "eu-central-1"}, "Unable to locate credentials"),
        ({}, "--endpoint-url is only for a deployed stack. Pass --stage too"),
    ],
)
def test_invalid_options_are_rejected(
    options: dict[str, Any], message: str, facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invalid options exit with code 2 and a message that names the mistake."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CommandError, match=re.escape(message)) as raised:
        opened({"endpoint_url": facts["endpoint_url"], **options}.get)
    assert raised.value.exit_code == 2


def test_a_profile_without_a_secret_is_reported(aws: Aws, facts: dict[str, Any]) -> None:
    """A profile without a secret is reported with the command that creates one."""
    name = "/alma-webhooks/dev/alma/secret"
    aws.ssm.put_parameter(Name=name, Value=" ", Type="SecureString", Overwrite=True)
    try:
        with pytest.raises(CommandError, match=r"alma has no secret to sign with\. Create one: alma-webhooks secret"):
            opened({"stage": "dev", "endpoint_url": facts["endpoint_url"]}.get)
    finally:
        aws.ssm.put_parameter(Name=name, Value=facts["secret"], Type="SecureString", Overwrite=True)


def test_the_facts_equal_those_of_the_ready_line(facts: dict[str, Any]) -> None:
    """The facts from stack outputs and SSM equal those of the ready line, and their representation has no secret.

    A deployed stack has no console.
    """
    deployed = opened({"stage": "dev", "endpoint_url": facts["endpoint_url"]}.get)
    assert isinstance(deployed, Deployed)
    assert {**deployed.facts, "console_url": facts["console_url"]} == facts
    assert f"{deployed!r}" == "the Alma profile alma of the stack alma-webhooks-dev"


def test_calls_that_would_damage_a_shared_stack_fail(facts: dict[str, Any]) -> None:
    """Calls that would damage a shared stack fail before they reach AWS; tests can delete their own queue."""
    aws = held_to_rights(open_stack_context(address_at("dev", None, facts["endpoint_url"]))).aws
    observer = aws.sqs.create_queue(QueueName="alma-webhooks-observer-1")["QueueUrl"]
    aws.sqs.delete_queue(QueueUrl=observer)
    queue = facts["queue_url"]
    forbidden: tuple[Callable[[], object], ...] = (
        lambda: aws.sns.delete_topic(TopicArn=facts["topics"]["other"]),
        lambda: aws.sqs.delete_queue(QueueUrl=queue),
        lambda: aws.sqs.send_message(QueueUrl=queue, MessageBody="x"),
        lambda: aws.sqs.delete_message(QueueUrl=queue, ReceiptHandle="x"),
        lambda: aws.ssm.put_parameter(Name="x", Value="x"),
    )
    for call in forbidden:
        with pytest.raises(AssertionError, match="is not permitted in these tests"):
            call()
    queues = Aws.local(facts["endpoint_url"], facts["region"]).sqs.list_queues()["QueueUrls"]
    assert queue in queues
