"""Test `topics secret` and `topics api-key …`: what is stored, what is rejected, and that no secret is shown."""

import json
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import Result

from notifications.api_keys import ApiKeys
from scripts.cli.exit_codes import CommandError, ConfigurationError, RejectedError
from scripts.topics.api_key import ApiKeyService
from tests.scripts.topics.conftest import Command
from tests.scripts.topics.site import TopicSite

FOLDER = "/alma-webhooks/dev/notifications/"
MARGIN_OF_THE_PAST = timedelta(minutes=-2)
URL = "https://hooks.slack.com/services/T0/B0/canary4711canary"  # pragma: allowlist secret -- an invented value


def ended(result: Result, kind: type[CommandError]) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def data_of(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, (result.output, result.exception)
    return dict(json.loads(result.stdout))


def stored(site: TopicSite) -> dict[str, str]:
    pages = site.scope.aws.ssm.get_parameters_by_path(Path=FOLDER, WithDecryption=True)
    return {each["Name"].removeprefix(FOLDER): each["Value"] for each in pages["Parameters"]}


@pytest.fixture
def api_key(site: TopicSite, topics: Command, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `alma-webhooks topics api-key …` without pauses."""
    create = ApiKeyService.__init__
    monkeypatch.setattr(ApiKeyService, "__init__", lambda self, scope: create(self, scope, lambda _: None))
    assert site
    return lambda *arguments, **options: topics("api-key", *arguments, **options)


def test_a_secret_is_stored_from_standard_input(topics: Command, site: TopicSite) -> None:
    """It is encrypted, without white space around it, and is not printed."""
    result = topics("secret", "slack-team", input=f" {URL}\n")
    assert result.stdout.splitlines() == [
        f"stored  {FOLDER}slack-team",
        "next    running senders use it within 5 minutes",
    ]
    assert "note: whitespace around the secret was removed" in result.stderr
    assert stored(site) == {"slack-team": URL}
    [found] = site.scope.aws.ssm.describe_parameters()["Parameters"]
    assert found["Type"] == "SecureString"
    assert "canary" not in result.output


def test_a_stored_secret_is_replaced_only_on_request(topics: Command, site: TopicSite) -> None:
    """The sentence has the command; a secret of a similar name does not count."""
    site.store("previous-slack-team")
    assert topics("secret", "slack-team", input=URL).exit_code == 0
    result = topics("secret", "slack-team", input="other")
    sentence = ended(result, RejectedError)
    assert sentence.endswith("To replace it: alma-webhooks topics secret slack-team --replace --stage dev")
    assert stored(site)["slack-team"] == URL
    assert data_of(topics("secret", "slack-team", "--replace", "--output=json", input="other"))["replaced"] is True
    assert stored(site)["slack-team"] == "other"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "api-key",
            "api-key is a key of the notifications API, which has commands of its own: alma-webhooks topics api",
        ),
        ("previous-api-key", "previous-api-key is a key of the notifications API, which has commands of its own"),
        ("secret", "'secret' cannot be the name of a secret: secret is the name of an Alma profile's secret"),
        ("Slack Team", "'Slack Team' cannot be the name of a secret: a name has lower-case letters"),
    ],
)
def test_names_that_no_topic_can_refer_to_are_rejected(
    topics: Command, site: TopicSite, name: str, sentence: str
) -> None:
    """The sender could not read them, or they are another secret."""
    assert ended(topics("secret", name, input=URL), ConfigurationError).startswith(sentence)
    assert stored(site) == {}


def test_the_key_of_alma_is_stored_too(topics: Command, site: TopicSite) -> None:
    """No topic can refer to it; the sender uses it to look up people."""
    assert topics("secret", "alma-api-key", input="canary\n").exit_code == 0
    assert stored(site) == {"alma-api-key": "canary"}


@pytest.mark.parametrize("value", ["", "  \n", "two\nlines-canary", "canary" * 1000, "canary\x07"])
def test_what_is_not_one_line_is_not_stored(topics: Command, site: TopicSite, value: str) -> None:
    """The sentence does not quote it."""
    result = topics("secret", "slack-team", input=value)
    assert "nothing was stored" in ended(result, ConfigurationError)
    assert "canary" not in f"{result.exception}{result.output}"
    assert stored(site) == {}


def test_a_mistyped_signing_secret_is_not_stored(topics: Command, site: TopicSite) -> None:
    """The library would sign with another key without an error; a valid one is stored."""
    for value in ("whsec_canary", "v1,whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5"):
        result = topics("secret", "vendor", input=value)
        assert ended(result, ConfigurationError).startswith("The secret is not whsec_ followed by base64")
        assert ("canary" in f"{result.exception}", stored(site)) == (False, {})
    assert topics("secret", "vendor", input="whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5").exit_code == 0


def test_the_api_key_that_is_created_is_accepted(api_key: Command, site: TopicSite) -> None:
    """It is printed only on request. A second one is rejected, with the command that replaces it."""
    assert "next      alma-webhooks topics api-key create --stage dev" in api_key("status").stdout
    result = api_key("create")
    key = stored(site)["api-key"]
    assert ApiKeys(site.scope.aws.ssm, "dev").accepts(key)
    assert "key       not shown: alma-webhooks topics api-key status --show-key --stage dev" in result.stdout
    assert key not in result.output
    assert f"key       {key}" in api_key("status", "--show-key").stdout.splitlines()
    assert "to replace it: alma-webhooks topics api-key rotate" in ended(api_key("create"), RejectedError)
    assert stored(site) == {"api-key": key}


def test_both_keys_are_accepted_during_a_rotation(
    api_key: Command, site: TopicSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old one until it is retired; the rotation waits until every producer has read the new one."""
    api_key("create")
    old = stored(site)["api-key"]
    # The keys were stored more than a minute before they are read.
    monkeypatch.setattr("scripts.secret.rotation.MARGIN", MARGIN_OF_THE_PAST)
    data = data_of(api_key("rotate", "--output=json"))
    new = stored(site)["api-key"]
    assert (data["state"], stored(site)) == ("both", {"api-key": new, "previous-api-key": old})
    assert new != old
    keys = ApiKeys(site.scope.aws.ssm, "dev")
    assert (keys.accepts(old), keys.accepts(new)) == (True, True)
    assert "finish the rotation: alma-webhooks topics api-key retire" in ended(api_key("rotate"), RejectedError)
    assert data_of(api_key("retire", "--yes", "--output=json"))["state"] == "one"
    assert stored(site) == {"api-key": new}
    keys = ApiKeys(site.scope.aws.ssm, "dev")
    assert (keys.accepts(old), keys.accepts(new)) == (False, True)
    assert "nothing to retire" in api_key("retire", "--yes").stderr


def test_a_key_is_not_retired_while_its_successor_spreads(api_key: Command, site: TopicSite) -> None:
    """A producer may still answer the new key with 403. Nothing is removed without an answer either."""
    api_key("create")
    site.store("previous-api-key", "invented-previous-key")
    assert "to wait until you may: alma-webhooks topics api-key rotate" in api_key("status").stdout
    assert "stdin is not a terminal" in ended(api_key("retire"), ConfigurationError)
    assert ended(api_key("retire", "--yes"), RejectedError).startswith("The rotation is not complete")
    assert set(stored(site)) == {"api-key", "previous-api-key"}


def test_a_rotation_needs_a_key(api_key: Command, site: TopicSite) -> None:
    """The sentence has the command that creates one."""
    assert ended(api_key("rotate"), RejectedError).endswith("alma-webhooks topics api-key create --stage dev")
    assert stored(site) == {}
