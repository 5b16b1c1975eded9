"""Pauses the processor, so that messages stay on the webhook queue."""

from collections.abc import Iterator
from contextlib import contextmanager

from scripts.aws.clients import Aws


@contextmanager
def paused(aws: Aws, function: str) -> Iterator[None]:
    """Disable the event source mapping of a function during the block."""
    [mapping] = aws.functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        aws.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
