"""Pauses the processor, so that messages stay on the webhook queue."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from scripts.aws.clients import Aws
from tests.end_to_end.running import eventually


@contextmanager
def paused(aws: Aws, function: str) -> Iterator[None]:
    """Disable the event source mapping of a function during the block."""
    [mapping] = aws.functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    try:
        _switch(aws, mapping["UUID"], is_on=False)
        yield
    finally:
        _switch(aws, mapping["UUID"], is_on=True)


def _switch(aws: Aws, uuid: str, *, is_on: bool) -> None:
    """Enable or disable a mapping, and wait until that is done; AWS rejects a change during another one."""

    def change() -> bool:
        with suppress(aws.functions.exceptions.ResourceInUseException):
            aws.functions.update_event_source_mapping(UUID=uuid, Enabled=is_on)
            return True
        return False

    eventually(change, seconds=60)
    wanted = "Enabled" if is_on else "Disabled"
    eventually(lambda: aws.functions.get_event_source_mapping(UUID=uuid)["State"] == wanted, seconds=60)
