"""The stacks of further parts and their queues, found by outputs."""

import json

import pytest

from scripts.aws.context import StackContext
from scripts.aws.part_stacks import part_names, part_queues
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from tests.scripts.dead_letters.parted import PART, STACK, show_part, with_part

URLS = {"queue": "https://sqs/loans", "dead_letters": "https://sqs/loans-dead"}


def test_the_queues_of_a_part_are_those_of_its_output(monkeypatch: pytest.MonkeyPatch, scope: StackContext) -> None:
    """Each has its URLs and the stack that it belongs to."""
    show_part(monkeypatch, json.dumps({"loans": URLS, "fills": URLS}))
    found = part_queues(with_part(scope))
    assert list(found) == ["loans", "fills"]
    assert (found["loans"].url, found["loans"].dead_letters_url) == ("https://sqs/loans", "https://sqs/loans-dead")
    assert found["fills"].stack.name == STACK


def test_a_pipeline_without_the_output_has_no_parts(scope: StackContext) -> None:
    """A stack of an earlier version does not have it."""
    assert part_names(scope.stack) == []
    assert part_queues(scope) == {}


def test_a_part_without_a_stack_is_an_error_that_says_how_to_deploy_it(
    monkeypatch: pytest.MonkeyPatch, scope: StackContext
) -> None:
    """The pipeline lists it, but its own deployment failed or was deleted by hand."""
    show_part(monkeypatch, None)
    with pytest.raises(ConfigurationError, match=f"Stack {STACK} not found in .* has the part {PART}. Deploy it again"):
        part_queues(with_part(scope))


def test_the_stack_of_another_product_is_rejected(monkeypatch: pytest.MonkeyPatch, scope: StackContext) -> None:
    """It has the name, but not the mark of the part."""
    show_part(monkeypatch, "{}", part="other")
    with pytest.raises(RejectedError, match=f"Stack {STACK} is not the part {PART}"):
        part_queues(with_part(scope))


@pytest.mark.parametrize("text", ["", "x", "[]", '{"loans": 1}', '{"loans": {"queue": "https://sqs/loans"}}'])
def test_an_output_that_cannot_be_read_is_an_error(
    monkeypatch: pytest.MonkeyPatch, scope: StackContext, text: str
) -> None:
    """A template that was changed by hand can have any text."""
    show_part(monkeypatch, text or "null")
    with pytest.raises(ConfigurationError, match=f"The output Queues of the stack {STACK} cannot be read"):
        part_queues(with_part(scope))
