"""The table of issues."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from scripts.issues.cause import IssueCause, IssueSource
from scripts.issues.store import IssueRecord, IssueState
from tests.scripts.issues.site import TABLE, IssueSite

AT = datetime(2026, 11, 24, 12, 0, 0, 123_000, tzinfo=UTC)
CAUSE = IssueCause(IssueSource.webhooks, "template", "loans")
RECORD = IssueRecord(CAUSE, 1, IssueState.acknowledged, "", "arn", AT, AT - timedelta(days=1), AT, 400, "r1")


def test_what_is_written_is_read(site: IssueSite) -> None:
    """All members, with an empty note and milliseconds."""
    assert site.store.put(RECORD)
    assert site.store.all(AT) == {CAUSE.key: RECORD}
    assert site.store.find(CAUSE.key) == RECORD
    assert site.store.find("missing") is None


def test_a_record_is_written_only_in_the_place_of_the_revision_before(site: IssueSite) -> None:
    """Two operators read the same revision: the second one changes nothing."""
    assert site.store.put(RECORD)
    second = replace(RECORD, revision=2, state=IssueState.resolved)
    assert site.store.put(second)
    assert not site.store.put(replace(second, state=IssueState.open, changed_by="other"))
    assert not site.store.put(replace(RECORD, changed_by="other"))
    assert not site.store.put(replace(RECORD, revision=4))
    assert site.store.find(CAUSE.key) == second


def test_a_write_whose_answer_was_lost_is_repeated(site: IssueSite) -> None:
    """The SDK repeats it: the record is there already, and that is no conflict."""
    assert site.store.put(RECORD)
    assert site.store.put(RECORD)


def test_an_expired_record_is_forgotten(site: IssueSite) -> None:
    """DynamoDB deletes it within two days after its time."""
    site.store.put(RECORD)
    assert site.store.all(AT + timedelta(days=89)) != {}
    assert site.store.all(AT + timedelta(days=91)) == {}
    item = site.scope.aws.dynamodb.get_item(TableName=TABLE, Key={"id": {"S": CAUSE.key}})["Item"]
    assert int(item["expiration"]["N"]) == int((AT + timedelta(days=90)).timestamp())


def test_an_invalid_item_is_left_out(site: IssueSite) -> None:
    """Another program wrote it; the others are read."""
    site.store.put(RECORD)
    invalid: list[Any] = [{}, {"cause": {"S": "x"}}, {"cause": {"L": []}}, {"state": {"NULL": True}}]
    for item in invalid:
        site.scope.aws.dynamodb.put_item(TableName=TABLE, Item={"id": {"S": str(item)}, **item})
    assert [*site.store.all(AT)] == [CAUSE.key]
