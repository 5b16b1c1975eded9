"""Asks for a patron's loans and requests to be filled from Alma, through the fill queue."""

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from loan_cache.entry import user_key
from loan_cache.expiry import MOST_AHEAD_SECONDS
from loan_cache.order import FILL_MARGIN_MS
from processor.errors import Permanent
from processor.retries import failures_of_aws

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# A fill replaces an incomplete entry only if it is newer in the order: it has to start so much later than the event
# arrived. "SendMessage", Amazon SQS API Reference: at most 900.
DELAY_AFTER_EVENT_SECONDS: Final = math.ceil(FILL_MARGIN_MS / 1000) + MOST_AHEAD_SECONDS + 1


@dataclass(frozen=True)
class FillRequest:
    """One patron, by the key of the tables. In the queue it is `{"user": "…"}`."""

    user: str

    def __repr__(self) -> str:
        """Return the class only, because logs must not show who."""
        return "FillRequest(…)"

    def encode(self) -> str:
        """Return the body of the message."""
        return json.dumps({"user": self.user})

    @classmethod
    def decode(cls, body: str) -> Self:
        """Return the request of a message. Raise Permanent (not-parsed), which quotes nothing of it."""
        try:
            return cls(user_key(json.loads(body)["user"]))
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
            reason = 'A message of the fill queue must be {"user": "…"} with a primary identifier.'
            raise Permanent("not-parsed", reason, field="user") from None


class FillRequests:
    """The fill queue, for those who send to it."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, request: FillRequest, delay_seconds: int = 0) -> None:
        """Queue one request ("SendMessage", Amazon SQS API Reference). Raise Permanent (refused), Transient."""
        with failures_of_aws("refused", "the fill queue could not be written"):
            self._sqs.send_message(QueueUrl=self._url, MessageBody=request.encode(), DelaySeconds=delay_seconds)
