"""A stack with queues, and AWS calls that fail."""

from typing import Any

from botocore.exceptions import ClientError

from scripts.aws.context import StackContext
from tests.moto_resources import create_queue


def queued_scope(scope: StackContext) -> StackContext:
    """Return the stack with a webhook queue and a dead-letter queue, both empty."""
    queues = {name: create_queue(scope.aws, name) for name in ("webhooks", "dead-letters")}
    outputs = {"QueueUrl": queues["webhooks"], "DeadLetterQueueUrl": queues["dead-letters"]}
    return scope._replace(stack=scope.stack._replace(outputs=scope.stack.outputs | outputs))


def refused(client: Any, operation: str, code: str) -> Any:
    """Let an operation of a client fail with an error code from now on; return what `allowed` takes."""

    def fail(**_: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "not now"}}, operation)

    event = f"before-parameter-build.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    client.meta.events.register_first(event, fail)
    return client, event, fail


def allowed(again: Any) -> None:
    """Let the operation work again."""
    client, event, fail = again
    client.meta.events.unregister(event, fail)
