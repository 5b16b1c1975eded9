"""Queues of moto's with dead letters."""

import pytest

from scripts.deploy.aws import Aws
from tests.scripts.operate.dead_letters.letters import Queues


@pytest.fixture
def queues(aws: Aws) -> Queues:
    """A webhook queue and its dead-letter queue, both empty."""
    return Queues.made(aws)
