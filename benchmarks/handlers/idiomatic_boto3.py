"""A listener as most people write it: boto3, its clients and the secret at module level. For comparison only."""

import base64
import hashlib
import hmac
import json
import os
from typing import Any

import boto3

ssm = boto3.client("ssm")
sqs = boto3.client("sqs")
SECRET = ssm.get_parameter(Name=os.environ["SECRET_PARAMETER"], WithDecryption=True)["Parameter"]["Value"]


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Verify and queue one request."""
    body = event["body"]
    expected = base64.b64encode(hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(expected, event["headers"].get("x-exl-signature", "")):
        return {"statusCode": 401, "body": json.dumps({"error": "wrong signature"})}
    sent = sqs.send_message(
        QueueUrl=os.environ["QUEUE_URL"],
        MessageBody=body,
        MessageAttributes={
            "profile": {"DataType": "String", "StringValue": "alma"},
            "signature": {"DataType": "String", "StringValue": expected},
        },
    )
    return {"statusCode": 200, "body": json.dumps({"message_id": sent["MessageId"]})}
