"""The function asks for what its role is simulated with, and for nothing else."""

from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.model import OperationModel

from tests.examples.export_transform.marc_samples import document, record
from tests.examples.export_transform.test_handler import BUCKET, handler, step
from tests.iam import export_transform
from tests.iam.requests import requests_of

__all__ = ["handler"]


@pytest.fixture
def made(handler: ModuleType) -> set[str]:  # noqa: ARG001 -- the clients begin there
    """Return the actions of the requests that clients make from now on."""
    found: set[str] = set()

    def look(params: dict[str, Any], model: OperationModel, **_: Any) -> None:
        found.update(each.action for each in requests_of(model.service_model.service_name, model.name, params))

    session: Any = boto3.client
    session.__self__.events.register("provide-client-params", look)  # of the fixture `aws`
    return found


def test_the_function_asks_for_the_rights_of_its_role(handler: ModuleType, made: set[str]) -> None:
    """Files, rejects, outputs that exist already, checkpoints and access."""
    s3 = boto3.client("s3")
    s3.put_object(Bucket=BUCKET, Key="exports/1.xml", Body=document([record(1), record(2, "bad"), record(3)]))
    s3.put_object(Bucket=BUCKET, Key="output/01EXAMPLE_INST/9100000000008141/00001-000000001-000000003", Body=b"other")
    made.clear()
    step(handler, "check", destination="s3")
    assert "exists with other content" in step(handler, "run", destination="s3")["reason"]
    step(handler, "run")
    assert made == {each.action for each in export_transform.MADE}
