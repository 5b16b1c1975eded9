"""Processes the records of one invocation of a function that reads a queue."""

from collections.abc import Callable, Iterable
from typing import Any

from processor.errors import Transient


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
