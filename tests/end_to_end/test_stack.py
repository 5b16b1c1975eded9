"""Our eyes on a stack that others use: what they keep of others, and what they do otherwise where it is AWS."""

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
from tests.end_to_end.deployed import Deployed, wait_as_told
from tests.end_to_end.repeating import as_alma
from tests.end_to_end.running import Patience, eventually
from tests.end_to_end.stack import Stack
from tests.end_to_end.test_events import fresh
from tests.samples import body_of

FACTS = {"stack": "alma-webhooks-stg", "region": "eu-central-1", "secret": "invented"}


@pytest.fixture
def on_aws() -> Stack:
    """A stack that is not on an emulator; nothing is asked of it."""
    aws = Aws.configured("eu-central-1")
    scope = StackContext(aws, "stg", stacks.Stack(FACTS["stack"], {}), "--stage stg")
    return Stack(scope, FACTS, Subscriptions(aws, "", {}), Interrupts(), shared=True)


@pytest.fixture
def usual_patience() -> Iterator[None]:
    """Puts back how long the other tests wait."""
    before = (Patience.times, Patience.pause_seconds)
    yield
    Patience.times, Patience.pause_seconds = before


def test_nothing_is_kept_of_what_is_not_ours(stack: Stack) -> None:
    """Another's event comes to our queue as well, and is gone at once: on a real stack it is a patron's."""
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


def test_a_command_has_our_rights_on_aws_and_the_stacks_region(on_aws: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual variables and no others; on an emulator none at all."""
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


def test_aws_functions_are_not_run_for_their_log_lines(on_aws: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines are read, from some minutes ago on, and no function is invoked, for which there is no right."""
    monkeypatch.setattr(on_aws.log, "insist", lambda: pytest.fail("a function would be invoked"))
    monkeypatch.setattr(on_aws.log, "read", lambda: on_aws.log.outcomes.update(r={"outcome": "dead"}))
    assert on_aws.outcome("r") == {"outcome": "dead"}


@pytest.mark.usefixtures("usual_patience")
def test_aws_is_given_more_time(on_aws: Stack) -> None:
    """Five times as long, unless told, and one look a second."""
    deployed = Deployed(on_aws.scope, "alma", "invented")
    wait_as_told(None, deployed)
    assert (Patience.times, Patience.pause_seconds) == (5.0, 1.0)
    wait_as_told(0.001, deployed)
    with pytest.raises(AssertionError, match="not seen within 0 s"):
        eventually(lambda: None)


def test_what_is_shown_of_a_stack_has_no_secret(on_aws: Stack) -> None:
    """pytest shows what a failing test was given."""
    assert f"{on_aws!r}" == "the stack alma-webhooks-stg"
