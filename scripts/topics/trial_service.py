"""Try an integration of a stored topic: prepare the notification, then send it once. Prints and asks nothing."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from notifications.integrations.table import INTEGRATIONS
from notifications.prepared import prepared as prepare
from scripts.cli.exit_codes import ConfigurationError
from scripts.topics.references import missing_secrets
from scripts.topics.service import TopicService
from scripts.topics.trial import TopicTrial, TrialResult, rendered_trial, send_trial, trial_connections


class TrialService(NamedTuple):
    """Trials of the topics of a stage. Every method raises what TopicService raises."""

    topics: TopicService

    def prepared(self, topic: str, integration: str, given: Mapping[str, Any]) -> TopicTrial:
        """Return the rendered notification of a topic of the table. Sends nothing.

        Raise ConfigurationError, also if a secret of the integration is not stored.
        """
        scope, found = self.topics.scope, self.topics.show(topic)
        if not found.topic:
            raise ConfigurationError(
                f"The stored topic {topic} is not valid. Apply it again: alma-webhooks topics apply {scope.options}"
            )
        trial = rendered_trial(found.topic, integration, given)
        if missing := missing_secrets(scope.aws.ssm, scope.stage, [trial.topic]):
            raise ConfigurationError(f"Nothing was sent: {missing[0].sentence(scope.options)}")
        return trial

    def check_can_send(self, trial: TopicTrial) -> None:
        """Raise ConfigurationError if the integration is sent to a person, whom a trial does not look up."""
        if prepare(trial.notification, INTEGRATIONS).configuration.person is None:
            return
        path = f"{trial.topic.channel}/{trial.topic.topic}"
        raise ConfigurationError(
            f"{path}, integration {trial.notification.name} is sent to a person, whom topics test does not look up. "
            f"Try it with: alma-webhooks notify {path} NAME=VALUE … {self.topics.scope.options}"
        )

    def send(self, trial: TopicTrial) -> TrialResult:
        """Send a prepared notification with the rights of the caller, whom the audit log names, but not the values.

        Raise ConfigurationError for a person, and what `scripts.aws.exclusive` raises, before anything is sent.
        """
        self.check_can_send(trial)
        sent_to = {"topic": f"{trial.topic.channel}/{trial.topic.topic}", "integration": trial.notification.name}
        with self.topics.changing("topics-test", sent_to) as change:
            result = send_trial(trial, trial_connections(self.topics.scope, self.topics.stack))
            change.record("test sent", **sent_to, type=trial.type, result=str(result.outcome))
        return result
