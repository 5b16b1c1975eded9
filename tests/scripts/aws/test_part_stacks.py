"""The stacks of further parts and their queues, found by outputs."""

import json

import pytest

from scripts.aws.context import StackContext
from scripts.aws.part_stacks import part_names, queue_of_part
from scripts.cli.exit_codes import ConfigurationError, RejectedError
from tests.scripts.dead_letters.parted import PART, STACK, show_part, with_part

URLS = {"queue": "https://sqs/loans", "dead_letters": "https://sqs/loans-dead"}


OTHERS = ("webhooks",)


def test_a_queue_of_a_part_is_that_of_its_output(monkeypatch: pytest.MonkeyPatch, scope: StackContext) -> None:
    """It has its URLs and the stack that it belongs to."""
    show_part(monkeypatch, json.dumps({"loans": URLS, "fills": URLS}))
    found = queue_of_part(with_part(scope), "loans", OTHERS)
    assert (found.url, found.dead_letters_url, found.stack.name) == (*URLS.values(), STACK)


def test_a_queue_that_no_part_has_is_an_error_with_those_that_exist(
    monkeypatch: pytest.MonkeyPatch, scope: StackContext
) -> None:
    """The names of the product's queues are among them."""
    show_part(monkeypatch, json.dumps({"loans": URLS}))
    with pytest.raises(ConfigurationError, match="has no queue fills: pass one of webhooks, loans"):
        queue_of_part(with_part(scope), "fills", OTHERS)


def test_a_pipeline_without_the_output_has_no_parts(scope: StackContext) -> None:
    """A stack of an earlier version does not have it."""
    assert part_names(scope.stack.outputs) == []
    with pytest.raises(ConfigurationError, match="has no queue loans"):
        queue_of_part(scope, "loans", OTHERS)


def test_a_part_without_a_stack_is_an_error_that_says_how_to_deploy_it(
    monkeypatch: pytest.MonkeyPatch, scope: StackContext
) -> None:
    """The pipeline lists it, but its own deployment failed or was deleted by hand."""
    show_part(monkeypatch, None)
    with pytest.raises(ConfigurationError, match=f"Stack {STACK} not found in .* has the part {PART}. Deploy it again"):
        queue_of_part(with_part(scope), "loans", OTHERS)


def test_a_part_without_a_stack_does_not_hide_the_queues_of_others(
    monkeypatch: pytest.MonkeyPatch, scope: StackContext
) -> None:
    """The dead letters of a part can be worked on while another part cannot be deployed."""
    show_part(monkeypatch, json.dumps({"loans": URLS}))
    assert queue_of_part(with_part(scope, f"missing,{PART}"), "loans", OTHERS).stack.name == STACK


def test_a_stack_that_was_not_created_is_not_one_of_another_product(
    monkeypatch: pytest.MonkeyPatch, scope: StackContext
) -> None:
    """It has no outputs, so no mark either."""
    failed = {"StackStatus": "ROLLBACK_COMPLETE", "Outputs": []}
    monkeypatch.setattr("scripts.aws.part_stacks.stack.describe", lambda _, __: failed)
    with pytest.raises(ConfigurationError, match=f"Stack {STACK} is ROLLBACK_COMPLETE and has no outputs yet"):
        queue_of_part(with_part(scope), "loans", OTHERS)


def test_the_stack_of_another_product_is_rejected(monkeypatch: pytest.MonkeyPatch, scope: StackContext) -> None:
    """It has the name, but not the mark of the part."""
    show_part(monkeypatch, "{}", part="other")
    with pytest.raises(RejectedError, match=f"Stack {STACK} is not the part {PART}"):
        queue_of_part(with_part(scope), "loans", OTHERS)


@pytest.mark.parametrize("text", ["", "x", "[]", '{"loans": 1}', '{"loans": {"queue": "https://sqs/loans"}}'])
def test_an_output_that_cannot_be_read_is_an_error(
    monkeypatch: pytest.MonkeyPatch, scope: StackContext, text: str
) -> None:
    """A template that was changed by hand can have any text."""
    show_part(monkeypatch, text or "null")
    with pytest.raises(ConfigurationError, match=f"The output Queues of the stack {STACK} cannot be read"):
        queue_of_part(with_part(scope), "loans", OTHERS)
