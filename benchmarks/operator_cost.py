"""Calculate what the calls of a command cost, in USD, by the prices of docs/costs.md."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_PAGE: Final = Path(__file__).parents[1] / "docs" / "costs.md"
_LINE: Final = re.compile(r"^\| `(\w+)` \| ([\d.]+) \|", re.MULTILINE)
_MILLION: Final = 1e6
_GIGABYTE: Final = 1e9

# Every other service that the commands call is free, or has no price for a call.
_QUEUE: Final = "sqs:"
_WRITES: Final = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")
_LOGS: Final = "cloudwatch-logs:PutLogEvents"


def prices() -> dict[str, float]:
    """Return the prices of the page by name, in USD for the number of things that the page names."""
    return {name: float(price) for name, price in _LINE.findall(_PAGE.read_text("utf-8"))}


def usd(calls: Mapping[str, int], sent_bytes: Mapping[str, int]) -> float:
    """Return the cost of these calls, with the surcharge for messages with a group on each request to SQS.

    A request to SQS is charged as one up to 64 KB: ten dead letters with bodies of 1 KB are about 20.
    """
    price = prices()
    queue = price["sqs_request"] + price["sqs_grouped_request"]
    requests = sum(count for name, count in calls.items() if name.startswith(_QUEUE))
    writes = sum(calls.get(name, 0) for name in _WRITES)
    logged = sent_bytes.get(_LOGS, 0) / _GIGABYTE * price["logs_gb"]
    return (requests * queue + writes * price["dynamodb_write"]) / _MILLION + logged
