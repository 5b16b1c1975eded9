"""Test what an operator has to confirm: known by a random id, done once, and not too late."""

from datetime import UTC, datetime, timedelta

import pytest
from starlette.exceptions import HTTPException

from scripts.aws.context import StackContext
from scripts.cli.exit_codes import RejectedError
from scripts.console.plans.prepared import LIFETIME, PreparedThings
from tests.scripts.console.opened import OpenedConsole, opened

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_it_is_done_once(page: OpenedConsole) -> None:
    """The second form has no effect."""
    done: list[str] = []
    prepared = PreparedThings[str]().add("x", page.console.clock())
    for _ in range(2):
        prepared.begin(page.console, "Do it", lambda _: done.append(prepared.value))
        page.wait()
    assert done == ["x"]


def test_it_is_not_done_too_late(scope: StackContext) -> None:
    """What has begun in time can be looked at later."""
    now = NOW + LIFETIME
    page = opened(scope, lambda: now)
    begun, late = (PreparedThings[str]().add("x", NOW) for _ in range(2))
    begun.begin(page.console, "Do it", lambda _: None)
    page.wait()
    now += timedelta(seconds=1)
    with pytest.raises(RejectedError, match="more than 15 minutes ago"):
        late.begin(page.console, "Do it", lambda _: None)
    assert (begun.is_expired(now), late.is_expired(now)) == (False, True)
    begun.begin(page.console, "Do it", lambda _: None)


def test_ids_cannot_be_guessed() -> None:
    """They are random, and an unknown one is not found."""
    things = PreparedThings[str]()
    one, two = things.add("x", NOW), things.add("x", NOW)
    assert one.id != two.id
    assert len(one.id) >= 16
    assert things.of(one.id) is one
    with pytest.raises(HTTPException):
        things.of("x")


def test_the_oldest_things_are_forgotten() -> None:
    """Memory stays flat."""
    things = PreparedThings[int]()
    prepared = [things.add(number, NOW) for number in range(51)]
    assert things.of(prepared[1].id).value == 1
    with pytest.raises(HTTPException):
        things.of(prepared[0].id)
