"""Writes the IAM request of every call that this process makes with an AWS SDK client to a file."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.model import OperationModel
from botocore.session import Session

from tests.iam.requests import requests_of


def install(path: str) -> None:
    """Append each request to the file, as a line of JSON, before the call is made. It sees clients created later."""

    def record(params: Mapping[str, Any], model: OperationModel, **_: Any) -> None:
        service = model.service_model.service_name
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(request)}\n" for request in requests_of(service, model.name, params))

    observe(record)


def observe(handler: Callable[..., None]) -> Callable[[], None]:
    """Call the handler with `params` and `model` before each call of clients created later; return what ends this."""
    create = Session.create_client

    def observed(session: Session, *arguments: Any, **options: Any) -> Any:
        client = create(session, *arguments, **options)
        client.meta.events.register("provide-client-params", handler)
        return client

    def end() -> None:
        Session.create_client = create  # type: ignore[method-assign] # as it was

    Session.create_client = observed  # type: ignore[assignment, method-assign] # the same call with any arguments
    return end
