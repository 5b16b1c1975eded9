"""The processor's composition root, in a fresh interpreter: what it needs to start, and what it refuses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processor.test_settings import ENVIRONMENT

ROOT = Path(__file__).parents[2]


def handle(event: object, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    code = f"from processor.handler import lambda_handler; lambda_handler({event!r}, None)"
    return subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code],
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "event",
    [{}, [], None, {"Records": None}, {"Records": [{"eventSource": "aws:sns"}]}, {"Records": ["x"]}, {"body": "x"}],
)
def test_f34_what_is_no_sqs_event_is_refused_clearly(event: object) -> None:
    """A console's test event or another source gets one sentence that says where events go in."""
    done = handle(event, ENVIRONMENT)
    assert done.returncode == 1
    assert "ValueError: This function takes events from SQS only" in done.stderr


def test_an_empty_batch_is_fine() -> None:
    """The handler starts with what the template gives it, and no records are no work."""
    done = handle({"Records": []}, ENVIRONMENT)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_setting_stops_the_function_when_it_starts() -> None:
    """A function without its settings says which are missing before it takes an event."""
    done = handle({"Records": []}, {"STAGE": "dev"})
    assert (
        "SettingsError: The environment lacks TOPICS, TOPIC_ARN_PREFIX, STATE_MACHINE_ARNS, WEBHOOK_QUEUE_ARN, "
        in done.stderr
    )
