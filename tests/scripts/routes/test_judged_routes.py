"""Test reading the deployed routes."""

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.routes.judged_routes import (
    DeployedRoutesUnknownError,
    RoutesFileCopy,
    deployed_routes,
    deployed_routes_or_none,
)

COPY = RoutesFileCopy(b"stages: {}\nroutes: []\n")
OUTPUTS = {"CodeBucket": "artefacts", "RoutesDigest": COPY.digest}
WHERE = f"s3://artefacts/{COPY.key}"


@pytest.fixture
def stored(aws: Aws) -> Aws:
    """AWS with the file in the bucket."""
    aws.s3.create_bucket(Bucket="artefacts")
    aws.s3.put_object(Bucket="artefacts", Key=COPY.key, Body=COPY.content)
    return aws


def reason(aws: Aws, outputs: dict[str, str]) -> str:
    """Return why the file cannot be read; callers that only compare get None."""
    assert deployed_routes_or_none(aws.s3, outputs) is None
    with pytest.raises(DeployedRoutesUnknownError) as raised:
        deployed_routes(aws.s3, outputs)
    return str(raised.value)


def test_the_deployed_file_is_read_by_the_stacks_outputs(stored: Aws) -> None:
    """Bucket and digest are outputs of the stack; the key contains the digest."""
    assert deployed_routes(stored.s3, OUTPUTS) == COPY.content.decode()
    assert deployed_routes_or_none(stored.s3, OUTPUTS) == COPY.content.decode()


@pytest.mark.parametrize("digest", ["", "../secrets", "A" * 64])
def test_a_stack_without_digest_is_unknown(aws: Aws, digest: str) -> None:
    """It was deployed by other means; S3 is not called."""
    assert "output RoutesDigest" in reason(aws, OUTPUTS | {"RoutesDigest": digest})


def test_a_deleted_copy_is_unknown(stored: Aws) -> None:
    """The message says how to restore it."""
    stored.s3.delete_object(Bucket="artefacts", Key=COPY.key)
    assert reason(stored, OUTPUTS) == (
        f"AWS answers NoSuchKey for {WHERE}: the file was deleted; deploy the same routes again to store it"
    )


def test_another_file_under_the_key_is_unknown(stored: Aws) -> None:
    """Only the file with that digest is the deployed one."""
    stored.s3.put_object(Bucket="artefacts", Key=COPY.key, Body=b"routes: [other]")
    assert reason(stored, OUTPUTS) == f"{WHERE} is not the file that was deployed; its digest differs"


def test_a_missing_right_is_named(stored: Aws) -> None:
    """It is the only right needed."""
    with Stubber(stored.s3) as stub:
        for _ in range(2):
            stub.add_client_error("get_object", "AccessDenied", http_status_code=403)
        assert reason(stored, OUTPUTS) == f"AWS answers AccessDenied for {WHERE}: your role needs s3:GetObject there"


def test_no_answer_is_unknown(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is the kind of error."""

    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://s3.invalid")

    monkeypatch.setattr(aws.s3, "get_object", unreachable)
    assert reason(aws, OUTPUTS) == f"no response from AWS for {WHERE}: EndpointConnectionError"
