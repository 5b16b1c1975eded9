"""The artefact bucket: its creation, its owner and its objects. AWS is emulated in process."""

import json

import boto3
import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import RejectedError
from scripts.deploy.artefacts import Artefacts
from scripts.deploy.package import Package
from tests.mocked_aws import MockedAws

ACCOUNT = "123456789012"
BUCKET = f"alma-webhooks-artefacts-{ACCOUNT}-us-east-1"


pytestmark = pytest.mark.usefixtures("no_policies")


@pytest.fixture
def artefacts(aws: Aws) -> Artefacts:
    return Artefacts(aws, ACCOUNT, "us-east-1")


def test_the_bucket_is_made_when_it_is_first_needed(aws: Aws, artefacts: Artefacts) -> None:
    """Encrypted, versioned, nothing public, and over TLS alone."""
    assert not artefacts.exists()
    artefacts.upload([Package("ingest", b"zip")])
    assert artefacts.exists()
    blocked = aws.s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert (len(blocked), set(blocked.values())) == (4, {True})
    [rule] = aws.s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert aws.s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    statement = json.loads(aws.s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]


def test_a_zip_is_uploaded_once(aws: Aws, artefacts: Artefacts) -> None:
    """Its key contains its digest, so an existing object is the same."""
    package = Package("ingest", b"zip")
    artefacts.upload([package])
    artefacts.upload([package])
    assert aws.s3.get_object(Bucket=BUCKET, Key=package.key)["Body"].read() == b"zip"
    assert len(aws.s3.list_object_versions(Bucket=BUCKET)["Versions"]) == 1


def test_what_the_institution_set_is_left_alone(aws: Aws, artefacts: Artefacts) -> None:
    """A bucket with a policy has been set up, by whomever."""
    aws.s3.create_bucket(Bucket=BUCKET)
    aws.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
    artefacts.upload([Package("ingest", b"zip")])
    assert json.loads(aws.s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"] == []


def test_a_making_that_was_interrupted_is_completed(aws: Aws, artefacts: Artefacts) -> None:
    """A bucket without a policy gets all of it before anything is put there."""
    aws.s3.create_bucket(Bucket=BUCKET)
    artefacts.upload([Package("ingest", b"zip")])
    assert aws.s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert "TlsOnly" in aws.s3.get_bucket_policy(Bucket=BUCKET)["Policy"]


def test_a_bucket_of_another_account_is_refused(aws: Aws, artefacts: Artefacts) -> None:
    """Another owner of the name would hold the code that runs here."""
    asked = {"Bucket": BUCKET, "ExpectedBucketOwner": ACCOUNT}
    for use in (artefacts.exists, lambda: artefacts.upload([Package("ingest", b"zip")])):
        with Stubber(aws.s3) as stub:
            stub.add_client_error("head_bucket", "403", http_status_code=403, expected_params=asked)
            with pytest.raises(RejectedError, match="belongs to another account, or you have no access to it"):
                use()


def test_other_regions_are_said_when_a_bucket_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """us-east-1 alone must not be said."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with MockedAws():
        aws = Aws(boto3.Session(region_name="eu-central-1"))
        made = Artefacts(aws, ACCOUNT, "eu-central-1")
        made.upload([])
        assert not made.exists()
        made.upload([Package("ingest", b"zip")])
        assert aws.s3.get_bucket_location(Bucket=made.bucket)["LocationConstraint"] == "eu-central-1"


def test_a_short_template_goes_with_the_call(artefacts: Artefacts) -> None:
    """Nothing is made for it."""
    body = "x" * 51_200
    assert artefacts.template(body) == {"TemplateBody": body}
    assert not artefacts.exists()


def test_a_long_template_goes_through_the_bucket(aws: Aws, artefacts: Artefacts) -> None:
    """CloudFormation takes 51,200 bytes at most in a call; a character can have several."""
    body = "ä" * 25_601
    url = artefacts.template(body)["TemplateURL"]
    prefix = f"https://s3.amazonaws.com/{BUCKET}/"
    assert url.startswith(prefix)
    assert url.endswith(".json")
    stored = aws.s3.get_object(Bucket=BUCKET, Key=url.removeprefix(prefix))["Body"].read()
    assert stored.decode() == body
