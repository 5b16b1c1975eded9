"""The result of `deploy` for programs, and the `ready` line of `run`."""

import json
from typing import Any

import pytest

from scripts.aws.clients import Aws
from scripts.aws.emulator import Emulator
from scripts.aws.stack import Stack
from scripts.cli.options import Output
from scripts.deploy.cost import CostChange, MonthlyCost
from scripts.deploy.deployment_plan import DeploymentPlan
from scripts.deploy.package import ForLambda
from scripts.deploy.proof import Proof
from scripts.deploy.removals import Removal, Removals
from scripts.deploy.runtime import Architecture
from scripts.deploy.service import DeployService
from scripts.local.notifications import LocalNotifications
from scripts.local.pipeline import Pipeline
from scripts.local.receiver.inbox import Inbox
from scripts.local.receiver.server import receiving
from scripts.local.run_console import RunConsole
from scripts.local.run_display import RunDisplay
from tests.formats.golden import Golden
from tests.formats.shapes import by_name, shape
from tests.scripts import conftest as of_scripts
from tests.scripts.deploy import conftest as of_deploy
from tests.scripts.deploy import test_service as deployments

# The fakes of the deployment tests.
aws, no_policies, plan = of_scripts.aws, of_deploy.no_policies, deployments.plan

OUTPUTS = {
    "QueueUrl": "https://invented.invalid/queue",
    "DeadLetterQueueUrl": "https://invented.invalid/dead-letter-queue",
    "Topics": "invented",
    "TopicArnPrefix": "arn:aws:sns:us-east-1:123456789012:alma-webhooks-dev-",
    "StateMachineArns": json.dumps({"pod": "arn"}),
}


@pytest.mark.usefixtures("no_policies")
def test_the_result_of_deploy_is_stable(
    golden: Golden, aws: Aws, plan: DeploymentPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The members and types are fixed, for a stack with a domain from which a topic was removed."""
    removed = Removals((Removal("topic", "invented", "invented"),))
    costs = CostChange(MonthlyCost(1.5, 0.5), MonthlyCost(2.5, 0.5))
    built_for = ForLambda(Architecture.arm64, None, ())
    deployments.made(monkeypatch, WebhookUrlBase="https://w.example/webhooks/", DomainTarget="d.invalid")
    changed = (
        DeployService(aws, deployments.ADDRESS, lambda _: None)
        .deploy(plan._replace(removals=removed, costs=costs, built_for=built_for), lambda _: None)
        .data
    )
    proven, _ = deployments.proven(aws, plan, monkeypatch, Proof("proven", "invented", 1.5))
    golden.check("deploy-result", by_name(shape(changed | {"proof": proven["proof"]})))


def test_the_ready_line_is_stable(golden: Golden, capsys: pytest.CaptureFixture[str]) -> None:
    """The line is one word and a JSON object with fixed members and types."""
    nothing: Any = None
    running = Emulator("http://127.0.0.1:4566")
    stack = Stack("alma-webhooks-dev", OUTPUTS)
    pipeline = Pipeline(running, nothing, stack, "http://url", "alma", "invented", ("http://url", "invented"))
    with receiving(Inbox(list), poll_seconds=0.005) as receiver:
        notifying = LocalNotifications(nothing, stack, "dev", "http://url", "invented", receiver, {"a/b": "id"}, {})
        forms = {"": pipeline, ", with notifications": pipeline._replace(notifications=notifying)}
        lines = {}
        for form, each in forms.items():
            RunDisplay(Output.json).ready(each.facts, "")
            word, _, text = capsys.readouterr().out.partition(" ")
            lines[word + form] = by_name(shape(json.loads(text)))
        console = RunConsole("http://127.0.0.1:1/", "http://127.0.0.1:1/sign-in?token=invented")
        RunDisplay(Output.json).ready({}, "", console)
        lines["ready, added by the console"] = by_name(shape(json.loads(capsys.readouterr().out.partition(" ")[2])))
    golden.check("ready-line", lines)
