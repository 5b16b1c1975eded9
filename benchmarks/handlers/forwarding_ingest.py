"""Queue the body and answer 200, with no check and no signature: the first function of the pairs on the emulator."""

import http.client
import json
import os
import sys
from typing import Any
from urllib.parse import urlsplit

_emulator = http.client.HTTPConnection(urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc)
_HEADERS = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage"}


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Send one message. Write a line, because the emulator waits 50 ms for the log of a function that writes none."""
    message = {"QueueUrl": os.environ["QUEUE_URL"], "MessageBody": event["body"]}
    _emulator.request("POST", "/", json.dumps(message), _HEADERS)
    with _emulator.getresponse() as response:
        response.read()
        sys.stdout.write("queued\n")
        return {"statusCode": response.status}
