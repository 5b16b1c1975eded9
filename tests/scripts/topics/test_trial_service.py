"""Test trials as a page uses them: prepared first, sent later."""

import pytest

from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.topics.trial import TrialOutcome
from scripts.topics.trial_service import TrialService
from tests.scripts.dead_letters.queues import audited
from tests.scripts.topics.conftest import Command
from tests.scripts.topics.site import AUDIT, TopicSite
from tests.scripts.topics.test_sending_commands import FakeHttp
from tests.scripts.topics.test_sending_commands import http as http
from tests.scripts.topics.test_sending_commands import try_ as try_

TO_A_PERSON = ("everybody/all", "someone")


@pytest.mark.usefixtures("try_")
def test_a_prepared_trial_is_sent_once_for_each_call(site: TopicSite, http: FakeHttp) -> None:
    """Preparing sends nothing."""
    service = TrialService(site.service)
    trial = service.prepared("library/jobs", "team", {"title": "Backup"})
    assert (trial.notification.message, http.requests) == ("*Backup* is due", [])
    assert service.send(trial).outcome is TrialOutcome.accepted
    assert len(http.requests) == 1


@pytest.mark.usefixtures("try_")
def test_nothing_is_sent_to_a_person(site: TopicSite, http: FakeHttp) -> None:
    """It is an error before and at the sending."""
    service = TrialService(site.service)
    trial = service.prepared(*TO_A_PERSON, {})
    for act in (service.check_can_send, service.send):
        with pytest.raises(ConfigurationError, match="is sent to a person"):
            act(trial)
    assert http.requests == []


def test_an_integration_without_its_secret_is_an_error(site: TopicSite, topics: Command) -> None:
    """The error has the command that stores it."""
    site.declare()
    assert topics("apply", "--yes").exit_code == 0
    with pytest.raises(ConfigurationError, match=r"Nothing was sent: .* alma-webhooks topics secret slack-team"):
        TrialService(site.service).prepared("library/jobs", "team", {})


@pytest.mark.usefixtures("try_")
def test_the_audit_log_has_who_sent_what_to_which_integration(site: TopicSite, http: FakeHttp) -> None:
    """The line that it began is there before the request; no line has a value of the notification."""
    service = TrialService(site.service)
    trial = service.prepared("library/jobs", "team", {"title": "Canary"})
    service.send(trial)
    began, sent, ended = audited(site.scope.aws)[-3:]
    names = {"topic": "library/jobs", "integration": "team"}
    assert (began["message"], began["command"], began["filters"]) == ("began", "topics-test", names)
    assert sent.items() >= {"message": "test sent", **names, "type": "slack", "result": "accepted"}.items()
    assert (ended["message"], began["who"]) == ("ended", sent["who"])
    assert "Canary" not in str([began, sent, ended])
    assert len(http.requests) == 1


@pytest.mark.usefixtures("try_")
def test_without_an_audit_log_nothing_is_sent(site: TopicSite, http: FakeHttp) -> None:
    """A message that people get is a change, so it needs its line like every other one."""
    trial = TrialService(site.service).prepared("library/jobs", "team", {})
    site.scope.aws.logs.delete_log_group(logGroupName=AUDIT)
    with pytest.raises(FailedError, match="Cannot write the audit log"):
        TrialService(site.service).send(trial)
    assert http.requests == []


@pytest.mark.usefixtures("try_")
def test_a_test_waits_for_nobody_who_changes_topics(site: TopicSite, http: FakeHttp) -> None:
    """The topic could be another one after that change, so nothing is sent meanwhile."""
    trial = TrialService(site.service).prepared("library/jobs", "team", {})
    with site.service.changing("topics-apply", {}), pytest.raises(RejectedError):
        TrialService(site.service).send(trial)
    assert http.requests == []
