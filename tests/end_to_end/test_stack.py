"""The view of the tests on a shared stack: no data of others is kept, and AWS gets more time than an emulator."""

from collections.abc import Iterator
from typing import Any

import pytest

from scripts.alma_client.client import post, signature
from scripts.aws import stack as stacks
from scripts.aws.clients import Aws
from scripts.aws.context import StackContext
from scripts.cli.signals import Interrupts
from scripts.local.observe import Subscriptions
from tests.end_to_end import stack as module
from tests.end_to_end.addresses import address_at
from tests.end_to_end.deployed import Deployed, set_patience
from tests.end_to_end.repeating import as_alma
from tests.end_to_end.running import Patience, eventually
from tests.end_to_end.stack import Stack
from tests.end_to_end.test_events import fresh
from tests.samples import body_of

FACTS = {"stack": "alma-webhooks-stg", "region": "eu-central-1", "secret": "invented"}


@pytest.fixture
def on_aws() -> Stack:
    """Return a stack on AWS, which is not called."""
    aws = Aws.configured("eu-central-1")
    context = StackContext(aws, address_at("stg", None, None), stacks.Stack(FACTS["stack"], {}), "000000000000")
    return Stack(context, FACTS, Subscriptions(aws, "", {}), Interrupts(), shared=True)


@pytest.fixture
def usual_patience() -> Iterator[None]:
    """Restore the waiting times of the other tests."""
    before = (Patience.times, Patience.pause_seconds)
    yield
    Patience.times, Patience.pause_seconds = before


def test_data_of_others_is_not_kept(stack: Stack) -> None:
    """An event of others that arrives on our queue is dropped at once, because it can contain patron data."""
    strange = fresh(body_of("loan-created"))
    signed = signature(strange, secret=stack.facts["secret"])
    theirs = as_alma(lambda: post(stack.facts["webhook_url"], strange, signed=signed)).receipt_id
    assert theirs
    assert stack.outcome(theirs)["outcome"] == "delivered"
    ours = stack.accepted(fresh(body_of("loan-created")))
    assert stack.sightings(ours)
    stack.drain()
    receipts = {seen.receipt_id for seen in stack.subscriptions.sightings}
    assert ours in receipts
    assert theirs not in receipts


def test_a_command_gets_the_aws_variables_and_the_region(on_aws: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command on AWS gets the usual AWS variables of the tests and no others."""
    ran: list[Any] = []
    monkeypatch.setattr(module, "run", lambda *arguments, environment: ran.append((arguments, environment)))
    monkeypatch.setenv("AWS_PROFILE", "library")
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    monkeypatch.setenv("OTHER", "x")
    on_aws.command("reconcile", "--since=10m")
    [(arguments, environment)] = ran
    assert arguments == ("reconcile", "--since=10m", "--stage", "stg")
    assert (environment["AWS_PROFILE"], environment["AWS_REGION"]) == ("library", "eu-central-1")
    assert "OTHER" not in environment


def test_functions_on_aws_are_not_invoked_for_their_log_lines(on_aws: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log lines on AWS are read without invoking a function, which the tests are not permitted to do."""
    monkeypatch.setattr(on_aws.log, "insist", lambda: pytest.fail("a function would be invoked"))
    monkeypatch.setattr(on_aws.log, "read", lambda: on_aws.log.outcomes.update(r={"outcome": "dead"}))
    assert on_aws.outcome("r") == {"outcome": "dead"}


@pytest.mark.usefixtures("usual_patience")
def test_aws_gets_more_time(on_aws: Stack) -> None:
    """On AWS the tests wait five times as long by default, and check once a second."""
    deployed = Deployed(on_aws.scope, "alma", "invented")
    set_patience(None, deployed)
    assert (Patience.times, Patience.pause_seconds) == (5.0, 1.0)
    set_patience(0.001, deployed)
    with pytest.raises(AssertionError, match="not seen within 0 s"):
        eventually(lambda: None)


def test_the_representation_of_a_stack_has_no_secret(on_aws: Stack) -> None:
    """The representation of a stack has no secret, because pytest prints it for failing tests."""
    assert f"{on_aws!r}" == "the stack alma-webhooks-stg"
