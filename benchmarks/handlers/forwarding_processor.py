"""Publish the body of each message to one topic, and nothing else: the second function of the forwarding pair."""

import os
import sys
from typing import Any
from urllib.parse import urlencode

from benchmarks.handlers.emulator_call import call

_TOPIC = os.environ["TOPIC_ARN_PREFIX"] + "loan-created"
# The emulator checks no signature, but finds the service by it.
_SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260513/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0"
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": _SIGNED}


def lambda_handler(event: dict[str, Any], _context: object) -> None:
    """Publish. Raise RuntimeError unless that succeeds, so that the message is received again."""
    for record in event["Records"]:
        form = {"Action": "Publish", "Version": "2010-03-31", "TopicArn": _TOPIC, "Message": record["body"]}
        call(urlencode(form), _HEADERS)
    sys.stdout.write("published\n")
