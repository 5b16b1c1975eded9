"""The stacks of a deployment as they are, and which of them must not be changed."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.deploy import existing
from scripts.deploy.stack_deployer import PARTS
from scripts.deploy.stack_part import OBSERVABILITY_PART, PIPELINE_PART
from tests.scripts.deploy.stacks import add_missing, described, mark_of


@pytest.fixture
def stub(aws: Aws) -> Iterator[Stubber]:
    """CloudFormation, which is asked exactly what the test expects."""
    with Stubber(aws.cloudformation) as stub:
        yield stub
        stub.assert_no_pending_responses()


def add(stub: Stubber, name: str, answer: dict[str, Any]) -> None:
    stub.add_response("describe_stacks", answer, {"StackName": name})


def marked(part: str = "pipeline", project: str = "library", **parameters: str) -> dict[str, Any]:
    """A complete stack with this mark."""
    return described("CREATE_COMPLETE", {"Mark": mark_of(part, project)}, **parameters)


def test_each_stack_is_described_by_its_part(aws: Aws, stub: Stubber) -> None:
    """One that does not exist is None."""
    add(stub, "dev", marked(Stage="dev"))
    add_missing(stub)
    found = existing.described(aws, "dev", "dev", PARTS, projects=["library"])
    pipeline = found[PIPELINE_PART]
    assert pipeline
    assert pipeline["StackStatus"] == "CREATE_COMPLETE"
    assert found[OBSERVABILITY_PART] is None


def test_two_new_stacks_are_of_any_stage(aws: Aws, stub: Stubber) -> None:
    """There is nothing that could belong to another one."""
    add_missing(stub)
    add_missing(stub)
    assert existing.described(aws, "dev", "prod", PARTS) == {PIPELINE_PART: None, OBSERVABILITY_PART: None}


def test_a_stack_of_another_stage_is_an_error(aws: Aws, stub: Stubber) -> None:
    """It names the flag with the stage of the stack."""
    add(stub, "dev", marked(Stage="prod"))
    with pytest.raises(ConfigurationError) as raised:
        existing.described(aws, "dev", "dev", [PIPELINE_PART], " or --stack")
    assert str(raised.value) == "Stack dev belongs to stage prod, not dev: pass --stage prod or --stack."


@pytest.mark.parametrize("other", PARTS)
def test_a_stack_of_another_project_is_rejected(other: Any, aws: Aws, stub: Stubber) -> None:
    """Either stack; it is accepted where its project is one of those that may be changed, or all may."""
    for projects, is_rejected in ((["library"], True), (["library", "archive"], False), ([], False)):
        for part in PARTS:
            mark = marked(part.mark, "archive" if part == other else "library", Stage="dev")
            add(stub, f"dev{part.suffix}", mark)
        if is_rejected:
            with pytest.raises(RejectedError, match=r"belongs to the project archive .*pass --take-over archive"):
                existing.described(aws, "dev", "dev", PARTS, projects=projects)
        else:
            assert all(existing.described(aws, "dev", "dev", PARTS, projects=projects).values())


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        ("UPDATE_IN_PROGRESS", r"is being changed \(UPDATE_IN_PROGRESS\)\. Wait"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "is being changed"),
        ("UPDATE_ROLLBACK_FAILED", r"is UPDATE_ROLLBACK_FAILED\. Fix it in the CloudFormation console first"),
        ("CREATE_COMPLETE", None),
        ("UPDATE_ROLLBACK_COMPLETE", None),
        ("REVIEW_IN_PROGRESS", None),
        ("ROLLBACK_COMPLETE", None),
    ],
)
def test_the_state_of_a_stack_can_forbid_a_change(status: str, problem: str | None) -> None:
    """A change that goes on or that failed; one that never came up is recreated."""
    if problem:
        with pytest.raises(RejectedError, match=f"^Stack dev {problem}"):
            existing.check_state("dev", status)
    else:
        existing.check_state("dev", status)
