"""The emulator expands the templates to the same as the product does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.aws import emulator, ports
from scripts.aws.clients import Aws
from scripts.aws.template import OBSERVABILITY, PIPELINE, load
from scripts.cli.signals import Interrupts
from scripts.deploy.expansion import expanded
from tests.infra.observability_alarms import alarms_of
from tests.infra.other_expanders import TOPICS, by_the_emulator, comparable, lists
from tests.infra.test_observed_metrics import not_emitted

pytestmark = pytest.mark.full  # deployments with many parameters

# Parameters without a default; their values do not affect loops.
VALUES = {
    PIPELINE: {"Stage": "dev", "CodeBucket": "code", "IngestCodeKey": "i", "ProcessorCodeKey": "p"},
    OBSERVABILITY: {
        "Emulated": "true",
        "Stage": "dev",
        "Alarms": "full",
        "WebhookUrlBase": "https://x/webhooks/",
        **{
            name: "x"
            for name, one in load(OBSERVABILITY)["Parameters"].items()
            if "Default" not in one and name not in {"Stage", "Alarms", "WebhookUrlBase", *lists([])}
        },
    },
}


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """Start an emulator without a stack."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        yield Aws.local(started.endpoint_url, emulator.REGION)


@pytest.mark.parametrize("topics", TOPICS, ids=len)
@pytest.mark.parametrize("path", VALUES, ids=lambda path: path.stem)
def test_f76_the_emulator_expands_a_template_equally(path: Path, topics: list[str], aws: Aws) -> None:
    """The emulator expands a template to the same resources, and every alarm among them watches an emitted metric."""
    by_emulator: dict[str, Any] = by_the_emulator(aws, path, topics, **VALUES[path])
    by_product = expanded(load(path), lists(topics))
    assert comparable(by_product, topics) == comparable(by_emulator, topics)
    assert not_emitted(alarms_of(comparable(by_emulator, topics)["Resources"])) == []
