"""The closed lists of words in ingest's log and metrics, as types. Ingest itself never runs it.

For type checkers and tests: it imports `typing`, for which a cold start would pay (see `ingest.lite_namedtuple`).
"""

from typing import Literal

Level = Literal["INFO", "WARN", "ERROR"]
"""What a line of the log is to whoever runs this."""

RejectionReason = Literal[
    "unknown-path",
    "unknown-path-signed",
    "retired-profile",
    "method",
    "no-challenge",
    "long-challenge",
    "unreadable-body",
    "empty-body",
    "no-secret",
    "secret-store",
    "no-signature",
    "wrong-signature",
    "replaced-bytes",
    "overflow",
    "queue",
    "failed",
]
"""Why a request was rejected; `failed` is what nobody foresaw."""
