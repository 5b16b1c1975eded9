"""The least that a processor with boto3 can be: one client, the body read and published. To compare with only."""

import json
import os
from typing import Any

import boto3

sns = boto3.client("sns")


def lambda_handler(event: dict[str, Any], _context: object) -> None:
    """Publishes each record's body to the topic that is named like its event."""
    for record in event["Records"]:
        name = json.loads(record["body"])["event"]["value"].lower().replace("_", "-")
        sns.publish(TopicArn=os.environ["TOPIC_ARN_PREFIX"] + name, Message=record["body"])
