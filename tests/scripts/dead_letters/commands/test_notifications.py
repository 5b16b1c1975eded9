"""The `dead-letters` commands with `--queue notifications`: what they print, change and leave alone. AWS is moto."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from notifications.notification import Fallback
from scripts.aws import lock
from scripts.aws.outcome_wait import OutcomeWait
from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError, RejectedError
from scripts.dead_letters.change_session import open_change_session
from scripts.dead_letters.queues import Depth, SourceQueue
from scripts.dead_letters.store import DeadLetterStore
from scripts.main import app
from tests.scripts.dead_letters.notified import LOG, MAIL, SMS, STACK, NotificationQueues, notification
from tests.scripts.dead_letters.queues import Queues, audited
from tests.scripts.passing_time import PassingTime
from tests.scripts.stack_logs import Site

Command = Callable[..., Result]


@pytest.fixture
def command(
    dead_letters: DeadLetterStore, dead_notifications: DeadLetterStore, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Run `alma-webhooks dead-letters … --queue notifications`."""
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", lambda *_: dead_letters.scope)
    notifications = dead_notifications.owner.stack
    monkeypatch.setattr("scripts.dead_letters.store.required_notifications", lambda _: notifications)
    return lambda *arguments: CliRunner().invoke(app, ["dead-letters", *arguments, "--queue=notifications"])


def ended(result: Result, kind: type[CommandError]) -> str:
    """Return the message of the error with which a command ended."""
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def data_of(result: Result) -> dict[str, Any]:
    """Return the JSON output."""
    return dict(json.loads(result.stdout))


def test_list_has_topic_integration_and_service(command: Command, notified: NotificationQueues, queues: Queues) -> None:
    """Dead letters of events are on another queue and are not listed."""
    queues.put()
    notified.put()
    heading, row, *_, last = command("list").stdout.splitlines()
    assert heading.startswith("receipt id  topic         integration  service  cause    attempts  received ")
    assert row.split()[:6] == ["r1", "library/jobs", "team", "email", "refused", "1"]
    assert last == "1 dead letter"
    data = data_of(command("list", "--output=json"))
    assert (data["stack"], data["matching"], "event" in data["dead_letters"][0]) == (STACK, 1, False)


@pytest.mark.parametrize("sign", ["/", "+"])
@pytest.mark.parametrize("target", ["email:team@library/jobs", "team@library/jobs", "library/jobs"])
def test_target_takes_an_integration_or_its_topic(
    command: Command, notified: NotificationQueues, target: str, sign: str
) -> None:
    """As people or as causes write it. Another topic is not listed. JSON has the target of the cause."""
    target = target.replace("/", sign)
    notified.put()
    assert data_of(command("list", f"--target={target}", "--output=json"))["matching"] == 1
    assert data_of(command("list", f"--target=library{sign}loans", "--output=json"))["matching"] == 0
    assert " email:team@library/jobs " in command("list", "--group-by=cause").stdout
    [group] = data_of(command("list", "--group-by=cause", "--output=json"))["groups"]
    assert group["target"] == "email:team@library+jobs"


@pytest.mark.parametrize(
    "flag", ["--action=LOAN", "--event=LOAN_LOST", "--route=a", "--alma-profile=alma", "--where=id"]
)
def test_filters_of_events_are_rejected(command: Command, flag: str) -> None:
    """One sentence names the flag and the filters that there are."""
    expected = "selects events, not notifications: use IDs, --cause, --target, --since or --until."
    assert ended(command("list", flag), ConfigurationError) == f"{flag.partition('=')[0]} {expected}"


def test_show_hides_text_and_recipient_and_shows_names_of_secrets(
    command: Command, notified: NotificationQueues
) -> None:
    """With --show-body everything is shown."""
    notified.put(notification(**MAIL, secret={"ssm": "slack-team"}, token={"ssm": "xoxb-A"}, ssm="hidden"))
    shown = command("show", "r1").stdout
    for line in (
        "topic       library/jobs",
        "  target    email:team@library/jobs",
        "integration team",
        "service     email",
        '"ssm": "slack-team"',
    ):
        assert line in shown
    for text in ("patron@", "Invented", "hidden", "xoxb"):
        assert text not in shown
    assert "patron@library.example" in command("show", "r1", "--show-body").stdout


def test_all_notifications_of_a_post_are_shown_and_explained(command: Command, notified: NotificationQueues) -> None:
    """They share the receipt ID; the next step has their message IDs."""
    sent = [notified.put(notification(name=name)) for name in ("one", "two")]
    found = data_of(command("show", "r1", "--output=json"))["dead_letters"]
    assert sorted(each["integration"] for each in found) == ["one", "two"]
    explained = command("explain", "r1")
    *verdicts, step = explained.stdout.splitlines()
    assert explained.exit_code == 0
    assert sorted(verdicts) == [f"r1  {name} (email) of library/jobs: would be sent" for name in ("one", "two")]
    assert step.startswith("next: alma-webhooks dead-letters replay ")
    assert step.endswith(" --stage dev --queue notifications --yes --wait")
    assert set(step.split()[4:6]) == set(sent)


def test_explain_names_what_has_to_be_corrected(command: Command, notified: NotificationQueues) -> None:
    """Exit 1, and no value is quoted."""
    id_ = notified.put(notification(**MAIL | {"to": ["nobody"]}))
    result = command("explain", "r1")
    verdict, step = result.stdout.splitlines()
    assert result.exit_code == 1
    assert verdict.endswith(
        "would fail again: no-target: the configuration of the integration is not valid (value_error) (field to.0)"
    )
    assert f"dead-letters edit {id_} --stage dev --queue notifications" in step


def test_f79_replay_sends_the_message_unchanged_to_its_own_queue(
    command: Command, notified: NotificationQueues, queues: Queues
) -> None:
    """The plan has the topic; the audit lines name the queue, and the webhook queue gets nothing."""
    notified.put()
    plan = command("replay", "--all").stdout
    assert "dry run: would replay 1 of 1 dead letter" in plan
    assert "team (email) of library/jobs: refused" in plan
    assert command("replay", "r1", "--yes").exit_code == 0
    [envelope] = notified.replayed()
    assert envelope.body == notification().encode().encode()
    assert (envelope.failure, envelope.replay and envelope.replay["count"]) == (None, 1)
    assert (notified.queues.dead_letters.depth(), queues.dead_letters.depth()) == (Depth(0, 0), Depth(0, 0))
    lines = audited(queues.aws)
    assert {line["queue"] for line in lines} == {"notifications"}
    assert [line["message"] for line in lines] == ["began", "replayed", "ended"]


def test_the_queues_have_locks_of_their_own(
    dead_letters: DeadLetterStore, dead_notifications: DeadLetterStore, queues: Queues
) -> None:
    """Both can be changed at once, but neither by two commands."""
    with open_change_session(dead_notifications, "replay") as change, open_change_session(dead_letters, "replay"):
        assert isinstance(change.lock, lock.OperatorLock)
        with (
            pytest.raises(RejectedError, match="has been changing the dead letters of notifications since"),
            open_change_session(dead_notifications, "discard"),
        ):
            pytest.fail("it may change dead letters")
    of_events = [line for line in audited(queues.aws) if "queue" not in line]
    assert len(of_events) == 2


def test_replay_waits_for_each_notification(
    command: Command,
    notified: NotificationQueues,
    dead_letters: DeadLetterStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two of one post have outcomes of their own, in the log of the sender."""
    for name in ("one", "two"):
        notified.put(notification(name=name))
    time = PassingTime()
    wait = partial(OutcomeWait, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr("scripts.dead_letters.replay_wait.OutcomeWait", wait)
    site = Site(notified.queues.aws, dead_letters.scope)
    notified.queues.aws.logs.create_log_stream(logGroupName=LOG, logStreamName="s")
    send = SourceQueue.send

    def sent(queue: SourceQueue, messages: Any) -> dict[int, str]:
        failed = send(queue, messages)
        names = {"receipt_id": "r1", "topic": "library+jobs", "type": "email"}
        site.write(LOG, {"message": "outcome", "outcome": "accepted", "integration": "one", **names}, age=-0.5)
        failure = {"class": "refused", "reason": "invented"}
        line = {"message": "outcome", "outcome": "dead", "integration": "two", "failure": failure, **names}
        site.write(LOG, line, age=-0.5)
        return failed

    monkeypatch.setattr(SourceQueue, "send", sent)
    result = command("replay", "--all", "--yes", "--wait")
    why = "see why: alma-webhooks dead-letters explain r1 --stage dev --queue notifications"
    assert ended(result, FailedError) == f"1 replayed notification failed again; {why}"
    assert "2 replayed: 1 accepted, 1 dead letter again" in result.stdout
    assert "r1  accepted in 0." in result.stdout


def test_a_notification_without_an_outcome_names_the_log(
    command: Command, notified: NotificationQueues, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trace of an event does not have it."""
    notified.put()
    time = PassingTime()
    wait = partial(OutcomeWait, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr("scripts.dead_letters.replay_wait.OutcomeWait", wait)
    result = command("replay", "--all", "--yes", "--wait", "--timeout=1s")
    expected = f"1 replayed notification has no outcome yet; look for r1 in the log {LOG}"
    assert ended(result, FailedError) == expected


def test_edit_corrects_the_configuration_and_keeps_the_notification(
    command: Command, notified: NotificationQueues, tmp_path: Path
) -> None:
    """The plan says what would happen; the original is exported."""
    wrong, right = notification(**MAIL | {"to": ["nobody"]}), notification(**MAIL)
    notified.put(wrong)
    file = tmp_path / "corrected.json"
    file.write_text(right.encode())
    assert "team (email) of library/jobs: would be sent" in command("edit", "r1", f"--with={file}").stdout
    result = command("edit", "r1", f"--with={file}", f"--export={tmp_path / 'original.jsonl'}", "--yes")
    assert result.exit_code == 0, result.output
    [envelope] = notified.replayed()
    assert (envelope.body, envelope.replay and envelope.replay["edited"]) == (right.encode().encode(), right.identity)


@pytest.mark.parametrize(
    ("corrected", "reason"),
    [
        ("{}", "is not a notification and would fail again: The message is not a notification"),
        (notification(**SMS | {"to": "12"}).encode(), r"would fail again: .* \(value_error\) \(to\)\.$"),
        (notification(name="other").encode(), "identity, topic, name"),
        (notification(2).encode(), "identity, topic, name"),
        (notification()._replace(fallback=Fallback("desk", MAIL, "x")).encode(), "fallback and summary_due"),
    ],
)
def test_a_correction_that_cannot_be_sent_is_rejected(
    command: Command, notified: NotificationQueues, tmp_path: Path, corrected: str, reason: str
) -> None:
    """Another notification would be sent beside the one that the sender knows."""
    notified.put()
    file = tmp_path / "corrected.json"
    file.write_text(corrected)
    result = command("edit", "r1", f"--with={file}")
    with pytest.raises(RejectedError, match=reason):
        raise result.exception or AssertionError(result.output)


def test_what_is_not_a_notification_cannot_be_edited(
    command: Command, notified: NotificationQueues, tmp_path: Path
) -> None:
    """There is no identity that the correction could keep."""
    notified.queues.put(b"{}")
    file = tmp_path / "corrected.json"
    file.write_text(notification().encode())
    message = ended(command("edit", "r1", f"--with={file}"), RejectedError)
    assert message == "The dead letter r1 cannot be edited: The message is not a notification of this product."


def test_an_export_is_imported_into_its_own_queue_only(
    command: Command, notified: NotificationQueues, queues: Queues, tmp_path: Path
) -> None:
    """Neither an import of notifications as events, nor the other way round."""
    file, events = tmp_path / "n.jsonl", tmp_path / "e.jsonl"
    notified.put()
    queues.put()
    assert command("discard", "r1", f"--export={file}", "--count=1").exit_code == 0
    line = json.loads(file.read_text())
    assert (line["format"], line["from"]["stack"]) == ("alma-webhooks-notification-dead-letter", STACK)
    CliRunner().invoke(app, ["dead-letters", "export", str(events), "--all"])
    wrong = command("import", str(events), "--yes")
    assert "it is from the webhook queue: import it with --queue webhooks" in wrong.stdout
    wrong = CliRunner().invoke(app, ["dead-letters", "import", str(file), "--yes"])
    assert "it is from the notifications queue: import it with --queue notifications" in wrong.stdout
    assert (notified.queues.dead_letters.depth().all, queues.dead_letters.depth().all) == (0, 1)
    assert command("import", str(file), "--yes").exit_code == 0
    assert data_of(command("show", "r1", "--output=json"))["dead_letters"][0]["integration"] == "team"


def test_fix_and_routes_are_about_events(command: Command, tmp_path: Path) -> None:
    """One sentence names the commands to use."""
    assert "then use dead-letters replay or edit" in ended(command("fix"), ConfigurationError)
    routes = tmp_path / "routes.yaml"
    routes.write_text("{}")
    assert "--routes is about events" in ended(command("explain", "r1", f"--routes={routes}"), ConfigurationError)
