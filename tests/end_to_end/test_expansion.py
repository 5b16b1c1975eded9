"""The emulator's own expansion of the templates, as they are in the repository: it must be what we send."""

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

# Parameters that have no default: what they are makes no difference to loops.
VALUES = {
    PIPELINE: {"Stage": "dev", "CodeBucket": "code", "IngestCodeKey": "i", "ProcessorCodeKey": "p"},
    OBSERVABILITY: {
        "Emulated": "true",
        "Stage": "dev",
        "WebhookUrlBase": "https://x/webhooks/",
        **{
            name: "x"
            for name, one in load(OBSERVABILITY)["Parameters"].items()
            if "Default" not in one and name not in {"Stage", "Topics", "AlmaProfiles", "WebhookUrlBase"}
        },
    },
}


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """An emulator without a stack."""
    with emulator.started(ports.free(0), Interrupts()) as started:
        yield Aws.local(started.endpoint_url, emulator.REGION)


@pytest.mark.parametrize("topics", TOPICS, ids=len)
@pytest.mark.parametrize("path", VALUES, ids=lambda path: path.stem)
def test_f76_the_emulator_expands_a_template_to_the_same(path: Path, topics: list[str], aws: Aws) -> None:
    """Another's implementation of the transform, and every alarm that it gives watches a metric that is emitted."""
    theirs: dict[str, Any] = by_the_emulator(aws, path, topics, **VALUES[path])
    ours = expanded(load(path), lists(topics))
    assert comparable(ours, topics) == comparable(theirs, topics)
    assert not_emitted(alarms_of(comparable(theirs, topics)["Resources"])) == []
