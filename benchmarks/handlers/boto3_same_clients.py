"""A minimal processor with the clients of ours, configured as ours are. For comparison only."""

import json
import os
from typing import Any

import boto3
import botocore
from botocore.config import Config

CHEAP: dict[str, Any] = {"user_agent": f"Botocore/{botocore.__version__} alma-webhooks", "parameter_validation": False}
CALLS = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 1}, **CHEAP)
RECORD_CALLS = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 3}, **CHEAP)

sqs = boto3.client("sqs", config=CALLS)
s3 = boto3.client("s3", config=CALLS)
dynamodb = boto3.client("dynamodb", config=RECORD_CALLS)
sns = boto3.client("sns", config=CALLS)
stepfunctions = boto3.client("stepfunctions", config=CALLS)


def lambda_handler(event: dict[str, Any], _context: object) -> None:
    """Publish the body of each record to the topic named after its event."""
    for record in event["Records"]:
        name = json.loads(record["body"])["event"]["value"].lower().replace("_", "-")
        sns.publish(TopicArn=os.environ["TOPIC_ARN_PREFIX"] + name, Message=record["body"])
