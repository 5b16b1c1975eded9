"""The composition root of the read API: creates settings, clients and tables once."""

import encodings.idna  # noqa: F401 -- the first connection imports it, and CPU is scarce after the start
import logging
import os
import time
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger

from loan_cache.assembly import lists_for_readers, secrets_of, token_key, writer_of
from loan_cache.cache_reader import CacheReader
from loan_cache.fill_requests import FillRequests
from loan_cache.function_settings import ReadSettings
from loan_cache.lists_of_users import ListsOfUsers
from loan_cache.page_token import PageTokens
from loan_cache.read_api import ReadApi
from processor.retries import CALLS

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# The root logger of Lambda would write a line about its credentials at each start.
logging.getLogger("botocore").setLevel(logging.WARNING)

_SETTINGS = ReadSettings.from_environment(os.environ)
_SECRETS = secrets_of(_SETTINGS.alma.stage)
_API = ReadApi(
    ListsOfUsers(
        CacheReader.of(writer_of(_SETTINGS.tables)),
        lists_for_readers(_SETTINGS.alma, _SECRETS),
        FillRequests(boto3.client("sqs", config=CALLS), _SETTINGS.fill_queue_url),
    ),
    PageTokens(lambda: token_key(_SECRETS), time.time),
    Logger(service="loan-cache-read", use_rfc3339=True, utc=True),
)


def lambda_handler(event: Any, _context: "LambdaContext") -> dict[str, Any]:
    """Answer one event of API Gateway, payload 2.0. Never raise."""
    return _API.answer(event)
