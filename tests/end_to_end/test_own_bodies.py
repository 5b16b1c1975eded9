"""Own bodies arrive on the emulator: one event at a topic, queue, state machine, event bus and function."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.aws import emulator, ports
from scripts.cli.signals import Interrupts
from scripts.local.observe import execution_input
from tests.end_to_end.advised import routes_text
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.running import eventually
from tests.end_to_end.test_deploy import ACCOUNT, SHORT, Deployed
from tests.end_to_end.test_explain_advice import event

pytestmark = pytest.mark.full  # it needs a stack of its own

TITLE = 'Die "Räuber"'
NOTE = "x" * 300_000
LOAN = {"loan_id": "0070", "title": TITLE, "renewable": True, "library": {"value": "MAIN", "desc": None}, "note": NOTE}
QUEUE = f"arn:aws:sqs:{emulator.REGION}:{ACCOUNT}:own-queue"
FROM_BUS = f"arn:aws:sqs:{emulator.REGION}:{ACCOUNT}:own-from-bus"
BUS = f"arn:aws:events:{emulator.REGION}:{ACCOUNT}:event-bus/own-bus"
FUNCTION = f"arn:aws:lambda:{emulator.REGION}:{ACCOUNT}:function:own-function"

ENTRIES = """name: own
    deliver:
      - topic: lost
        message: "{{ item_loan.title }} is lost"
      - queue: QUEUE
        message: {title: "{{ item_loan.title }}", ids: ["{{ item_loan.loan_id }}"]}
      - queue: QUEUE
        name: large
        message: ["{{ item_loan.note }}"]
      - state_machine: pod
        input:
          loan: {renewable: !json "{{ item_loan.renewable }}", number: 1, text: "{{ item_loan.renewable }}"}
      - event_bus: BUS
        input: {library: !json "{{ item_loan.library | tojson }}"}
      - function: FUNCTION
        message: "{{ item_loan.title }}"
"""
WITH_ARNS = ENTRIES.replace("QUEUE", QUEUE).replace("BUS", BUS).replace("FUNCTION", FUNCTION)
ROUTES = routes_text(WITH_ARNS, topics=("lost",), state_machines=("pod",))


@pytest.fixture(scope="module")
def seen_by_function(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file to which the function writes its event."""
    return tmp_path_factory.mktemp("function") / "event.json"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, seen_by_function: Path) -> Iterator[Deployed]:
    """Deploy the route on an emulator of its own, with its targets outside the stack."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        project = ProjectFolder.create(tmp_path_factory.mktemp("project"), ROUTES, parameters=SHORT)
        site = Deployed.planned(started.endpoint_url, project)
        _create_targets(site, seen_by_function)
        site.changed()
        yield site
        site.delete()


def test_one_event_arrives_with_the_own_body_of_each_target(site: Deployed, seen_by_function: Path) -> None:
    """Text as rendered, YAML as JSON with its types, a large message as a pointer, and the attributes of the event."""
    with site.watched() as topics:
        receipt_id = site.accepted(event("LOAN", "LOAN_LOST", id="1", item_loan=LOAN))
        assert site.outcome(receipt_id) == "delivered"
        assert eventually(lambda: topics.receive() == 0 and topics.sightings)
    [at_topic] = topics.sightings
    assert at_topic.body.decode() == f"{TITLE} is lost"
    assert (at_topic.attributes["event"], at_topic.attributes["encoding"]) == ("LOAN_LOST", "utf-8")
    assert at_topic.receipt_id == receipt_id

    small, large = sorted(_received(site, QUEUE, 2), key=lambda message: len(message["MessageAttributes"]))
    assert json.loads(small["Body"]) == {"title": TITLE, "ids": ["0070"]}
    _, pointer = json.loads(large["Body"])
    stored = site.aws.s3.get_object(Bucket=pointer["s3BucketName"], Key=pointer["s3Key"])["Body"].read()
    assert json.loads(stored) == [NOTE]
    assert large["MessageAttributes"]["ExtendedPayloadSize"]["StringValue"] == str(len(stored))

    [machine] = site.aws.states.list_state_machines()["stateMachines"]
    [execution] = site.aws.states.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    found = execution_input(site.aws, execution["executionArn"])
    assert json.dumps(found) == '{"loan": {"renewable": true, "number": 1, "text": "true"}}'

    [from_bus] = _received(site, FROM_BUS, 1)
    assert json.loads(from_bus["Body"])["detail"] == {"library": {"value": "MAIN", "desc": None}}
    assert eventually(lambda: seen_by_function.exists() and json.loads(seen_by_function.read_text("utf-8"))) == TITLE


def _create_targets(site: Deployed, file: Path) -> None:
    aws = site.aws
    for arn in (QUEUE, FROM_BUS):
        aws.sqs.create_queue(QueueName=arn.rpartition(":")[2])
    aws.events.create_event_bus(Name="own-bus")
    aws.events.put_rule(Name="own", EventBusName="own-bus", EventPattern=json.dumps({"source": ["alma-webhooks"]}))
    aws.events.put_targets(Rule="own", EventBusName="own-bus", Targets=[{"Id": "queue", "Arn": FROM_BUS}])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        code = (
            f"import json, pathlib\ndef run(event, _):\n    pathlib.Path({str(file)!r}).write_text(json.dumps(event))\n"
        )
        archive.writestr("own.py", code)
    aws.functions.create_function(
        FunctionName="own-function",
        Runtime="python3.13",
        Handler="own.run",
        Role=f"arn:aws:iam::{ACCOUNT}:role/own",
        Code={"ZipFile": packed.getvalue()},
    )


def _received(site: Deployed, queue: str, count: int) -> list[Any]:
    """Return the messages of a queue when all have arrived."""
    url, messages = site.aws.sqs.get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"], list[Any]()

    def look() -> bool:
        answer = site.aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        messages.extend(answer.get("Messages", []))
        return len(messages) >= count

    eventually(look)
    return messages
