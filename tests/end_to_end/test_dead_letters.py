"""Poison on the local engine: it ends as a dead letter, byte for byte, and others keep flowing."""

from collections.abc import Iterator
from typing import Any

import pytest

from scripts.deploy.aws import Aws
from scripts.local.posting import post, signature
from tests.end_to_end.running import Running, eventually
from tests.processor.test_xml_body import BILLION_LAUGHS, XXE
from tests.samples import body_of

HOSTILE = [BILLION_LAUGHS.encode(), XXE.encode(), b"[" * 100_000]


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A run that gives an event up after two attempts, two seconds apart."""
    parameters = ("--parameter=VisibilityTimeout=2", "--parameter=MaxReceiveCount=2")
    with Running(tmp_path_factory.mktemp("run"), "--port", "0", "--no-samples", *parameters) as run:
        yield run.facts


def test_f29_hostile_bodies_become_dead_letters_and_others_flow(impatient: dict[str, Any]) -> None:
    """Each is accepted, tried, and kept exactly as it came, while a good event goes its way."""
    aws = Aws.local(impatient["endpoint_url"], impatient["region"])
    for body in (*HOSTILE, body_of("job-end-pod")):
        signed = signature(body, secret=impatient["secret"])
        assert post(impatient["webhook_url"], body, signed=signed).status == 200
    pod = impatient["state_machines"]["pod"]
    assert eventually(lambda: aws.states.list_executions(stateMachineArn=pod)["executions"])
    kept: set[bytes] = set()

    def look() -> bool:
        queue = impatient["dead_letter_queue_url"]
        answer = aws.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        kept.update(message["Body"].encode() for message in answer.get("Messages", []))
        return len(kept) == len(HOSTILE)

    assert eventually(look, seconds=40)
    assert kept == set(HOSTILE)
