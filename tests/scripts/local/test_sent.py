"""`send --wait`, `--set` and `--fresh`: the outcome that is printed, and the exit codes; AWS is in process."""

import json
from functools import partial
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from processor.alma.events import parse
from scripts.alma_client.client import Reply
from scripts.alma_client.samples import body_of
from scripts.aws.outcome_wait import OutcomeWait
from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError
from scripts.main import app
from tests.scripts.passing_time import PassingTime
from tests.scripts.stack_logs import PROCESSOR, Site

URL = "https://host.invalid/webhooks/alma"
DELIVERY = {"route": "loans", "target": "topic:loan-created", "outcome": "delivered"}
OUTCOME = {"message": "outcome", "outcome": "delivered", "receipt_id": "r1", "deliveries": [DELIVERY]}
FAILURE = {"class": "refused", "reason": "AWS returned NotFound"}


class Listener:
    """What `send` posts to: it answers with `reply`, and the processor writes `line`."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.reply = Reply(200, "r1", None, 0.0311)
        self.line: Any = OUTCOME
        self.bodies: list[bytes] = []
        self.flags: list[tuple[Any, ...]] = []

    def post(self, _url: str, body: bytes, **_: Any) -> Reply:
        self.bodies.append(body)
        self.site.write(PROCESSOR, self.line, age=-0.4)
        return self.reply

    def opened(self, *flags: Any) -> Any:
        self.flags.append(flags)
        return self.site.scope


@pytest.fixture
def listener(site: Site, monkeypatch: pytest.MonkeyPatch) -> Listener:
    """A listener of a stack in process."""
    listener = Listener(site)
    monkeypatch.setattr("scripts.local.send.post", listener.post)
    monkeypatch.setattr("scripts.aws.stack_command.open_stack_context", listener.opened)
    monkeypatch.setenv("ALMA_WEBHOOK_SECRET", "s3cret-of-the-test")
    time = PassingTime()
    wait = partial(OutcomeWait, monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr("scripts.local.send.OutcomeWait", wait)
    return listener


def send(*arguments: str, url: str = URL) -> Result:
    return CliRunner().invoke(app, ["send", "loan-created", url, *arguments])


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def test_the_outcome_is_printed(listener: Listener) -> None:
    """With the targets and the time from the post to the outcome."""
    result = send("--wait", "--stage=prod", "--stack=own")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == ["200  receipt id r1  31 ms", "delivered to loan-created in 0.4 s"]
    assert [(each.stage, each.stack, each.endpoint_url) for [each] in listener.flags] == [("prod", "own", None)]


def test_the_stack_behind_a_local_url_is_used(listener: Listener) -> None:
    """As for the secret; the line about the address says that the URL named the emulator."""
    result = send("--wait", url="http://127.0.0.1:9/_aws/execute-api/abc/$default/webhooks/alma")
    [[address]] = listener.flags
    assert (address.stage, address.stack, address.endpoint_url) == ("dev", "alma-webhooks-dev", "http://127.0.0.1:9")
    assert "endpoint http://127.0.0.1:9 (from the webhook URL)" in " ".join(result.stderr.split())


@pytest.mark.usefixtures("listener")
def test_the_outcome_as_json() -> None:
    """In addition to the response."""
    data = json.loads(send("--wait", "--output=json").stdout)
    assert 0.3 < data.pop("seconds") < 0.6
    assert data == {
        "status": 200,
        "receipt_id": "r1",
        "error": None,
        "ms": 31,
        "outcome": "delivered",
        "targets": ["topic:loan-created"],
        "partly_delivered": None,
        "reason": "",
    }


def test_a_dead_letter_is_a_failure(listener: Listener) -> None:
    """Exit 1, with the reason."""
    listener.line = OUTCOME | {"outcome": "dead", "failure": FAILURE, "deliveries": []}
    result = send("--wait")
    assert result.stdout.splitlines()[1] == "dead letter in 0.4 s: refused: AWS returned NotFound"
    assert ended(result, FailedError) == (
        "The event became a dead letter; see what a replay would do: alma-webhooks dead-letters explain r1 --stage dev"
    )


def test_f69_a_dead_letter_that_is_partly_delivered_says_so(listener: Listener) -> None:
    """As text and as JSON."""
    failed = {"route": "b", "target": "topic:b", "failure": FAILURE}
    listener.line = OUTCOME | {"outcome": "dead", "failure": FAILURE, "deliveries": [DELIVERY, failed, DELIVERY]}
    assert send("--wait").stdout.splitlines()[1].startswith("dead letter (partly delivered: 2 of 3) in 0.4 s: refused")
    data = json.loads(send("--wait", "--output=json").stdout)
    assert data["partly_delivered"] == {"delivered": 2, "deliveries": 3}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({}, ""),
        ({"message": "retry", "receipt_id": "r1", "failure": FAILURE}, "refused: AWS returned NotFound"),
    ],
)
def test_no_outcome_in_time_is_a_failure(listener: Listener, line: dict[str, Any], reason: str) -> None:
    """Exit 1; the last failed attempt is named."""
    listener.line = line
    text = send("--wait", "--timeout=4s")
    assert ended(text, FailedError).startswith("No outcome of r1 after 4 s.")
    assert str(text.exception).endswith(": alma-webhooks trace r1 --follow --stage dev")
    assert (f"The last attempt failed: {reason}." in str(text.exception)) is bool(reason)
    data = json.loads(send("--wait", "--timeout=4s", "--output=json").stdout)
    assert (data["outcome"], data["seconds"], data["reason"]) == (None, None, reason)


def test_a_rejected_event_is_not_waited_for(listener: Listener) -> None:
    """The response is printed as without --wait."""
    listener.reply = Reply(401, None, "The signature is wrong.", 0.0311)
    result = send("--wait")
    assert result.stdout == "401  receipt id -  31 ms\n"
    assert ended(result, FailedError) == "Not accepted: The signature is wrong."


def test_without_wait_no_stack_is_opened(listener: Listener) -> None:
    """Only the URL and the secret are needed."""
    assert send().exit_code == 0
    assert listener.flags == []


def test_members_are_changed_and_the_event_is_fresh(listener: Listener) -> None:
    """Before it is signed."""
    assert send("--set", "item_loan.loan_id=5", "--set", "item_loan.loan_status=X", "--fresh").exit_code == 0
    [body] = listener.bodies
    loan = json.loads(body)["item_loan"]
    assert (loan["loan_id"], loan["loan_status"]) == (5, "X")
    assert parse(body).id != parse(body_of("loan-created")).id


def test_a_wrong_flag_posts_nothing(listener: Listener) -> None:
    """Exit 2."""
    assert "did you mean loan_id?" in ended(send("--set", "item_loan.loan_idd=5"), ConfigurationError)
    assert "--timeout takes a duration" in ended(send("--wait", "--timeout=soon"), ConfigurationError)
    assert listener.bodies == []
