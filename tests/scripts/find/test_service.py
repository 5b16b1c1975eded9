"""A search reads every source, and a source that fails does not end it."""

import pytest
from botocore.exceptions import ClientError

from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.progress import ProgressDisplay
from scripts.find.found import FindResult
from scripts.find.search_text import SearchText
from scripts.find.service import FindService
from tests.scripts.dead_letters.notified import NotificationQueues
from tests.scripts.executions.steps import machine
from tests.scripts.find.places import Places
from tests.scripts.stack_logs import INGEST


def found(places: Places, text: str, since: str = "30d") -> FindResult:
    result = FindResult(SearchText.of(text), since)
    FindService(places.scope, ProgressDisplay()).find(result)
    return result


def test_all_sources_are_searched(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest match is the first. Nothing is printed."""
    places.queues.put(receipt_id="r1")
    places.log(INGEST, {"message": "accepted", "receipt_id": "r1"})
    places.steps.put("timdex", "t-1", input='{"receipt_id": "r1"}')
    result = found(places, "r1")
    assert [source.name for source in result.sources] == [
        "dead letters",
        *(f"log of {name}" for name in ("ingest", "processor", "audit")),
        *(f"executions of {name}" for name in ("pod", "timdex", "bursar")),
    ]
    assert [match.source for match in result.matches] == ["log of ingest", "executions of timdex", "dead letters"]
    assert (result.problems, result.notices, result.is_partial) == ([], [], False)
    assert all(source.is_done for source in result.sources)
    assert capsys.readouterr() == ("", "")


def test_a_source_that_fails_does_not_end_the_search(places: Places) -> None:
    """Its problem is a sentence, and the result is partial."""
    places.log(INGEST, {"message": "accepted", "receipt_id": "r1"})
    places.steps.fail("ListExecutions", machine("pod"), "AccessDeniedException")
    aws = places.scope.aws
    aws.logs.delete_log_group(logGroupName=places.scope.stack.outputs["ProcessorLogGroupName"])
    aws.sqs.delete_queue(QueueUrl=places.queues.dead_letters_url)
    result = found(places, "r1")
    assert [match.source for match in result.matches] == ["log of ingest"]
    queue, log, executions = result.problems
    assert queue.startswith("The dead letters cannot be searched: AWS did not answer GetQueueAttributes: ")
    assert log.startswith("Log group /aws/lambda/alma-webhooks-dev-processor not found, so it was not searched.")
    assert executions.startswith("Access to the executions of the state machine pod is denied: you need states:List")
    assert result.is_partial


def test_a_stack_without_the_outputs_has_problems(places: Places) -> None:
    """One of an earlier version; its executions are searched all the same."""
    kept = {"StateMachineArns": places.scope.stack.outputs["StateMachineArns"]}
    places.steps.put("pod", "pod-1")
    old = places._replace(scope=places.scope._replace(stack=places.scope.stack._replace(outputs=kept)))
    result = found(old, "pod-1")
    assert [source.name for source in result.sources if source.problem] == ["dead letters", "logs"]
    assert [match.detail for match in result.matches] == ["FAILED pod-1 of pod"]


def test_the_dead_letters_of_notifications_are_searched(
    places: Places, notified: NotificationQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the stage has notifications."""
    stack = notified.opened(places.scope).owner.stack
    monkeypatch.setattr("scripts.find.service.notifications_of", lambda _: stack)
    monkeypatch.setattr("scripts.dead_letters.store.required_notifications", lambda _: stack)
    notified.put(receipt_id="n1")
    assert [match.source for match in found(places, "n1").matches] == ["dead letters of notifications"]


def test_without_the_right_to_see_stacks_the_rest_is_searched(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stage counts as one without notifications."""

    def deny(_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "DescribeStacks")

    monkeypatch.setattr("scripts.find.service.notifications_of", deny)
    monkeypatch.setattr("scripts.request_trace.log.notifications_of", deny)
    assert found(places, "r1").problems == []


def test_an_invalid_time_is_a_usage_error(places: Places) -> None:
    """Before anything is read."""
    with pytest.raises(ConfigurationError, match="--since takes a time ago"):
        found(places, "r1", "yesterday")


def test_a_search_can_be_cancelled(places: Places) -> None:
    """What was found until then stays in the result."""
    places.queues.put()
    checks = iter([None])

    def check() -> None:
        if next(checks, "end"):
            raise InterruptedError

    result = FindResult(SearchText.of("r1"), "30d")
    with pytest.raises(InterruptedError):
        FindService(places.scope, check=check).find(result)
    assert len(result.matches) == 1
