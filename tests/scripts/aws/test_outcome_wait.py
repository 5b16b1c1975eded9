"""Waiting for outcomes: those that are logged later, each once, for a limited time."""

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.aws.outcome_wait import OutcomeWait
from scripts.cli.exit_codes import ConfigurationError
from tests.scripts.passing_time import PassingTime
from tests.scripts.stack_logs import PROCESSOR, Site


@pytest.fixture
def time() -> PassingTime:
    """A time that begins at zero."""
    return PassingTime()


@pytest.fixture
def wait(site: Site, time: PassingTime) -> OutcomeWait:
    """A wait on a stack where r1 has become a dead letter a second ago."""
    site.ended("dead", "r1", age=1)
    site.ended("dead", "r1", age=0)
    return OutcomeWait(site.scope, monotonic=time.monotonic, sleep=time.sleep)


def test_only_new_outcomes_are_found(wait: OutcomeWait, site: Site, time: PassingTime) -> None:
    """A replayed event has an earlier outcome, which does not count."""
    time.then = lambda: site.ended("delivered", "r1", "other", age=-1)
    assert [(event.receipt_id, event.outcome) for event in wait.outcomes(["r1"], 60)] == [("r1", "delivered")]
    assert time.now == 2


def test_the_wait_ends_after_its_time(wait: OutcomeWait, site: Site, time: PassingTime) -> None:
    """With what was found until then; the last failed attempt of an event without an outcome is known."""
    line = {"message": "retry", "receipt_id": "r1", "failure": {"class": "transient", "reason": "throttled"}}

    def then() -> None:
        time.then = lambda: None
        site.ended("ignored", "r2", "r2", age=-1)
        site.write(PROCESSOR, line, age=-1)

    time.then = then
    assert [event.receipt_id for event in wait.outcomes(["r1", "r2"], 10)] == ["r2"]
    assert time.now == 10
    assert wait.failed_attempts["r1"].reason == "transient: throttled"


def test_a_clock_that_is_ahead_hides_no_outcome(wait: OutcomeWait, site: Site, time: PassingTime) -> None:
    """The time of a line may be some seconds before the wait began."""
    time.then = lambda: site.ended("delivered", "r1", age=3)
    assert [event.outcome for event in wait.outcomes(["r1"], 60)] == ["delivered"]


def test_the_first_poll_is_repeated_while_aws_throttles(site: Site, time: PassingTime) -> None:
    """Otherwise an old outcome would look new."""
    site.ended("dead", "r1", age=0)
    aws = Aws.local("http://127.0.0.1:9", "us-east-1")
    aws.endpoint_url = None
    with Stubber(aws.logs) as logs, Stubber(aws.sts) as sts:
        sts.add_response("get_caller_identity", {"ResponseMetadata": {"HTTPHeaders": {}}})
        logs.add_client_error("filter_log_events", "ThrottlingException")
        logs.add_response("filter_log_events", {"events": []})
        OutcomeWait(site.scope._replace(aws=aws), monotonic=time.monotonic, sleep=time.sleep)
        logs.assert_no_pending_responses()
    assert time.now == 4


def test_nothing_is_awaited_without_events(wait: OutcomeWait, time: PassingTime) -> None:
    """A replay may have sent nothing."""
    assert list(wait.outcomes([], 60)) == []
    assert time.now == 0


def test_the_emulator_is_nudged(site: Site, time: PassingTime, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may write a line only with the next run of the function. A failure is ignored; AWS is never nudged."""
    nudged: list[tuple[str, int]] = []

    def nudge(_: Aws, function: str, workers: int) -> None:
        nudged.append((function, workers))
        raise ReadTimeoutError(endpoint_url="http://127.0.0.1:9")

    monkeypatch.setattr("scripts.aws.nudge.nudge", nudge)
    list(OutcomeWait(site.scope, monotonic=time.monotonic, sleep=time.sleep).outcomes(["r1"], 10))
    assert nudged == []
    local = Aws(site.aws.session)
    wait = OutcomeWait(site.scope._replace(aws=local), monotonic=time.monotonic, sleep=time.sleep)
    local.endpoint_url = "http://127.0.0.1:9"
    list(wait.outcomes(["r1"], 9))
    assert nudged == [("alma-webhooks-dev-processor", workers) for workers in (2, 4, 8, 10)]


def test_a_stack_without_the_output_is_named_before_aws_is_asked(scope: StackContext, clients: Aws) -> None:
    """The clients reach nothing, so a call would be another error."""
    with pytest.raises(ConfigurationError, match="has no output IngestLogGroupName"):
        OutcomeWait(scope._replace(aws=clients))
