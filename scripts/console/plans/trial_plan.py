"""Plan a test notification, then send it. Prints nothing, and knows no HTML."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from scripts.aws.context import StackContext
from scripts.cli.output import Data
from scripts.console.background import Control
from scripts.console.plans.plan import Plan
from scripts.topics.sending_report import trial_data
from scripts.topics.service import TopicService
from scripts.topics.trial import TopicTrial, TrialResult
from scripts.topics.trial_service import TrialService


class TrialPlan(Plan):
    """A rendered test notification to one integration, and its result once it was sent."""

    def __init__(self, trial: TopicTrial, made_at: datetime) -> None:
        data = trial_data(trial, None)
        super().__init__(f"Test {data['integration']} of {data['topic']}", "/notifications/tests", made_at)
        self.trial: Final = trial

    @property
    def data(self) -> Data:
        """The notification and its result, as `topics test --output json` has them."""
        result: TrialResult | None = self.work.result if self.work else None
        return trial_data(self.trial, result)

    @property
    def results(self) -> list[str]:
        """The outcome, once it is known."""
        return [text for text in (self.data["outcome"],) if text]


def planned_trial(scope: StackContext, topic: str, integration: str, given: Mapping[str, Any]) -> TopicTrial:
    """Return the rendered notification. Raise what TrialService raises, also if it would be sent to a person."""
    service = TrialService(TopicService(scope))
    trial = service.prepared(topic, integration, given)
    service.check_can_send(trial)
    return trial


def send(scope: StackContext, plan: TrialPlan, control: Control) -> TrialResult:
    """Send it; a cancellation waits for the answer. Raise what TrialService raises."""
    control.check()
    with control.deferred():
        return TrialService(TopicService(scope)).send(plan.trial)
