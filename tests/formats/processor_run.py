"""Run the processor as Lambda does, over AWS in process: `python -m tests.formats.processor_run` in an environment.

Takes a JSON list of SQS records from stdin, one for each invocation. Prints the output of the processor, and then one
line with its records and dead letters in AWS.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple, Self

import boto3
from moto import mock_aws

from processor.routing import compile  # noqa: A004 -- the module's name
from tests.moto_alone import let_moto_answer

ROUTES = Path("examples", "complete", "routes.yaml")
FAILING = """
  - {name: invented-1, when: {action: [INVENTED]}, deliver: [{topic: "{{ a.b }}"}, {topic: loan-created}]}
  - {name: invented-2, when: {action: [INVENTED]}, if: a.b > 1, deliver: [{topic: loan-created}]}
"""
STATE_MACHINE = json.loads(os.environ.get("STATE_MACHINE_ARNS", '{"pod": ""}'))["pod"].rpartition(":")[2]


class Resources(NamedTuple):
    """The queues, the table, and a topic and a state machine as targets."""

    webhooks_url: str
    dead_letters_url: str

    @classmethod
    def create(cls) -> Self:
        """Create the resources, and put their URLs into the environment."""
        sqs = boto3.client("sqs")
        urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("webhooks", "dead-letters")]
        os.environ |= dict(zip(("WEBHOOK_QUEUE_URL", "DEAD_LETTER_QUEUE_URL"), urls, strict=True))
        topic = boto3.client("sns").create_topic(Name="stack-loan-created")["TopicArn"]
        os.environ["TOPIC_ARN_PREFIX"] = topic.removesuffix("loan-created")
        definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
        role = "arn:aws:iam::123456789012:role/states"
        states = boto3.client("stepfunctions")
        arn = states.create_state_machine(name=STATE_MACHINE, definition=definition, roleArn=role)["stateMachineArn"]
        os.environ["STATE_MACHINE_ARNS"] = json.dumps({"pod": arn, "bursar": arn})
        boto3.client("dynamodb").create_table(
            TableName=os.environ["DELIVERIES_TABLE"],
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        return cls(*urls)

    def handle(self) -> str:
        """Return the receipt handle of a message in flight, which can be postponed."""
        sqs = boto3.client("sqs")
        sqs.send_message(QueueUrl=self.webhooks_url, MessageBody="invented")
        return sqs.receive_message(QueueUrl=self.webhooks_url)["Messages"][0]["ReceiptHandle"]

    def stored(self) -> dict[str, Any]:
        """Return the records of deliveries and the dead letters."""
        items = boto3.client("dynamodb").scan(TableName=os.environ["DELIVERIES_TABLE"])["Items"]
        received = boto3.client("sqs").receive_message(
            QueueUrl=self.dead_letters_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return {
            "records": sorted(items, key=lambda item: str(item["id"])),
            "dead_letters": [message["MessageAttributes"] for message in received.get("Messages", [])],
        }


class Context:
    """The Lambda context, with enough time left."""

    def get_remaining_time_in_millis(self) -> int:
        """Return 25 seconds."""
        return 25_000


@mock_aws
def main() -> None:
    """Handle each record in an invocation of its own, then print the records and dead letters."""
    resources = Resources.create()
    compile.load = lambda path: compile.compile_routes(ROUTES.read_text("utf-8") + FAILING)  # noqa: ARG005 -- packaging puts the routes beside the handler; a checkout has none there
    let_moto_answer()
    from processor.handler import lambda_handler

    context: Any = Context()
    for record in json.load(sys.stdin):
        try:
            lambda_handler({"Records": [record | {"receiptHandle": resources.handle()}]}, context)
        except Exception as error:  # noqa: BLE001 -- Lambda gives the message back to the queue
            sys.stderr.write(f"raised {type(error).__name__}\n")
    sys.stdout.write(f"stored {json.dumps(resources.stored())}\n")


if __name__ == "__main__":
    main()
