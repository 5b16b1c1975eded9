"""The floor of the processor's cold start: the same clients as the processor, with the same configuration."""

import runpy
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

import benchmarks
from processor.retries import CALLS, RECORD_CALLS

FLOOR = Path(benchmarks.__file__).parent / "handlers" / "boto3_same_clients.py"


def test_the_floor_has_the_clients_of_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that `tests/processor/test_handler.py` finds, so that a new one changes the floor too."""
    made: dict[str, Any] = {}

    def client(name: str, *, config: Config) -> None:
        made[name] = vars(config)

    monkeypatch.setattr(boto3, "client", client)
    runpy.run_path(str(FLOOR))
    calls = dict.fromkeys(("s3", "sns", "sqs", "stepfunctions"), vars(CALLS))
    assert made == calls | {"dynamodb": vars(RECORD_CALLS)}
