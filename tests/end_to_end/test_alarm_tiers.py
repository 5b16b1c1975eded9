"""Deployments in each tier of alarms, on the emulator, from the largest to none and back."""

import json
import secrets
from collections.abc import Iterator

import pytest

from scripts.aws import emulator, ports
from scripts.aws import stack as stacks
from scripts.aws.alarm_tiers import AlarmTier
from scripts.cli.signals import Interrupts
from tests.end_to_end.projects import ProjectFolder
from tests.end_to_end.test_deploy import SHORT, Deployed, loan
from tests.infra.complete_example import TOPICS
from tests.infra.observability_alarms import alarms_of, resources_of

pytestmark = pytest.mark.full  # four deployments


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Deploy a stack without a chosen tier, on an emulator of its own."""
    with emulator.started(ports.free(0), Interrupts()) as running:
        address = running.endpoint_url
        project = ProjectFolder.create(tmp_path_factory.mktemp("project"), parameters=SHORT)
        project.set(alarms="essential")
        found = Deployed.planned(address, project)
        found.changed()
        yield found
        for name in (f"{found.name}-observability", found.name):
            found.aws.cloudformation.delete_stack(StackName=name)


def check_tier(deployed: Deployed, tier: AlarmTier) -> None:
    """Require exactly the alarms of a tier, the heartbeat, metrics only in `full`, and that doctor misses no alarm."""
    observability = f"{deployed.name}-observability"
    expected = alarms_of(resources_of(tier, TOPICS, emulated=True), observability)
    pages = deployed.aws.cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=observability)
    existing = {alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]}
    assert existing == {alarm["AlarmName"] for alarm in expected.values()}
    outputs = stacks.read(deployed.aws, observability).outputs
    assert outputs["HeartbeatFunctionName"] == f"{observability}-heartbeat"
    assert ("AlarmTopicArn" in outputs, "DashboardName" in outputs) == (tier != "none", tier == "full")
    assert deployed.outputs["Alarms"] == tier
    for name in ("ingest", "processor"):
        configuration = deployed.aws.functions.get_function_configuration(FunctionName=f"{deployed.name}-{name}")
        assert configuration["Environment"]["Variables"]["ALARMS"] == tier
    receipt_id = deployed.accepted(loan(secrets.randbelow(1_000_000_000)))
    assert deployed.outcome(receipt_id) == "delivered"
    found = json.loads(deployed.command("doctor", "--output=json").stdout)["findings"]
    messages = [finding["message"] for finding in found if finding["check"] == "alarms"]
    assert not [text for text in messages if "not deployed" in text or "deleted by hand" in text], messages


def test_each_tier_is_deployed_and_a_lower_one_needs_its_flag(deployed: Deployed) -> None:
    """A new stack is essential; each other tier can be chosen. A subscription to the alarms lasts from tier to tier."""
    check_tier(deployed, AlarmTier.essential)
    topic = stacks.read(deployed.aws, f"{deployed.name}-observability").outputs["AlarmTopicArn"]
    deployed.aws.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="library@example.org")
    deployed.project.set(alarms="full")
    deployed.changed()
    check_tier(deployed, AlarmTier.full)
    for tier in (AlarmTier.essential, AlarmTier.none):
        assert len(deployed.aws.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1
        deployed.project.set(alarms=tier.value)
        rejected = deployed.command("deploy", "--yes")
        assert rejected.returncode == 3
        assert "add --allow-removal alarms." in rejected.stderr
        deployed.changed("--allow-removal=alarms")
        check_tier(deployed, tier)
    deployed.project.set(alarms="essential")
    deployed.changed()
    check_tier(deployed, AlarmTier.essential)
