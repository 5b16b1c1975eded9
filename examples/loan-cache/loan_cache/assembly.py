"""Makes what the functions share from their settings: the tables, the secrets, and Alma's API."""

import time
from functools import cache
from typing import TYPE_CHECKING, Final

import boto3

from loan_cache.alma_lists import FILL_SECONDS_BETWEEN, READ_SECONDS_BETWEEN, AlmaLists
from loan_cache.daily_pool import DailyPool
from loan_cache.function_settings import AlmaSettings
from loan_cache.settings import TableNames
from loan_cache.writer import Writer
from notifications.alma_api import AlmaApi
from notifications.exchange import BoundedHttpClient
from notifications.pacing import Pacing
from notifications.references import SecretReference
from notifications.secret_values import SecretValues
from notifications.sender_table import SenderTable
from processor.errors import Permanent
from processor.retries import RECORD_CALLS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PART: Final = "loan-cache"
"""The folder of the secrets: `/alma-webhooks/STAGE/loan-cache/alma-api-key` and `…/token-key`."""

SHORTEST_TOKEN_KEY: Final = 32

_TOKEN_KEY: Final = SecretReference(ssm="token-key")


def writer_of(names: TableNames) -> Writer:
    """Return the writer of these tables. The SDK repeats a failed call, because a fill has many."""
    return Writer.of(boto3.client("dynamodb", config=RECORD_CALLS), names)


def secrets_of(stage: str) -> SecretValues:
    """Return the secrets of the loan cache."""
    return SecretValues(cache(lambda: boto3.client("ssm", config=RECORD_CALLS)), stage, part=PART)


def token_key(secrets: SecretValues) -> str:
    """Return the key of the tokens of pages. Raise Permanent (no-target, refused) if it is missing or short; Transient.

    A key that can be guessed would let a client read from any place of any list.
    """
    key = secrets.value(_TOKEN_KEY)
    if len(key) < SHORTEST_TOKEN_KEY:
        name = secrets.parameter(_TOKEN_KEY)
        raise Permanent("refused", f"the parameter {name} has fewer than {SHORTEST_TOKEN_KEY} characters")
    return key


def lists_for_fills(settings: AlmaSettings, secrets: SecretValues, per_day: int, kept: int) -> AlmaLists:
    """Return Alma's lists at the pace of fills, within their pool of a day."""
    table = _pace_table(settings)
    pool = DailyPool(table, per_day, time.time)
    api = AlmaApi(
        _http(settings),
        settings.host,
        secrets,
        Pacing(table, time.time, ahead_seconds=0),
        purpose="fill",
        seconds_between=FILL_SECONDS_BETWEEN,
        count=pool.take,
    )
    return AlmaLists(api, kept)


def lists_for_readers(settings: AlmaSettings, secrets: SecretValues) -> AlmaLists:
    """Return Alma's lists at the pace of the read API, which waits for no fill."""
    pacing = Pacing(_pace_table(settings), time.time, ahead_seconds=0)
    api = AlmaApi(_http(settings), settings.host, secrets, pacing, purpose="read", seconds_between=READ_SECONDS_BETWEEN)
    return AlmaLists(api)


def _pace_table(settings: AlmaSettings) -> SenderTable:
    dynamodb: DynamoDBClient = boto3.client("dynamodb", config=RECORD_CALLS)
    return SenderTable(dynamodb, settings.pace_table, time.time)


def _http(settings: AlmaSettings) -> BoundedHttpClient:
    return BoundedHttpClient(is_loopback_allowed=settings.is_loopback_allowed, receiver=settings.receiver)
