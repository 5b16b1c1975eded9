"""The tools' AWS clients: one that is meant for an emulator reaches nothing else."""

import json
import os
import subprocess
import sys
from pathlib import Path

SEALED = """
import json, os
import boto3
from scripts.aws.clients import seal_environment
seal_environment("http://127.0.0.1:1", "us-east-1")
client = boto3.client("sqs")
print(json.dumps([client.meta.endpoint_url, {k: v for k, v in os.environ.items() if k.startswith(("AWS_", "BOTO_"))}]))
"""


def test_a_sealed_process_has_no_way_to_the_cloud() -> None:
    """Profiles, keys and endpoints of the user are gone; a client made anywhere talks to the emulator."""
    users = {"AWS_PROFILE": "work", "AWS_ENDPOINT_URL_SQS": "https://sqs.invalid", "AWS_SESSION_TOKEN": "t"}
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", SEALED],
        env={"PATH": os.environ["PATH"], **users},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    endpoint, left = json.loads(done.stdout)
    assert endpoint == "http://127.0.0.1:1"
    assert not users.keys() & left.keys()
    assert left["AWS_ACCESS_KEY_ID"] == left["AWS_SECRET_ACCESS_KEY"] == "test"
    assert left["AWS_CONFIG_FILE"] == left["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
