"""The composition root of the function: makes settings and clients once, and the steps for each invocation."""

import logging
import os
import time
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger

from export_transform.access_values import access_value
from export_transform.check_step import CheckStep
from export_transform.checkpoint import CheckpointStore
from export_transform.destination import Destination
from export_transform.export_input import ExportInput
from export_transform.http_destination import HttpDestination, ReceiverAccess
from export_transform.limits import Limits
from export_transform.run_step import Ports, RunStep
from export_transform.s3_destination import RejectsFolder, S3Destination
from export_transform.s3_source import READS, S3Source
from export_transform.settings import Settings
from export_transform.sftp_connection import SftpAccess, sftp_session
from export_transform.sftp_source import SftpSource
from export_transform.source import Source
from export_transform.step_result import StepResult
from export_transform.surroundings import Surroundings
from export_transform.transform import load
from notifications.exchange import BoundedHttpClient
from notifications.https_address import HttpsAddress
from notifications.local_receiver import LocalReceiver
from processor.errors import Permanent, Transient
from processor.retries import RECORD_CALLS

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient

RECEIVER_SECONDS = 30.0
"""The time that a receiver has for a batch."""

# The root logger of Lambda would write a line about its credentials at each start.
logging.getLogger("botocore").setLevel(logging.WARNING)

_SETTINGS = Settings.from_environment(os.environ)
_LOGGER = Logger(service="export-transform", use_rfc3339=True, utc=True)
_TRANSFORM = load(_SETTINGS.transform)


def lambda_handler(event: Any, context: "LambdaContext") -> dict[str, Any]:
    """Run the step `check` or `run` of an execution, and return its result. Raise Transient."""
    _LOGGER.append_keys(**_log_keys(event))
    try:
        given = ExportInput.parse(event["input"])
        surroundings = Surroundings(Limits(), lambda: context.get_remaining_time_in_millis() / 1000, time.time)
        result = _result(event["step"], given, event["execution"], surroundings)
    except Permanent as failure:
        result = StepResult("failed", cause=f"{failure.target or 'input'}-refused", reason=failure.reason)
    except Transient as failure:
        _LOGGER.warning("step is repeated", cause=f"{failure.target}-unreachable", reason=failure.reason)
        raise
    _LOGGER.info("step ended", **result.as_data())
    return result.as_data()


def _log_keys(event: Any) -> dict[str, Any]:
    """Return what finds the webhook of an execution, also if its input is wrong. Each invocation replaces all of it."""
    given = event["input"] if isinstance(event["input"], dict) else {}
    job = given["job"] if isinstance(given.get("job"), dict) else {}
    return {
        "execution": event["execution"],
        "step": event["step"],
        "receipt_id": given.get("receipt_id"),
        "job_id": job.get("id"),
    }


def _result(step: str, given: ExportInput, execution: str, surroundings: Surroundings) -> StepResult:
    store = CheckpointStore(_dynamodb(), _SETTINGS.checkpoint_table, given.job_key, time.time)
    source = _source(given)
    if step == "check":
        return CheckStep(store, source, surroundings).run(given, execution)
    ports = Ports(source, _destination(given), RejectsFolder(_s3(), _SETTINGS.output_bucket), time.sleep)
    return RunStep(store, ports, _TRANSFORM, surroundings).run(given, execution)


def _source(given: ExportInput) -> Source:
    if given.export.source == "s3":
        return S3Source(_s3(), _SETTINGS.export_bucket)
    access = access_value(_ssm(), f"{_SETTINGS.access_prefix}sftp", SftpAccess, "source")
    return SftpSource(partial(sftp_session, access, is_loopback_allowed=_SETTINGS.is_loopback_allowed))


def _destination(given: ExportInput) -> Destination:
    kind, content_type = given.export.destination, given.export.content_type
    if kind != "http":
        return S3Destination(_s3(), _SETTINGS.output_bucket, content_type, is_by_record=kind == "s3-records")
    access = access_value(_ssm(), f"{_SETTINGS.access_prefix}receiver", ReceiverAccess, "destination")
    return HttpDestination(_http(access), access, content_type, time.time)


def _http(access: ReceiverAccess) -> BoundedHttpClient:
    receiver = None
    if access.authority is not None:
        if not _SETTINGS.is_loopback_allowed:
            reason = "The parameter receiver has an authority, which is for the emulator only."
            raise Permanent("no-target", reason, target="destination")
        receiver = LocalReceiver(HttpsAddress.parse(access.url).port, access.authority)
    return BoundedHttpClient(seconds=RECEIVER_SECONDS, ports=_SETTINGS.https_ports, receiver=receiver)


@cache
def _s3() -> "S3Client":
    return boto3.client("s3", config=READS)


@cache
def _ssm() -> "SSMClient":
    return boto3.client("ssm", config=RECORD_CALLS)


@cache
def _dynamodb() -> "DynamoDBClient":
    return boto3.client("dynamodb", config=RECORD_CALLS)
