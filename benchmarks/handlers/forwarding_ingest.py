"""Queue the body and answer 200, with no check and no signature: the first function of the pairs on the emulator."""

import json
import os
import sys
from typing import Any

from benchmarks.handlers.emulator_call import call

_HEADERS = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage"}


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Send one message. Write a line, because the emulator waits 50 ms for the log of a function that writes none."""
    call(json.dumps({"QueueUrl": os.environ["QUEUE_URL"], "MessageBody": event["body"]}), _HEADERS)
    sys.stdout.write("queued\n")
    return {"statusCode": 200}
