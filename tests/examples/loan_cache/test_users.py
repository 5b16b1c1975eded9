"""Tests of the users table."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from loan_cache.expiry import FILLED_DAYS, KEPT_DAYS
from loan_cache.users import UserState, UserTable

from processor.errors import Transient
from tests.examples.loan_cache.bodies import NOW, USER
from tests.examples.loan_cache.conftest import Cache
from tests.examples.loan_cache.test_tables import Failing

NOW_MS = round(NOW * 1000)
DAY = 86_400


def test_nothing_is_known_of_a_new_user(cache: Cache) -> None:
    """Neither filled nor forgotten."""
    assert cache.writer.users.find(USER) == UserState()


def test_a_fill_counts_for_thirty_days(cache: Cache) -> None:
    """Then Alma is asked again, so a lost event is not believed for ever."""
    assert cache.writer.users.mark_filled(USER, NOW_MS)
    cache.clock.now = NOW + FILLED_DAYS * DAY - 1
    assert cache.writer.users.find(USER) == UserState(filled_at=NOW_MS)
    cache.clock.now += 1
    assert cache.writer.users.find(USER) == UserState()


def test_a_forgotten_user_cannot_be_filled_until_the_marker_expires(cache: Cache) -> None:
    """A fill that began before does not replace the marker."""
    users = cache.writer.users
    users.mark_filled(USER, NOW_MS - 5)
    until = users.mark_forgotten(USER)
    assert until == NOW + KEPT_DAYS * DAY
    assert users.find(USER) == UserState(forgotten_at=NOW_MS)
    cache.clock.now = until - 1
    assert not users.mark_filled(USER, round(cache.clock.now * 1000))
    cache.clock.now = until
    assert users.find(USER) == UserState()
    assert users.mark_filled(USER, until * 1000)
    assert users.find(USER) == UserState(filled_at=until * 1000)


def test_a_user_who_is_not_filled_any_more_keeps_the_marker(cache: Cache) -> None:
    """A user who is forgotten meanwhile stays forgotten, and nothing is stored of one who never was filled."""
    users = cache.writer.users
    users.unmark_filled(USER)
    assert cache.dynamodb.scan(TableName="users")["Count"] == 0
    users.mark_filled(USER, NOW_MS)
    users.unmark_filled(USER)
    assert users.find(USER) == UserState()
    users.mark_forgotten(USER)
    users.unmark_filled(USER)
    assert users.find(USER) == UserState(forgotten_at=NOW_MS)


def test_a_throttle_is_transient() -> None:
    """For reads and writes, without the id of the user in the reason."""
    dynamodb: Any = Failing(ClientError({"Error": {"Code": "ThrottlingException", "Message": USER}}, "GetItem"))
    users = UserTable(dynamodb, "users", lambda: NOW)
    for call in (
        lambda: users.find(USER),
        lambda: users.mark_filled(USER, NOW_MS),
        lambda: users.mark_forgotten(USER),
    ):
        with pytest.raises(Transient) as caught:
            call()
        assert USER not in str(caught.value)
