"""Test `notify`: the request that a client makes, and the sentences for the answers of the API."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scripts.cli.exit_codes import CommandError, ConfigurationError, FailedError
from scripts.main import app
from tests.loopback import Loopback, answer, close
from tests.scripts.topics.conftest import Command
from tests.scripts.topics.site import TopicSite

KEY = "invented-api-key-canary"
IDS = {"team": "message-1", "desk": "message-2"}


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), (result.output, result.exception)
    return str(result.exception)


@pytest.fixture
def notify(site: TopicSite, topics: Command) -> Command:
    """Run `alma-webhooks notify …` on applied topics with an API key."""
    site.declare()
    assert topics("apply", "--yes").exit_code == 0
    site.store("api-key", f"{KEY}\n")
    return lambda *arguments: CliRunner().invoke(app, ["notify", *arguments])


def posting(monkeypatch: pytest.MonkeyPatch, *behaviours: Any) -> Loopback:
    """Return a server in the place of the API."""
    server = Loopback(*behaviours)
    monkeypatch.setattr("scripts.topics.posting.url_base", lambda *_: f"{server.url}/v1/notifications/")
    return server


def test_a_notification_is_posted_as_a_client_would(
    notify: Command, site: TopicSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the key of SSM, the id of the table and an idempotency key; the ids of the messages are printed."""
    with posting(monkeypatch, answer(IDS, header="X-Receipt-Id: receipt-1\r\n")) as server:
        result = notify("library/jobs", "title=Backup ended", "count:=3", "--idempotency-key=nightly-1")
        [received] = server.received
    assert result.exit_code == 0, result.exception
    assert received.request == "POST /v1/notifications/library/jobs HTTP/1.1"
    assert received.members == {"metadata": {"title": "Backup ended", "count": 3}}
    headers = {name.lower(): value for name, value in received.headers.items()}
    topic_id = site.items["library+jobs"]["Id"]["S"]
    assert [headers[name] for name in ("x-api-key", "x-topic-hash-x", "idempotency-key", "content-type")] == [
        KEY,
        topic_id,
        "nightly-1",
        "application/json",
    ]
    assert result.stdout.splitlines() == [
        "queued   team  message-1",
        "queued   desk  message-2",
        "receipt  receipt-1",
        "repeat   with --idempotency-key nightly-1; it is sent once",
    ]
    assert "canary" not in result.output


def test_json_has_the_same(notify: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key of one's own each post has a random one."""
    with posting(monkeypatch, answer(IDS), answer(IDS)) as server:
        first, second = (json.loads(notify("library/jobs", "--output=json").stdout) for _ in range(2))
        assert first["ids"] == IDS
        assert first["idempotency_key"] != second["idempotency_key"]
        assert [each.members for each in server.received] == [{"metadata": {}}] * 2


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (400, "The API rejected the post (400): why."),
        (
            403,
            "The API rejected the key (403). A new key is accepted within a minute; its state: alma-webhooks topics ",
        ),
        (404, "The API knows no such topic with this id (404). It may just have been changed: alma-webhooks topics sh"),
        (429, "The API accepts no more posts for the moment (429). Try again in a second."),
        (502, "The API could not queue the post (502): why. Repeat it with --idempotency-key again-1, so that no"),
        (500, "The API answered 500. Repeat it with --idempotency-key again-1, so that no integration gets it twice."),
    ],
)
def test_every_answer_has_a_sentence(
    notify: Command, monkeypatch: pytest.MonkeyPatch, status: int, sentence: str
) -> None:
    """The exit code is 1, and no key is shown."""
    with posting(monkeypatch, answer({"message": "why."}, status)):
        result = notify("library/jobs", "--idempotency-key=again-1")
    assert ended(result, FailedError).startswith(sentence)
    assert "canary" not in f"{result.output}{result.exception}"


def test_a_lost_answer_says_how_to_repeat_the_post(notify: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The API may have queued it, so the same idempotency key is needed."""
    with posting(monkeypatch, close):
        sentence = ended(notify("library/jobs", "--idempotency-key=again-1"), FailedError)
    assert sentence.startswith("No response from 127.0.0.1 (")
    assert sentence.endswith("Repeat it with --idempotency-key again-1, so that no integration gets it twice.")


@pytest.mark.parametrize("key", ["canary\r\nX-Other: 1", "canary\u2028"])
def test_a_key_that_no_header_can_have_is_rejected(notify: Command, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    """It could add a header; nothing is posted, and it is not shown."""
    with posting(monkeypatch, answer(IDS)) as server:
        result = notify("library/jobs", f"--idempotency-key={key}")
        assert server.received == []
    assert "canary" not in ended(result, ConfigurationError)


def test_a_stage_without_an_api_key_says_how_to_create_one(notify: Command, site: TopicSite) -> None:
    """Nothing is posted."""
    site.scope.aws.ssm.delete_parameter(Name="/alma-webhooks/dev/notifications/api-key")
    sentence = ended(notify("library/jobs"), ConfigurationError)
    assert sentence.endswith("alma-webhooks topics api-key create --stage dev")


def test_a_topic_that_does_not_exist_is_not_posted_to(notify: Command) -> None:
    """The nearest name is suggested."""
    assert ended(notify("library/job"), ConfigurationError).endswith("Did you mean library/jobs?")
