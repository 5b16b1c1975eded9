"""Whether a topic is shown to get a large body or a pointer, by the parameter TopicMessageBytes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from processor.delivery import MAX_MESSAGE_BYTES, MessageDelivery, QueueDelivery, TopicDelivery
from scripts.aws.context import StackContext
from scripts.routes.commands import routes_app
from scripts.routes.topic_limit import USUAL, TopicLimit, limit_of_stack
from tests.samples import STAGES
from tests.scripts.aws.targets import with_targets
from tests.scripts.routes.sample_folder import folder, verdict

BODY = json.dumps({"action": "LOAN", "event": {"value": "LOAN_CREATED"}, "note": "x" * 300_000})
TOPIC = "arn:aws:sns:us-east-1:123456789012:theirs"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:theirs"
ROUTES = (
    f"topics: [loans]\n{STAGES}routes:\n"
    f"  - {{name: a, deliver: [{{topic: loans}}, {{topic: '{TOPIC}'}}, {{queue: '{QUEUE}'}}]}}\n"
)
POINTER = '["software.amazon.payloadoffloading.PayloadS3Pointer", '
OWN = "arn:aws:sns:us-east-1:123456789012:alma-webhooks-dev-loans"


def project(path: Path, value: object) -> None:
    file = {"schema": 1, "name": "library", "stages": {"dev": {}, "prod": {"parameters": {"TopicMessageBytes": value}}}}
    (path / "alma-webhooks.yaml").write_text(json.dumps(file), "utf-8")
    (path / "routes.yaml").write_text(ROUTES, "utf-8")


def explained(path: Path, stage: str = "prod") -> dict[str, Any]:
    (path / "large.json").write_text(BODY, "utf-8")
    words = ["explain", str(path / "large.json"), f"--project={path}", f"--stage={stage}", "--output=json"]
    result = CliRunner().invoke(routes_app, words)
    assert result.exit_code == 0, result.output
    return {each["target"]: each for each in json.loads(result.stdout)["deliveries"]}


@pytest.mark.parametrize("value", [262_144, "262144", {"ssm": "/some/parameter"}])
def test_a_body_above_the_usual_size_is_shown_as_a_pointer(value: object, tmp_path: Path) -> None:
    """Also if the file does not show the value."""
    project(tmp_path, value)
    for delivery in explained(tmp_path).values():
        assert delivery["message"].startswith(POINTER)
        assert delivery["attributes"]["ExtendedPayloadSize"] == str(len(BODY))


@pytest.mark.parametrize("value", [1_048_576, "1048576"])
def test_a_body_that_the_topics_of_the_stage_accept_is_shown_whole(value: object, tmp_path: Path) -> None:
    """Other topics and queues get a pointer all the same, and so do the topics of another stage."""
    project(tmp_path, value)
    own, *others = explained(tmp_path).values()
    assert (own["target"], own["message"], own["attributes"]["encoding"]) == ("topic:loans", BODY, "utf-8")
    assert [each["message"].startswith(POINTER) for each in others] == [True, True]
    assert explained(tmp_path, "dev")["topic:loans"]["message"].startswith(POINTER)


def test_a_stage_that_the_project_lacks_has_the_usual_size(tmp_path: Path) -> None:
    """Its routes can have it already."""
    project(tmp_path, 1_048_576)
    assert explained(tmp_path, "stg")["topic:loans"]["message"].startswith(POINTER)


@pytest.mark.parametrize(("most", "is_whole"), [(262_144, False), (1_048_576, True)])
def test_the_test_of_a_folder_compares_what_the_topic_of_the_stage_gets(
    most: int, is_whole: bool, tmp_path: Path
) -> None:
    """A folder without a project has the usual size."""
    body = json.loads(BODY)
    expect = json.dumps({"outcome": "delivered", "route": "a", "target": "topic:loans", "input": body})
    folder(tmp_path, expect, body=body)
    (tmp_path / "routes.yaml").write_text(
        f"topics: [loans]\n{STAGES}routes: [{{name: a, deliver: [{{topic: loans}}]}}]\n"
    )
    assert verdict(tmp_path, "prod").differences != []
    (tmp_path / "alma-webhooks.yaml").write_text(
        json.dumps({"schema": 1, "name": "l", "stages": {"prod": {"parameters": {"TopicMessageBytes": most}}}})
    )
    assert (verdict(tmp_path, "prod").differences == []) is is_whole


@pytest.mark.parametrize(
    ("parameters", "most"),
    [
        ({}, MAX_MESSAGE_BYTES),
        ({"TopicMessageBytes": "1048576"}, 1_048_576),
        ({"TopicMessageBytes": "262144"}, 262_144),
    ],
)
def test_a_stack_has_the_size_of_its_parameter(scope: StackContext, parameters: Mapping[str, str], most: int) -> None:
    """One of an earlier version has none. Its topics are known by their ARNs too, without the heartbeat's."""
    made = with_targets(scope, ["loans"])
    limit = limit_of_stack(made._replace(stack=made.stack._replace(parameters=parameters)))
    assert limit == TopicLimit(most, frozenset({OWN}))


@pytest.mark.parametrize(
    ("kind", "name", "most"),
    [
        (TopicDelivery, "loans", 1_048_576),
        (TopicDelivery, OWN, 1_048_576),
        (TopicDelivery, TOPIC, 262_144),
        (TopicDelivery, "heartbeat", 262_144),
        (QueueDelivery, QUEUE, 262_144),
    ],
)
def test_only_the_topics_of_the_stack_have_its_size(kind: type[MessageDelivery], name: str, most: int) -> None:
    """As in the template, and in the processor."""
    delivery = kind("r", name, "k", "", {})
    assert TopicLimit(1_048_576, frozenset({OWN})).of(delivery) == most
    assert USUAL.of(delivery) == 262_144
