"""A stack whose ingest has a log, which shows the usage of the secrets."""

import pytest

from scripts.aws.context import StackContext
from tests.moto_resources import create_log_group

INGEST_LOG = "/aws/lambda/alma-webhooks-dev-ingest"


@pytest.fixture
def scope(scope: StackContext) -> StackContext:
    """The stage dev, with an empty log of ingest."""
    create_log_group(scope.aws, INGEST_LOG)
    outputs = {**scope.stack.outputs, "IngestLogGroupName": INGEST_LOG}
    return scope._replace(stack=scope.stack._replace(outputs=outputs))
