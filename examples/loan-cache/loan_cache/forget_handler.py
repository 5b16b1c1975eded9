"""The composition root of the function that forgets a patron: `aws lambda invoke` with `{"user": "ID"}`."""

import logging
import os
from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from loan_cache.entry import user_key
from loan_cache.forget import forget
from loan_cache.settings import TableNames
from loan_cache.writer import Writer
from processor.retries import CALLS

# The root logger of Lambda would write a line about its credentials at each start.
logging.getLogger("botocore").setLevel(logging.WARNING)

_WRITER = Writer.of(boto3.client("dynamodb", config=CALLS), TableNames.from_environment(os.environ))
_LOGGER = Logger(service="loan-cache-forget", use_rfc3339=True, utc=True)


def lambda_handler(event: Any, _context: object) -> dict[str, Any]:
    """Forget the user, and return how many items were deleted, until when the marker works, and what remains.

    Raise ValueError if the event does not name a user; Permanent or Transient if a table failed: invoke it again.
    """
    user = event.get("user") if isinstance(event, dict) else None
    if not isinstance(user, str):
        raise ValueError('Invoke this function with {"user": "ID"}, the primary identifier of a user of Alma.')  # noqa: TRY004 -- the event is a value of the caller
    forgotten = forget(_WRITER, user_key(user), datetime.now(UTC))
    _LOGGER.info("forgotten", extra={"deleted": forgotten.deleted})
    return forgotten.members
