"""Test trials as a page uses them: prepared first, sent later."""

import pytest

from scripts.cli.exit_codes import ConfigurationError
from scripts.topics.trial import TrialOutcome
from scripts.topics.trial_service import TrialService
from tests.scripts.topics.conftest import Command
from tests.scripts.topics.site import TopicSite
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
