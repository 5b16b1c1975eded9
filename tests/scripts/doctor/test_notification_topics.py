"""Test the checks of the topics: the table against notifications.yaml, their secrets, and retired Teams URLs."""

from pathlib import Path

import pytest
import yaml
from botocore.stub import Stubber

from scripts.doctor.check import Health, Subject
from tests.scripts.doctor.notified import FLOW, PREFIX, TEAM, in_project, stored, with_notifications
from tests.scripts.doctor.subjects import OK, UNHEALTHY, UNKNOWN, WARNING, found

APPLY = "alma-webhooks topics apply --stage dev"
FLOW_URL = "https://{}/flows/canary-of-the-url?sig=canary-of-the-signature"


@pytest.fixture
def notified(subject: Subject, tmp_path: Path) -> Subject:
    """A stage with notifications, whose project's file has one topic."""
    file = {"channels": {"library": {"jobs": {"integrations": [TEAM]}}}}
    (tmp_path / "notifications.yaml").write_text(yaml.safe_dump(file))
    return in_project(with_notifications(subject), tmp_path)


def states(subject: Subject, check: str = "topics") -> list[tuple[Health, str]]:
    return [(finding.state, finding.message) for finding in found(subject, check)]


def test_topics_that_equal_the_file_are_healthy(notified: Subject) -> None:
    """The id is not in the file."""
    stored(notified, TEAM)
    assert states(notified) == [(OK, "1 topic, equal to notifications.yaml")]


def test_a_topic_that_was_not_applied_is_a_warning(notified: Subject) -> None:
    """The fix applies it."""
    [finding] = found(notified, "topics")
    assert (finding.state, finding.fix) == (WARNING, APPLY)
    assert finding.message.startswith("library/jobs of notifications.yaml was not applied")


def test_a_changed_and_an_additional_topic_are_warnings(notified: Subject) -> None:
    """The stored topics count. An additional one may be another project's, so only its deletion is proposed."""
    stored(notified, TEAM | {"model": "another"})
    stored(notified, TEAM, topic="old")
    changed, additional = found(notified, "topics")
    assert (changed.state, additional.state) == (WARNING, WARNING)
    assert changed.message == "library/jobs differs from notifications.yaml; the stored topic counts"
    assert additional.message == "library/old is stored and accepts posts, but notifications.yaml lacks it"
    assert changed.fix == APPLY
    delete = "alma-webhooks topics delete library/old --stage dev"
    assert additional.fix == f"add it to notifications.yaml, or: {delete}"


def test_an_invalid_stored_topic_is_unhealthy(notified: Subject) -> None:
    """Every post to it fails."""
    stored(notified, TEAM, Id="not-a-uuid")
    [finding] = found(notified, "topics")
    assert (finding.state, finding.fix) == (UNHEALTHY, APPLY)
    assert finding.message == "the stored topic library/jobs is not valid, so every post to it is answered 502"


def test_a_file_with_mistakes_is_unhealthy(notified: Subject, tmp_path: Path) -> None:
    """Each mistake is a finding with its line."""
    (tmp_path / "notifications.yaml").write_text("channels:\n  library: {jobs: {}}\n")
    [finding] = found(notified, "topics")
    assert (finding.state, finding.fix) == (UNHEALTHY, f"correct notifications.yaml; then {APPLY}")
    assert finding.message.startswith("notifications.yaml: line 2, library/jobs")


def test_a_file_that_cannot_be_read_is_unhealthy(notified: Subject, tmp_path: Path) -> None:
    """The other checks go on."""
    (tmp_path / "notifications.yaml").write_bytes(b"\xff")
    assert states(notified) == [(UNHEALTHY, f"{tmp_path}/notifications.yaml cannot be read: it is not UTF-8.")]


def test_without_a_file_the_stored_topics_are_counted(subject: Subject) -> None:
    """They may have been applied from another folder."""
    subject = with_notifications(subject)
    stored(subject, TEAM)
    assert states(subject) == [(OK, "1 topic; there is no notifications.yaml in the project to compare with")]


def test_a_table_that_may_not_be_read_is_reported_once(subject: Subject) -> None:
    """The checks that need the topics report nothing then."""
    subject = with_notifications(subject)
    with Stubber(subject.scope.aws.dynamodb) as stub:
        for _ in range(5):
            stub.add_client_error("scan", "AccessDeniedException")
        findings = found(subject, "topics", "secrets", "Teams", "e-mail", "SMS")
    assert [(finding.check, finding.state) for finding in findings] == [("topics", UNKNOWN)]
    assert findings[0].fix == "grant your role dynamodb:Scan"


def test_a_missing_secret_of_a_topic_is_unhealthy(notified: Subject) -> None:
    """The secrets are looked up by name, and not read."""
    stored(notified, TEAM)
    [finding] = found(notified, "secrets")
    assert finding.state is UNHEALTHY
    assert finding.message.startswith("the secret slack-team of library/jobs, integration team does not exist")
    assert finding.fix == "alma-webhooks topics secret slack-team --stage dev"
    notified.scope.aws.ssm.put_parameter(Name=f"{PREFIX}slack-team", Value="v", Type="SecureString")
    with Stubber(notified.scope.aws.ssm) as stub:
        answer = {"Parameters": [{"Name": f"{PREFIX}slack-team"}]}
        stub.add_response("describe_parameters", answer)  # any other call would fail
        assert states(notified, "secrets") == [(OK, "1 secret of topics exists")]


def flow(subject: Subject, url: str) -> None:
    stored(subject, FLOW)
    subject.scope.aws.ssm.put_parameter(Name=f"{PREFIX}teams-flow", Value=url, Type="SecureString", Overwrite=True)


@pytest.mark.parametrize(
    ("host", "state"),
    [
        ("library.webhook.office.com", UNHEALTHY),
        ("webhook.office.com", UNHEALTHY),
        ("prod-07.westeurope.LOGIC.azure.com:443", WARNING),
        ("notlogic.azure.com", OK),
        ("logic.azure.com.library.example", OK),
        ("0a1b.environment.api.powerplatform.com", OK),
    ],
)
def test_a_retired_address_of_teams_is_unhealthy(notified: Subject, host: str, state: Health) -> None:
    """Only the host is shown; the rest of the URL is a secret."""
    flow(notified, FLOW_URL.format(host))
    [finding] = found(notified, "Teams")
    assert finding.state is state
    assert "canary" not in f"{finding}"
    assert state is OK or "create a flow in the app Workflows of Teams" in finding.fix


def test_a_secret_that_is_not_a_url_is_unhealthy(notified: Subject) -> None:
    """It is not shown."""
    flow(notified, "canary")
    [finding] = found(notified, "Teams")
    assert finding.state is UNHEALTHY
    assert finding.message.endswith("does not start with https://")
    assert "canary" not in f"{finding}"


def test_addresses_that_may_not_be_read_are_unknown(notified: Subject) -> None:
    """The missing right is named."""
    flow(notified, FLOW_URL.format("logic.azure.com"))
    with Stubber(notified.scope.aws.ssm) as stub:
        stub.add_client_error("get_parameters", "AccessDeniedException")
        [finding] = found(notified, "Teams")
    assert (finding.state, finding.fix) == (UNKNOWN, "grant your role ssm:GetParameters")


def test_topics_without_teams_have_no_check_of_it(notified: Subject) -> None:
    """No secret is read."""
    stored(notified, TEAM)
    assert found(notified, "Teams") == []
