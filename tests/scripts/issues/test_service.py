"""The service of issues: it prints nothing, and reading writes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from scripts.cli.exit_codes import ConfigurationError, RejectedError
from scripts.issues.cause import IssueSource
from scripts.issues.service import IssueChange, IssueService
from scripts.issues.store import IssueState
from tests.scripts.dead_letters.notified import NotificationQueues
from tests.scripts.dead_letters.queues import audited
from tests.scripts.executions.steps import machine
from tests.scripts.issues.site import TABLE, IssueSite

AT = datetime(2026, 11, 20, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACKNOWLEDGED = IssueChange(IssueState.acknowledged, "asked IT")
RESOLVED = IssueChange(IssueState.resolved)


def items(site: IssueSite) -> int:
    return site.scope.aws.dynamodb.scan(TableName=TABLE)["Count"]


def test_failures_are_listed_by_cause(site: IssueSite, capsys: pytest.CaptureFixture[str]) -> None:
    """Dead letters and executions are in one list, the largest issue first; nothing is written or printed."""
    for number in range(3):
        site.put(f"r{number}", AT + number * HOUR)
    site.put("other", AT, field="message")
    site.steps.put("pod", "pod-1")
    listing = site.service.list()
    found = [(each.cause.source, each.count, each.state, each.example) for each in listing.issues]
    assert found[0] == ("webhooks", 3, "open", "r2")
    assert set(found[1:]) == {("executions", 1, "open", "pod-1"), ("webhooks", 1, "open", "other")}
    assert (listing.seen, listing.about, listing.problems, listing.notices) == (4, 4, (), ())
    assert (items(site), audited(site.scope.aws), capsys.readouterr()) == (0, [], ("", ""))


def test_an_acknowledged_issue_is_reopened_by_recurrence(site: IssueSite) -> None:
    """Dead letters that were there before do not count, one that fails later does; reading writes nothing."""
    site.put("r1", AT)
    issue = site.only()
    assert site.service.change(issue, ACKNOWLEDGED).state is IssueState.acknowledged
    site.put("r2", AT - HOUR)
    again = site.only()
    assert (again.state, again.count, again.note) == (IssueState.acknowledged, 2, "asked IT")
    site.put("r3", AT + HOUR)
    again = site.only()
    assert (again.state, again.is_reopened, again.recurred) == (IssueState.open, True, 1)
    stored = site.store.find(issue.key)
    assert stored
    assert (stored.state, stored.revision) == (IssueState.acknowledged, 1)
    assert site.service.change(again, RESOLVED).state is IssueState.resolved
    assert (site.only().state, site.only().note, site.only().revision) == (IssueState.resolved, "asked IT", 2)


def test_an_execution_that_fails_later_reopens_its_issue(site: IssueSite) -> None:
    """The end of the execution counts."""
    site.steps.put("pod", "pod-1")
    site.service.change(site.only(), RESOLVED)
    assert site.only().state is IssueState.resolved
    site.steps.put("pod", "pod-2", age=timedelta(minutes=30))
    assert (site.only().state, site.only().recurred) == (IssueState.open, 1)


def test_an_issue_is_known_when_its_dead_letters_are_gone(site: IssueSite) -> None:
    """First and last time, their number and an example stay."""
    site.put("r1", AT)
    issue = site.only()
    site.service.change(issue, RESOLVED)
    site.scope.aws.sqs.purge_queue(QueueUrl=site.queues.dead_letters_url)
    gone = site.only()
    assert gone.record
    assert (gone.key, gone.state, gone.count, gone.record.count) == (issue.key, IssueState.resolved, 0, 1)
    assert (gone.first_seen, gone.last_seen, gone.example) == (AT, AT, "r1")
    assert site.service.change(gone, IssueChange(IssueState.open, "")).note == ""


def test_a_change_is_audited_without_the_note(site: IssueSite, tmp_path: Path) -> None:
    """The note is free text, and may be wrong to keep."""
    site.put("r1", AT)
    service = IssueService(site.scope, Path("none"), audit_file=tmp_path / "audit")
    issue = service.change(site.only(), ACKNOWLEDGED)
    lines = audited(site.scope.aws)
    assert [line["message"] for line in lines] == ["began", "issue changed", "ended"]
    assert {line["command"] for line in lines} == {"issues-acknowledge"}
    assert {line["issue"] for line in lines} == {issue.key}
    changed = {name: lines[1][name] for name in ("before", "state", "count", "note")}
    assert changed == {"before": "open", "state": "acknowledged", "count": 1, "note": "set"}
    assert issue.record
    assert lines[1]["who"] == issue.record.changed_by
    assert "asked IT" not in str(lines)
    assert "asked IT" not in (tmp_path / "audit").read_text("utf-8")


def test_two_operators_change_the_same_issue(site: IssueSite) -> None:
    """The second one has seen a state that is no longer there: it is not overwritten, and the sentence names it."""
    site.put("r1", AT)
    issue = site.only()
    site.service.change(issue, RESOLVED)
    with pytest.raises(RejectedError, match=r"changed meanwhile.*has set it to resolved.*issues show .* --stage dev"):
        site.service.change(issue, ACKNOWLEDGED)
    assert site.only().state is IssueState.resolved
    assert audited(site.scope.aws)[-1]["result"] == "RejectedError"


def test_a_record_that_expired_meanwhile_is_a_conflict(site: IssueSite) -> None:
    """The next attempt reads the issue anew."""
    site.put("r1", AT)
    issue = site.service.change(site.only(), RESOLVED)
    site.scope.aws.dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": issue.key}})
    with pytest.raises(RejectedError, match="its record has expired"):
        site.service.change(issue, ACKNOWLEDGED)


def test_a_note_has_a_limit(site: IssueSite) -> None:
    """Nothing is changed by one that is too long."""
    site.put("r1", AT)
    with pytest.raises(ConfigurationError, match="has 1,001 characters; at most 1,000"):
        site.service.change(site.only(), IssueChange(IssueState.open, "x" * 1001))
    assert (items(site), audited(site.scope.aws)) == (0, [])


def test_a_stack_without_the_table_has_open_issues_only(site: IssueSite) -> None:
    """An older version deployed it: reading works with a notice, and a change says what to do first."""
    site.put("r1", AT)
    outputs = {name: value for name, value in site.scope.stack.outputs.items() if name != "IssuesTableName"}
    older = site._replace(scope=site.scope._replace(stack=site.scope.stack._replace(outputs=outputs)))
    listing = older.service.list()
    assert [each.state for each in listing.issues] == [IssueState.open]
    assert listing.notices[0].startswith("Stack alma-webhooks-dev has no table for the states of issues")
    with pytest.raises(ConfigurationError, match=r"has no output IssuesTableName.*Deploy this version"):
        older.service.change(listing.issues[0], ACKNOWLEDGED)
    with pytest.raises(ConfigurationError, match="IssuesTableName"):
        older.service.check_can_change()


def test_a_state_machine_that_cannot_be_read_is_a_problem(site: IssueSite) -> None:
    """The dead letters are listed, and the listing is partial."""
    site.put("r1", AT)
    site.steps.fail("ListExecutions", machine("pod"), "AccessDeniedException")
    listing = site.service.list()
    assert (len(listing.issues), listing.is_partial) == (1, True)
    assert "pod is denied" in listing.problems[0]


def test_dead_letters_of_notifications_are_issues_too(
    site: IssueSite, notified: NotificationQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only if the stage has notifications; theirs are other issues than those of events."""
    notified.put()
    store = notified.opened(site.scope)
    for module in "scripts.issues.service.notifications_of", "scripts.dead_letters.store.required_notifications":
        monkeypatch.setattr(module, lambda _: store.other.stack if store.other else None)
    issue = site.only()
    assert (issue.cause.source, issue.cause.what, issue.cause.where) == (
        IssueSource.notifications,
        "refused",
        "email:team@library+jobs",
    )


def test_an_error_of_aws_is_no_empty_list(site: IssueSite) -> None:
    """The table is not there, although the stack names it."""
    site.scope.aws.dynamodb.delete_table(TableName=TABLE)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        site.service.list()
