"""A stack whose ingest has a log, which shows the usage of the secrets."""

import pytest

from scripts.aws.context import StackContext

INGEST_LOG = "/aws/lambda/alma-webhooks-dev-ingest"


@pytest.fixture
def scope(scope: StackContext) -> StackContext:
    """The stage dev, with an empty log of ingest."""
    scope.aws.logs.create_log_group(logGroupName=INGEST_LOG)
    outputs = {**scope.stack.outputs, "IngestLogGroupName": INGEST_LOG}
    return scope._replace(stack=scope.stack._replace(outputs=outputs))
