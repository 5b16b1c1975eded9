"""Batches in S3, and at a receiver on this computer."""

import time

import boto3
import pytest
from export_transform.batch import Batch
from export_transform.http_destination import HttpDestination, ReceiverAccess
from export_transform.records import Position, Reject
from export_transform.s3_destination import RejectsFolder, S3Destination
from local_run.receiver import BatchReceiver
from pydantic import ValidationError

from notifications.errors import Permanent, Throttled, Transient
from notifications.exchange import BoundedHttpClient
from notifications.integrations.integration import HttpRequest, HttpResponse
from notifications.local_receiver import LocalReceiver
from tests.notifications.tls_server import authority_pem, tls

BUCKET = "exports-dev-files"
SECRET, OLD = ("whsec_" + character * 32 for character in "AB")
NOW = 1_778_637_603.0


def batch(**values: object) -> Batch:
    """Return a batch of two records."""
    known = {"job_key": "inst/job", "execution": "e", "number": 1, "file": 1, "first": 1, "last": 3}
    return Batch.model_validate({**known, "bodies": {1: b"a", 3: "\u00e4".encode()}, **values})


def objects() -> dict[str, bytes]:
    """Return the objects of the bucket."""
    s3 = boto3.client("s3")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
    return {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


@pytest.fixture
def _bucket(aws: None) -> None:  # noqa: ARG001 -- starts AWS
    boto3.client("s3").create_bucket(Bucket=BUCKET)


@pytest.mark.usefixtures("_bucket")
def test_a_batch_is_one_object_and_is_written_once() -> None:
    """The name has the job and the records; what exists is not written again."""
    destination = S3Destination(boto3.client("s3"), BUCKET, "application/x-ndjson", is_by_record=False)
    destination.send(batch())
    destination.send(batch())
    assert objects() == {"output/inst/job/00001-000000001-000000003": "a\n\u00e4\n".encode()}


@pytest.mark.parametrize("is_by_record", [False, True])
@pytest.mark.usefixtures("_bucket")
def test_an_object_with_other_content_is_neither_replaced_nor_counted_as_written(is_by_record: bool) -> None:
    """It is that of an earlier transform, whose records are not those of this one."""
    destination = S3Destination(boto3.client("s3"), BUCKET, "application/x-ndjson", is_by_record=is_by_record)
    destination.send(batch())
    before = objects()
    with pytest.raises(Permanent, match=r"output/inst/job/.* exists with other content\. Delete"):
        destination.send(batch(bodies={1: b"other"}))
    assert objects() == before


@pytest.mark.usefixtures("_bucket")
def test_each_record_can_be_one_object() -> None:
    """The name has the number of the record in its file."""
    S3Destination(boto3.client("s3"), BUCKET, "application/json", is_by_record=True).send(batch())
    assert objects() == {"output/inst/job/00001-000000001": b"a", "output/inst/job/00001-000000003": "\u00e4".encode()}


@pytest.mark.usefixtures("_bucket")
def test_rejects_are_lines_of_json() -> None:
    """A repeated segment replaces its object."""
    folder = RejectsFolder(boto3.client("s3"), BUCKET)
    for _ in range(2):
        folder.write(batch().place, [Reject(Position("f", "p", 2, 10), "bad-leader", "99")])
    ((key, line),) = objects().items()
    assert key == "rejects/inst/job/00001-000000001-000000003.jsonl"
    assert b'"reason": "bad-leader"' in line


@pytest.mark.usefixtures("aws")
def test_a_missing_bucket_is_a_permanent_failure() -> None:
    """Nothing is repeated."""
    with pytest.raises(Permanent, match="output cannot be written"):
        S3Destination(boto3.client("s3"), "exports-missing", "text/plain", is_by_record=False).send(batch())


def test_a_receiver_gets_signed_batches_and_drops_repeated_ones() -> None:
    """By their key, over TLS; a batch that is signed with an unknown secret is rejected."""
    with BatchReceiver(tls(), SECRET) as receiver:
        http = BoundedHttpClient(receiver=LocalReceiver(receiver.port, authority_pem()))
        url = f"https://127.0.0.1:{receiver.port}/records"
        access = ReceiverAccess.model_validate({"url": url, "secret": OLD, "previous_secret": SECRET})
        destination = HttpDestination(http, access, "application/x-ndjson", time.time)
        destination.send(batch())
        destination.send(batch())
        with pytest.raises(Permanent, match=r"127\.0\.0\.1 answered 401"):
            HttpDestination(
                http, ReceiverAccess.model_validate({"url": url, "secret": OLD}), "text/plain", time.time
            ).send(batch())
        assert (receiver.records, receiver.repeated) == ([b"a", "\u00e4".encode()], 1)


class Answering:
    """An HTTP client with one answer."""

    def __init__(self, status: int, **headers: str) -> None:
        self._response = HttpResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"")
        self.request: HttpRequest | None = None

    def post(self, request: HttpRequest) -> HttpResponse:
        """Return the answer."""
        self.request = request
        return self._response


def destination_of(http: Answering) -> HttpDestination:
    """Return a destination at a fixed time."""
    access = ReceiverAccess.model_validate({"url": "https://index.example/records", "secret": SECRET})
    return HttpDestination(http, access, "application/x-ndjson", lambda: NOW)


def test_the_key_is_in_two_headers() -> None:
    """That of Standard Webhooks, and the usual one."""
    http = Answering(202)
    destination_of(http).send(batch())
    assert http.request is not None
    headers = http.request.headers
    assert headers["webhook-id"] == headers["Idempotency-Key"] == batch().key
    assert http.request.body == batch().body


@pytest.mark.parametrize(
    ("status", "failure"), [(400, Permanent), (301, Permanent), (500, Transient), (429, Throttled)]
)
def test_other_answers_are_failures(status: int, failure: type[Exception]) -> None:
    """As those of notifications; the wait that the receiver asks for is kept."""
    with pytest.raises(failure, match=r"index\.example answered") as error:
        destination_of(Answering(status, retry_after="17")).send(batch())
    if isinstance(error.value, Throttled):
        assert error.value.retry_after == 17.0


def test_bytes_that_are_no_text_cannot_be_signed() -> None:
    """The specification signs text; such records go to S3."""
    with pytest.raises(Permanent, match="not UTF-8"):
        destination_of(Answering(200)).send(batch(bodies={1: b"\xff"}))


@pytest.mark.parametrize("wrong", [{"url": "http://index.example"}, {"secret": "short"}, {"other": 1}])
def test_a_wrong_receiver_is_reported(wrong: dict[str, object]) -> None:
    """Only HTTPS, and a secret of the right form."""
    with pytest.raises(ValidationError):
        ReceiverAccess.model_validate({"url": "https://index.example", "secret": SECRET, **wrong})
