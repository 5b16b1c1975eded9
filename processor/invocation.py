"""Reads and processes the records of one invocation of a function that reads a queue."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from processor.errors import Transient

_COUNT = re.compile("[1-9][0-9]{0,8}")


def sqs_records(event: Any, advice: str) -> list[dict[str, Any]]:
    """Return the records of an event from SQS. Raise ValueError with the advice if it is from elsewhere."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not all(map(_is_from_sqs, records)):
        raise ValueError(f"This function only accepts events from SQS; {advice}.")
    return records


def attributes_of(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the message attributes of a record as texts."""
    attributes = record.get("messageAttributes") or {}
    return {name: attribute.get("stringValue") or "" for name, attribute in attributes.items()}


def receives_of(record: Mapping[str, Any]) -> int:
    """Return the receive count of a message, including this receive; 1 if SQS does not say."""
    attributes = record.get("attributes")
    count = attributes.get("ApproximateReceiveCount") if isinstance(attributes, dict) else None
    return int(count) if isinstance(count, str) and _COUNT.fullmatch(count) else 1


def process_all(
    records: Iterable[dict[str, Any]],
    process: Callable[[dict[str, Any]], object],
    acknowledge: Callable[[dict[str, Any]], object],
) -> None:
    """Process the records independently of each other. Raise the first Transient.

    Lambda then returns all of them to the queue. So records with an outcome are acknowledged here first; otherwise they
    would be processed twice.
    """
    done: list[dict[str, Any]] = []
    failures: list[Transient] = []
    for record in records:
        try:
            process(record)
        except Transient as failure:
            failures.append(failure)
        else:
            done.append(record)
    if failures:
        for record in done:
            acknowledge(record)
        raise failures[0]


def _is_from_sqs(record: Any) -> bool:
    return isinstance(record, dict) and record.get("eventSource") == "aws:sqs"
