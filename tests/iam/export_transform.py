"""The requests of the function of examples/export-transform, and the policies of its role in its template.

`tests/examples/export_transform/test_rights.py` compares them with the calls that the function makes.
"""

from collections.abc import Mapping
from typing import Any, Final

from scripts.aws.template import load
from scripts.cli.product_files import PROJECT
from tests.iam.physical import StackResources
from tests.iam.requests import IamRequest

_STACK: Final = "alma-webhooks-STAGE-export-transform"
_NAME: Final = "export-transform-run"
_EXPORTS: Final = "arn:aws:s3:::ExportBucket"  # a bucket of the library
_FILES: Final = f"arn:aws:s3:::{_STACK}-ACCOUNT-REGION"
_TABLE: Final = f"arn:aws:dynamodb:REGION:ACCOUNT:table/{_STACK}-checkpoints"
_ACCESS: Final = "arn:aws:ssm:REGION:ACCOUNT:parameter/alma-webhooks/STAGE/export-transform"
_STREAM: Final = f"arn:aws:logs:REGION:ACCOUNT:log-group:/aws/lambda/{_STACK}-run:log-stream:x"

MADE: Final = {
    IamRequest("dynamodb:GetItem", _TABLE),
    IamRequest("dynamodb:PutItem", _TABLE),
    IamRequest("s3:ListBucket", _EXPORTS),
    IamRequest("s3:GetObject", f"{_EXPORTS}/exports/bib/BIB_1.xml"),
    IamRequest("s3:PutObject", f"{_FILES}/output/INST/JOB/00001-000000001-000000500"),
    IamRequest("s3:GetObject", f"{_FILES}/output/INST/JOB/00001-000000001-000000500"),
    IamRequest("s3:PutObject", f"{_FILES}/rejects/INST/JOB/00001-000000001-000000500.jsonl"),
    IamRequest("ssm:GetParameter", f"{_ACCESS}/sftp"),
    IamRequest("ssm:GetParameter", f"{_ACCESS}/receiver"),
}
"""What the function asks for, but for logs."""


def requests() -> dict[str, set[IamRequest]]:
    """Return the requests of the function."""
    return {_NAME: MADE | {IamRequest(f"logs:{each}", _STREAM) for each in ("CreateLogStream", "PutLogEvents")}}


def policies() -> dict[str, list[Mapping[str, Any]]]:
    """Return the policies of the role."""
    stack = StackResources(load(PROJECT / "examples" / "export-transform" / "transform.yaml"), _STACK)
    role = stack.resolved(stack.resources["RunRole"]["Properties"]["Policies"])
    return {_NAME: [each["PolicyDocument"] for each in role]}
