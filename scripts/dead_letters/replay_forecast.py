"""Predict what a replay of many dead letters would do, in counts. Sends nothing and keeps no body."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from processor.errors import Permanent
from scripts.aws.errors import why_unanswered
from scripts.cli.exit_codes import CommandError
from scripts.dead_letters.dead_letter import Cause
from scripts.dead_letters.explain import Explained, Targets, explain_dead_letter
from scripts.dead_letters.reader import ReadDeadLetter
from scripts.dead_letters.store import DeadLetterStore
from scripts.routes.judged_routes import known_routes

# A reason can name a place in one body, so that thousands of dead letters could have as many causes.
_MOST_CAUSES: Final = 200
_OTHER_REASONS: Final = "other reasons"


@dataclass
class ReplayForecast:
    """Counts of dead letters by what a replay would do with them.

    `would_deliver` of them would be delivered without a failure: `by_route` counts events by route, one that matches
    several routes once for each, and `by_topic` counts notifications. A target that has an event already does not get
    it again. `would_fail` would fail again, by the first of their `causes`: its class, reason, route and target.
    `duplicates` are notifications that were sent.
    `not_known` cannot be predicted, by their `doubts`. `problem` is why nothing could be predicted.
    """

    would_deliver: int = 0
    would_fail: int = 0
    ignored: int = 0
    duplicates: int = 0
    not_known: int = 0
    by_route: Counter[str] = field(default_factory=Counter)
    by_topic: Counter[str] = field(default_factory=Counter)
    causes: Counter[Cause] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)
    problem: str = ""

    def deliver(self, routes: Iterable[str] = (), topics: Iterable[str] = ()) -> None:
        """Count a dead letter that would be delivered by these routes, or sent to the integrations of these topics."""
        self.would_deliver += 1
        self.by_route.update(set(routes))
        self.by_topic.update(set(topics))

    def fail(self, failure: Permanent) -> None:
        """Count a dead letter that would fail again."""
        self.would_fail += 1
        cause = Cause(failure.cause_class, failure.reason, failure.route or "", failure.target or "")
        self.causes[cause if _has_room(self.causes, cause) else cause._replace(reason=_OTHER_REASONS)] += 1

    def doubt(self, why: str) -> None:
        """Count a dead letter whose outcome is not known."""
        self.not_known += 1
        self.doubts[why if _has_room(self.doubts, why) else _OTHER_REASONS] += 1


def _has_room(counts: Counter[Any], key: Hashable) -> bool:
    return key in counts or len(counts) < _MOST_CAUSES


Predict = Callable[[ReadDeadLetter], None]
"""Adds the prediction of a dead letter to a forecast. Raises nothing."""


def predictor(dead_letters: DeadLetterStore, routes: Path | None, forecast: ReplayForecast) -> Predict:
    """Return what predicts by a routes file or the deployed one; it does nothing if there is a `problem`."""
    try:
        if dead_letters.queue_name.is_of_part:
            return lambda _: forecast.doubt("the function behind the queue decides")
        if dead_letters.is_of_notifications:
            return _of_notifications(dead_letters, forecast)
        return _of_events(dead_letters, routes, forecast)
    except CommandError as error:
        forecast.problem = str(error)
    except (ClientError, BotoCoreError) as error:
        forecast.problem, _ = why_unanswered(error)
    return lambda _: None


def _of_events(dead_letters: DeadLetterStore, routes: Path | None, forecast: ReplayForecast) -> Predict:
    """Raise CommandError and botocore's errors if the routes or the targets cannot be read."""
    scope = dead_letters.scope
    targets, compiled = Targets(scope), known_routes(scope, routes).routes()
    return lambda read: _add(explain_dead_letter(read, compiled, targets, stage=scope.stage), forecast)


def _add(explained: Explained, forecast: ReplayForecast) -> None:
    explanation = explained.explanation
    if explanation.failure:
        forecast.fail(explanation.failure)
    elif explained.doubt:
        forecast.doubt(explained.doubt)
    elif explanation.deliveries:
        forecast.deliver(delivery.route for delivery in explanation.deliveries)
    else:
        forecast.ignored += 1


def _of_notifications(dead_letters: DeadLetterStore, forecast: ReplayForecast) -> Predict:
    from scripts.dead_letters.notification_explain import Forecast, NotificationExplainer  # only now: it imports much

    explainer = NotificationExplainer(dead_letters)

    def predict(read: ReadDeadLetter) -> None:
        found = explainer.explain(read)
        match found.forecast:
            case Forecast.fail if found.failure:
                forecast.fail(found.failure)
            case Forecast.duplicate:
                forecast.duplicates += 1
            case Forecast.not_known:
                forecast.doubt(found.doubt)
            case _:
                forecast.deliver(topics=[found.summary.topic])

    return predict
