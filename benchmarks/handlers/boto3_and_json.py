"""A minimal processor with boto3: one client that publishes the parsed body. For comparison only."""

import json
import os
from typing import Any

import boto3

sns = boto3.client("sns")


def lambda_handler(event: dict[str, Any], _context: object) -> None:
    """Publish the body of each record to the topic named after its event."""
    for record in event["Records"]:
        name = json.loads(record["body"])["event"]["value"].lower().replace("_", "-")
        sns.publish(TopicArn=os.environ["TOPIC_ARN_PREFIX"] + name, Message=record["body"])
