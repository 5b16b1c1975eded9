"""Two operators at once: one holds the lock, the other is shown the holder; an expired lock is free."""

import pytest
from botocore.exceptions import ClientError

from ingest.envelope import rfc3339
from scripts.aws.clients import Aws
from scripts.aws.lock import Holder, OperatorLock
from scripts.cli.exit_codes import FailedError, RejectedError

NOON = 1_795_521_600.0  # 2026-11-24T12:00:00Z
ANNA = "arn:aws:sts::123456789012:assumed-role/operator/anna"
BEN = "arn:aws:sts::123456789012:assumed-role/operator/ben"


@pytest.fixture
def table(aws: Aws) -> Aws:
    """A table for locks."""
    aws.dynamodb.create_table(
        TableName="locks",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    return aws


def lock(aws: Aws, now: list[float], who: str = ANNA, command: str = "replay") -> OperatorLock:
    dynamodb = aws.dynamodb
    return OperatorLock(dynamodb, "locks", "dead-letters", who=who, command=command, clock=lambda: now[0], seconds=60)


def test_f40_the_second_of_two_operators_is_rejected_with_the_name_of_the_first(table: Aws) -> None:
    """Who, on which command, since when, until when at most."""
    now = [NOON]
    lock(table, now).acquire()
    now[0] += 59
    with pytest.raises(RejectedError) as refused:
        lock(table, now, BEN, "discard").acquire()
    assert str(refused.value) == (
        f"{ANNA} has been changing the dead letters since 2026-11-24T12:00:00.000Z with the command replay. Wait until "
        "it ends, or until 2026-11-24T12:01:00.000Z if it was killed."
    )


def test_a_lock_that_was_released_is_free(table: Aws) -> None:
    """At once."""
    now = [NOON]
    first = lock(table, now)
    first.acquire()
    first.release()
    assert first.holder() is None
    lock(table, now, BEN).acquire()


def test_an_expired_lock_is_taken_over(table: Aws) -> None:
    """Its command was killed."""
    now = [NOON]
    lock(table, now).acquire()
    now[0] += 60
    second = lock(table, now, BEN, "edit")
    second.acquire()
    assert second.holder() == Holder(BEN, "edit", "2026-11-24T12:01:00.000Z", "2026-11-24T12:02:00.000Z")


def test_a_lock_is_renewed_when_a_third_of_it_is_over(table: Aws) -> None:
    """Not before, for each renewal is a call; it keeps its beginning."""
    now = [NOON]
    held = lock(table, now)
    held.acquire()
    now[0] += 19
    held.renew()
    assert held.holder() == Holder(ANNA, "replay", "2026-11-24T12:00:00.000Z", "2026-11-24T12:01:00.000Z")
    now[0] += 1
    held.renew()
    assert held.holder() == Holder(ANNA, "replay", "2026-11-24T12:00:00.000Z", "2026-11-24T12:01:20.000Z")
    now[0] += 19
    held.renew()
    assert held.holder() == Holder(ANNA, "replay", "2026-11-24T12:00:00.000Z", "2026-11-24T12:01:20.000Z")


def test_f40_a_renewal_that_took_long_is_repeated(table: Aws) -> None:
    """Else the lock could expire while the next call is on its way: a slow call of each kind takes half a minute."""
    now = [NOON]
    held = lock(table, now)
    held.acquire()
    now[0] += 20
    durations = iter([32, 20, 19])

    def slow(**_: object) -> None:
        now[0] += next(durations)

    table.dynamodb.meta.events.register("before-call.dynamodb.UpdateItem", slow)
    held.renew()
    begun = NOON + 20 + 32 + 20
    assert held.holder() == Holder(ANNA, "replay", "2026-11-24T12:00:00.000Z", rfc3339(begun + 60))
    assert now[0] == begun + 19


def test_f40_a_lock_that_was_lost_stops_its_command(table: Aws) -> None:
    """It slept past its end, and another took over: who, is said, and the other's lock stays."""
    now = [NOON]
    slow, quick = lock(table, now), lock(table, now, BEN, "discard")
    slow.acquire()
    now[0] += 61
    quick.acquire()
    with pytest.raises(FailedError, match=r"not renewed in time, and .*ben has held it since .* command discard"):
        slow.renew()
    slow.release()
    assert quick.holder() is not None
    quick.release()
    with pytest.raises(FailedError, match="another command has acquired and released it: this command"):
        slow.renew()


def test_an_expired_lock_that_nobody_acquired_is_renewed(table: Aws) -> None:
    """A lock that expired during a long prompt can be renewed if nobody else acquired it."""
    now = [NOON]
    held = lock(table, now)
    held.acquire()
    now[0] += 600
    held.renew()
    with pytest.raises(RejectedError):
        lock(table, now, BEN).acquire()


def test_an_acquisition_that_the_sdk_repeats_is_not_rejected(table: Aws) -> None:
    """The first answer was lost; the item is ours."""
    held = lock(table, [NOON])
    held.acquire()
    held.acquire()


def test_other_errors_of_aws_go_through(aws: Aws) -> None:
    """The table does not exist."""
    held = lock(aws, [NOON])
    for call in (held.acquire, held.renew, held.release):
        with pytest.raises(ClientError, match="ResourceNotFound"):
            call()
