"""The end-to-end tests on a stack that is deployed already: which of them run there, what they leave, what is not."""

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
from tests.end_to_end.deployed import Deployed, opened
from tests.end_to_end.repeating import as_alma
from tests.end_to_end.rights import held_to_rights
from tests.end_to_end.running import ROOT, Running, eventually
from tests.end_to_end.test_events import fresh
from tests.samples import body_of

ENVIRONMENT = {"PATH": os.environ["PATH"]}

# Not all that run there: of equal events at once all but one wait for half a minute, and each command costs seconds.
CHOSEN = "test_events and not equal or f11 or f16 or simulate"


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A run that stands for a deployed stack."""
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples") as run:
        yield run.facts


@pytest.fixture
def aws(facts: dict[str, Any]) -> Aws:
    """Its emulator, with all rights."""
    return Aws.local(facts["endpoint_url"], facts["region"])


def command(facts: dict[str, Any], *arguments: str) -> list[str]:
    """What `make test-integration` does with that stack."""
    where = ("--stage=dev", f"--endpoint-url={facts['endpoint_url']}")
    return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/end_to_end", *where, *arguments]


def suite(facts: dict[str, Any], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Runs the end-to-end tests on that stack."""
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
    """An event of somebody else's."""
    return as_alma(lambda: post(facts["webhook_url"], body, signed=signature(body, secret=facts["secret"])))


@contextmanager
def traffic(facts: dict[str, Any]) -> Iterator[list[Reply]]:
    """Somebody else's events, all the time."""
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
    """What a run of the tests could leave behind: queues, subscriptions, dead letters."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    queue = facts["dead_letter_queue_url"]
    counts = aws.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return {
        "queues": sorted(aws.sqs.list_queues()["QueueUrls"]),
        "subscriptions": aws.sns.list_subscriptions()["Subscriptions"],
        "dead letters": sum(int(count) for count in counts.values()),
    }


def test_they_pass_on_a_stack_that_others_use_and_leave_nothing(aws: Aws, facts: dict[str, Any]) -> None:
    """Somebody else's events come meanwhile, and a dead letter of theirs is there: it stays, and what is ours goes."""
    assert posted(facts, b"no event of ours").receipt_id
    eventually(lambda: left(aws, facts)["dead letters"] == 1)
    before = left(aws, facts)
    with traffic(facts) as others:
        done = suite(facts, f"-k={CHOSEN}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(others) > 5
    assert {reply.status for reply in others} == {200}
    assert "account 000000000000, region us-east-1, stage dev, stack alma-webhooks-dev, profile alma\n" in done.stdout
    assert re.search(r"\n\d+ tests are left out: they have a run of their own, ", done.stdout)
    [taken] = re.findall(r"\nposted events: \d+, dead letters taken away: (\d+)\n", done.stdout)
    assert int(taken) > 5
    eventually(lambda: left(aws, facts) == before)


def test_events_that_do_not_come_out_make_them_fail(aws: Aws, facts: dict[str, Any]) -> None:
    """The processor is not called: the test fails, the event is named as left, and no secret is shown."""
    [mapping] = aws.functions.list_event_source_mappings(FunctionName=f"{facts['stack']}-processor")[
        "EventSourceMappings"
    ]
    aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    queues = left(aws, facts)["queues"]
    try:
        done = suite(facts, "-k=unknown_event", "--patience=0.1")
    finally:
        aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    assert done.returncode == 1, done.stdout
    assert "not seen within 2 s" in done.stdout
    assert "these events have not come to their end" in done.stdout
    assert facts["secret"] not in done.stdout + done.stderr
    assert (left(aws, facts)["queues"], left(aws, facts)["subscriptions"]) == (queues, [])


def test_an_interrupted_run_leaves_nothing_either(aws: Aws, facts: dict[str, Any]) -> None:
    """Queue, subscriptions and dead letters go, whether by Ctrl-C or by a supervisor's stop."""
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


def test_a_stack_that_lacks_a_topic_is_told_and_left_as_it_was(aws: Aws, facts: dict[str, Any]) -> None:
    """What AWS refuses before the first test ends the run with a sentence; the queue that was made goes."""
    before, topic = left(aws, facts), facts["topics"]["user-updated"]
    aws.sns.delete_topic(TopicArn=topic)
    try:
        done = suite(facts, "-k=unknown_event")
    finally:
        aws.sns.create_topic(Name=topic.rpartition(":")[2])
    assert done.returncode == 1
    assert "alma-webhooks: AWS rejected Subscribe: NotFound" in done.stdout
    assert left(aws, facts) == before


def on_any_stack(path: Path) -> Iterator[str]:
    """The tests of a module that take `stack`, where that is not one of the module's own, and not `running`."""
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


def test_those_run_that_take_the_stack_they_are_given(facts: dict[str, Any]) -> None:
    """Every one of them, and no other: which is all that a new test has to do."""
    modules = sorted(Path(__file__).parent.glob("test_*.py"))
    expected = {test for path in modules for test in on_any_stack(path)}
    done = suite(facts, "--collect-only", "-q")
    assert done.returncode == 0, done.stdout
    found = {line.partition("[")[0] for line in done.stdout.splitlines() if "::" in line}
    assert found == expected
    assert len({name.partition("::")[0] for name in found}) > 5
    assert "tests/end_to_end/test_deploy.py" not in done.stdout


def test_prod_is_refused_unless_it_is_named_once_more(facts: dict[str, Any]) -> None:
    """One sentence, exit 3, and nothing is asked of AWS; with the flag the stack is looked for."""
    done = suite(facts, "--stage=prod")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("Exit: alma-webhooks: These tests post invented events, ")
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("if they may, say --confirm-prod.\n")
    with pytest.raises(CommandError, match=r"Stack alma-webhooks-prod not found in"):
        opened({"stage": "prod", "confirm_prod": True, "endpoint_url": facts["endpoint_url"]}.get)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"stage": "qa"}, "--stage takes dev, stg, prod; 'qa' is none of them"),
        ({"stage": "stg"}, "Stack alma-webhooks-stg not found in"),
        ({"stage": "stg", "stack": "alma-webhooks-dev"}, "belongs to stage dev, not stg"),
        ({"stage": "dev", "alma_profile": "nobody"}, "has no Alma profile 'nobody'; it has heartbeat, alma"),
        ({"stage": "dev", "region": "eu-central-1"}, "Stack alma-webhooks-dev not found in"),
        ({"stage": "dev", "endpoint_url": "http://127.0.0.1:1"}, "No emulator answers"),
        ({"stage": "dev", "endpoint_url": None}, "You must specify a region. Set the usual AWS environment variables"),
        ({"stage": "dev", "endpoint_url": None, "region": "eu-central-1"}, "Unable to locate credentials"),
        ({}, "--endpoint-url is for a stack that is deployed: say --stage too"),
    ],
)
def test_what_is_no_stack_of_ours_is_a_matter_of_the_options(
    options: dict[str, Any], told: str, facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sentence that names what is wrong, and exit 2."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CommandError, match=re.escape(told)) as raised:
        opened({"endpoint_url": facts["endpoint_url"], **options}.get)
    assert raised.value.exit_code == 2


def test_a_profile_without_a_secret_is_told(aws: Aws, facts: dict[str, Any]) -> None:
    """With the command that makes one."""
    name = "/alma-webhooks/dev/alma/secret"
    aws.ssm.put_parameter(Name=name, Value=" ", Type="SecureString", Overwrite=True)
    try:
        with pytest.raises(CommandError, match="alma has no secret to sign with: alma-webhooks secret create alma"):
            opened({"stage": "dev", "endpoint_url": facts["endpoint_url"]}.get)
    finally:
        aws.ssm.put_parameter(Name=name, Value=facts["secret"], Type="SecureString", Overwrite=True)


def test_the_facts_are_those_of_the_ready_line(facts: dict[str, Any]) -> None:
    """The same, from the stack's outputs and SSM; what is shown of them has no secret."""
    deployed = opened({"stage": "dev", "endpoint_url": facts["endpoint_url"]}.get)
    assert isinstance(deployed, Deployed)
    assert deployed.facts == facts
    assert f"{deployed!r}" == "the profile alma of the stack alma-webhooks-dev"


def test_what_would_break_a_stack_of_others_fails(facts: dict[str, Any]) -> None:
    """Here too, and before anything is asked of AWS; a queue of one's own may go."""
    aws = held_to_rights(open_stack_context("dev", None, facts["endpoint_url"])).aws
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
        with pytest.raises(AssertionError, match="is no right of these tests"):
            call()
    queues = Aws.local(facts["endpoint_url"], facts["region"]).sqs.list_queues()["QueueUrls"]
    assert queue in queues
