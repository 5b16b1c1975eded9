"""List, apply and delete the topics of a stage. Prints nothing and asks nothing."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any, Final

from notifications.topic_file import DeclaredTopic
from scripts.aws import mark
from scripts.aws.context import StackContext
from scripts.aws.exclusive import ChangeSession, exclusive
from scripts.aws.notifications_stack import required_notifications
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import ConfigurationError, FailedError, RejectedError
from scripts.topics.differences import CHANGING, TopicAction, TopicDifference, differences
from scripts.topics.references import MissingSecret, missing_secrets
from scripts.topics.topic_store import StoredTopic, TopicStore

_LOCK: Final = "topics"


@dataclass
class TopicPlan:
    """What `apply` does to each topic, and its result so far.

    `missing` are secrets that the declared topics refer to and that are not stored. `changed_meanwhile` are topics that
    somebody else has changed since the plan was made; they are left as they are.
    """

    differences: Sequence[TopicDifference]
    missing: Sequence[MissingSecret] = ()
    done: list[TopicDifference] = field(default_factory=list)
    changed_meanwhile: list[str] = field(default_factory=list)

    @property
    def to_do(self) -> list[TopicDifference]:
        """The topics to write or to remove."""
        return [each for each in self.differences if each.action in CHANGING]


class TopicService:
    """The topics of a stack's notifications.

    Every method raises the errors of `required_notifications` and botocore's; those that change something also the
    errors of `scripts.aws.exclusive`.
    """

    def __init__(self, scope: StackContext) -> None:
        self.scope = scope

    @cached_property
    def stack(self) -> Stack:
        """The notifications stack."""
        return required_notifications(self.scope)

    @cached_property
    def store(self) -> TopicStore:
        """The table of topics."""
        return TopicStore(self.scope.aws.dynamodb, self.stack.outputs["TopicsTableName"])

    def topics(self) -> list[StoredTopic]:
        """Return all topics, sorted by name."""
        return [*self.store.all().values()]

    def show(self, path: str) -> StoredTopic:
        """Return a topic by `channel/topic`. Raise ConfigurationError if it does not exist."""
        found = self.store.find(path.replace("/", "+", 1))
        if found is None:
            near = get_close_matches(path, [each.path for each in self.topics()], 1)
            advice = f"Did you mean {near[0]}?" if near else "Add it to notifications.yaml, then: "
            command = "" if near else f"alma-webhooks topics apply {self.scope.options}"
            raise ConfigurationError(f"There is no topic {path} in the stage {self.scope.stage}. {advice}{command}")
        return found

    def missing(self, topics: Sequence[StoredTopic]) -> list[MissingSecret]:
        """Return the secrets that these topics refer to and that are not stored. Reads names only."""
        valid = [each.topic for each in topics if each.topic]
        return missing_secrets(self.scope.aws.ssm, self.scope.stage, valid)

    def check_project(self, name: str) -> None:
        """Raise RejectedError unless the stack belongs to the project of this name."""
        if (owner := mark.project_of(self.stack.outputs)) != name:
            raise RejectedError(
                f"Stack {self.stack.name} belongs to the project {owner}, not to {name}, so nothing was changed. Use "
                "the folder of that project, or the stack of this one: --project FOLDER, --stack NAME."
            )

    def plan(self, declared: Sequence[DeclaredTopic], *, prune: bool = False) -> TopicPlan:
        """Return what `apply` would do. `prune` removes the topics that are not declared. Changes nothing."""
        found = differences(declared, self.store.all(), prune=prune)
        topics = [each.topic for each in found if each.topic]
        return TopicPlan(found, missing_secrets(self.scope.aws.ssm, self.scope.stage, topics))

    def apply(self, plan: TopicPlan) -> None:
        """Carry out a plan, which has the result so far also after an error or an interruption.

        A topic that was changed since then is left as it is. Raise FailedError at the end if there is one.
        """
        if not plan.to_do:
            return
        facts = {"prune": any(each.action is TopicAction.remove for each in plan.to_do)}
        with self.changing("topics-apply", facts) as change:
            for each in plan.to_do:
                change.renew()
                if each.write_to(self.store):
                    plan.done.append(each)
                    change.record(each.action.done, topic=each.path, id=each.id)
                else:
                    plan.changed_meanwhile.append(each.path)
        if plan.changed_meanwhile:
            raise FailedError(
                f"Somebody else has changed {', '.join(plan.changed_meanwhile)} in the meantime, so that was left "
                f"as it is. See the difference and apply again: alma-webhooks topics apply {self.scope.options}"
            )

    def delete(self, stored: StoredTopic) -> None:
        """Delete a topic that was read before. Raise FailedError if it was changed since then."""
        with self.changing("topics-delete", {"topic": stored.path}) as change:
            if not self.store.delete(stored):
                raise FailedError(
                    f"Somebody else has changed {stored.path} in the meantime, so it was not deleted. Look at it: "
                    f"alma-webhooks topics show {stored.path} {self.scope.options}"
                )
            change.record("removed", topic=stored.path, id=stored.id)

    def changing(self, command: str, facts: dict[str, Any]) -> AbstractContextManager[ChangeSession]:
        """Hold the lock on the topics and write the audit log while the block changes or sends something."""
        return exclusive(self.scope, _LOCK, command, filters=facts)
