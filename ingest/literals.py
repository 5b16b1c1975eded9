"""Literal types for the words in ingest's log and metrics, for type checkers and tests.

Ingest does not import this at run time, because `typing` slows down a cold start (see `ingest.lite_namedtuple`).
"""

from typing import Literal

Level = Literal["INFO", "WARN", "ERROR"]
"""The level of a log line."""

RejectionReason = Literal[
    "unknown-path", "unknown-path-signed", "retired-profile", "method", "no-challenge", "long-challenge",
    "unreadable-body", "empty-body", "no-secret", "secret-store", "no-signature", "wrong-signature", "replaced-bytes",
    "overflow", "queue", "failed",
]  # fmt: skip
"""Why a request was rejected; `failed` is an unexpected error."""
