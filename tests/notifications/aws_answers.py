"""Clients of AWS with scripted answers, and the errors that botocore knows for an operation."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.session import get_session
from botocore.stub import Stubber

from notifications.aws_sending import ONE_REQUEST


def known_errors(service: str, operation: str) -> list[str]:
    """Return the codes of the errors in the service model, as they arrive."""
    model = get_session().get_service_model(service).operation_model(operation)
    return [shape.metadata.get("error", {}).get("code", shape.name) for shape in model.error_shapes]


@functools.cache
def _client(service: Any) -> Any:
    return boto3.client(
        service,
        region_name="eu-central-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=ONE_REQUEST,
    )


@contextmanager
def answering(service: Any, operation: str, answer: dict[str, Any], expected: Any = None) -> Iterator[Any]:
    """Yield a client that gives this answer once; with `expected`, only to a request with these parameters."""
    client = _client(service)
    with Stubber(client) as stub:
        stub.add_response(operation, answer, expected)
        yield client
        stub.assert_no_pending_responses()


@contextmanager
def refusing(service: Any, operation: str, code: str, text: str = "canary", status: int = 400) -> Iterator[Any]:
    """Yield a client that answers once with this error."""
    client = _client(service)
    with Stubber(client) as stub:
        stub.add_client_error(operation, code, text, status)
        yield client
        stub.assert_no_pending_responses()
