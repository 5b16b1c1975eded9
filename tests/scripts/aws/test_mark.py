"""The mark: which stacks commands take for the product's own, in every state. CloudFormation is stubbed."""

import json
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from scripts.aws import mark
from scripts.aws.clients import Aws
from scripts.cli.exit_codes import RejectedError
from scripts.deploy import optional_parts
from tests.scripts.command import ROOT
from tests.scripts.deploy.stacks import ID, described, mark_of

OURS = (mark.PROJECT,)
FOREIGN = [
    ({"Url": "x"}, "Stack stack does not carry the mark of alma-webhooks"),
    ({"Mark": "alma-webhooks"}, "Stack stack does not carry the mark"),
    ({"Mark": "[1]"}, "Stack stack does not carry the mark"),
    ({"Mark": json.dumps({"product": "other", "part": "pipeline"})}, "Stack stack does not carry the mark"),
    ({"Mark": mark_of("observability")}, "Stack stack is the observability stack of alma-webhooks"),
    ({"Mark": mark_of(project="other")}, "Stack stack belongs to the project other of alma-webhooks"),
]


def stack_of(status: str, outputs: dict[str, str] | None = None, **parameters: str) -> Any:
    """A stack with these outputs and no others."""
    found = described(status, outputs, **parameters)["Stacks"][0]
    found["Outputs"] = [{"OutputKey": key, "OutputValue": value} for key, value in (outputs or {}).items()]
    return found


def test_f55_the_templates_carry_the_mark_of_their_part_and_the_version_of_the_product() -> None:
    """In the metadata and in the output, which names the project too."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    for part in optional_parts.possible():
        template = part.load()
        expected = {"product": mark.PRODUCT, "part": part.mark, "version": version}
        assert template["Metadata"][mark.NAME] == expected
        output = json.loads(template["Outputs"][mark.NAME]["Value"]["Fn::Sub"])
        assert output == {**expected, "project": "${Project}"}
        assert template["Parameters"]["Project"]["Default"] == mark.PROJECT


def test_f55_a_stack_with_the_mark_is_accepted(clients: Aws) -> None:
    """By its output alone: nothing else is asked."""
    for part in (mark.PIPELINE, mark.OBSERVABILITY, mark.NOTIFICATIONS):
        own = stack_of("UPDATE_COMPLETE", {"Mark": mark_of(part)})
        mark.check(own, part)
        mark.check_before_change(clients, own, part)


@pytest.mark.parametrize(("outputs", "sentence"), FOREIGN)
def test_f55_a_stack_without_the_mark_of_the_part_is_rejected(
    outputs: dict[str, str], sentence: str, clients: Aws
) -> None:
    """The sentence names the stack, what it is instead, and what to do."""
    foreign = stack_of("CREATE_COMPLETE", outputs)
    with pytest.raises(RejectedError, match=f"^{sentence}.*--stack"):
        mark.check(foreign, mark.PIPELINE, OURS)
    with pytest.raises(RejectedError, match=f"^{sentence}.*--stack"):
        mark.check_before_change(clients, foreign, mark.PIPELINE, OURS)


def test_f55_a_stack_of_another_project_is_accepted_where_the_project_does_not_matter(clients: Aws) -> None:
    """Operators work on the stack of any project; a deployment can name a second one to take over."""
    foreign = stack_of("CREATE_COMPLETE", {"Mark": mark_of(project="other")})
    mark.check(foreign, mark.PIPELINE)
    mark.check_before_change(clients, foreign, mark.PIPELINE, ("mine", "other"))


@pytest.mark.parametrize("part", [mark.OBSERVABILITY, mark.NOTIFICATIONS])
def test_f55_another_part_leads_to_its_pipeline(part: str) -> None:
    """The command to type is the same with the shorter name."""
    found = stack_of("CREATE_COMPLETE", {"Mark": mark_of(part)}) | {"StackName": f"mine-{part}"}
    with pytest.raises(RejectedError, match=r"Name its pipeline stack: --stack mine\.$"):
        mark.check(found, mark.PIPELINE)


def test_f55_a_stack_without_outputs_is_rejected_with_its_status() -> None:
    """Commands that change no stack need no right to read its template."""
    with pytest.raises(RejectedError, match=r"^Stack stack \(ROLLBACK_COMPLETE\) has no outputs"):
        mark.check(stack_of("ROLLBACK_COMPLETE"), mark.PIPELINE)


@pytest.mark.parametrize("status", ["REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "DELETE_FAILED"])
@pytest.mark.parametrize("written", [json.dumps, yaml.safe_dump])
def test_f55_a_stack_without_outputs_is_judged_by_its_templates_metadata(
    status: str, written: Callable[[Any], str], clients: Aws, stub: Stubber
) -> None:
    """In any state and for any form of the template; a foreign stack is rejected."""
    own: Any = {"Metadata": {"Mark": {"product": "alma-webhooks", "part": "pipeline"}}}
    templates: list[Any] = [own, own, {"Resources": {}}, {"Metadata": "x"}]
    for template in templates:
        body = written(template)  # boto3 returns JSON as an object, and any other text as it is
        stub.add_response("get_template", {"TemplateBody": body}, {"StackName": ID, "TemplateStage": "Original"})
    mark.check_before_change(clients, stack_of(status), mark.PIPELINE)
    with pytest.raises(RejectedError, match="belongs to the project other"):
        mark.check_before_change(clients, stack_of(status, Project="other"), mark.PIPELINE, OURS)
    for _ in range(2):
        with pytest.raises(RejectedError, match="does not carry the mark"):
            mark.check_before_change(clients, stack_of(status), mark.PIPELINE)


def test_f55_a_stack_whose_template_is_not_there_is_rejected(clients: Aws, stub: Stubber) -> None:
    """A change set that was never executed leaves such a stack; a missing right is an error of its own."""
    stub.add_client_error("get_template", "ValidationError", "Stack stack does not have a template")
    with pytest.raises(RejectedError, match="does not carry the mark"):
        mark.check_before_change(clients, stack_of("REVIEW_IN_PROGRESS"), mark.PIPELINE)
    stub.add_response("get_template", {"TemplateBody": "a: ["})
    with pytest.raises(RejectedError, match="does not carry the mark"):
        mark.check_before_change(clients, stack_of("REVIEW_IN_PROGRESS"), mark.PIPELINE)
    stub.add_response("get_template", {"TemplateBody": "Metadata: {a: 2026-11-30, b: !!binary aGk=}"})
    with pytest.raises(RejectedError, match="does not carry the mark"):
        mark.check_before_change(clients, stack_of("REVIEW_IN_PROGRESS"), mark.PIPELINE)
    stub.add_client_error("get_template", "AccessDenied")
    with pytest.raises(ClientError, match="AccessDenied"):
        mark.check_before_change(clients, stack_of("REVIEW_IN_PROGRESS"), mark.PIPELINE)
