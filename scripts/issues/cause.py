"""What the failures of an issue have in common, and the key that follows from it. Pure: calls no AWS."""

import hashlib
import json
from enum import StrEnum
from typing import Final, NamedTuple

from scripts.dead_letters.dead_letter import Cause
from scripts.executions.find import Execution

_KEY_LENGTH: Final = 12


class IssueSource(StrEnum):
    """Where failures come from: the two dead-letter queues, and the executions of state machines."""

    webhooks = "webhooks"
    notifications = "notifications"
    executions = "executions"


class IssueCause(NamedTuple):
    """The cause of an issue; texts that do not apply are empty.

    Dead letters have `category`, `route`, `target` and `field`; executions have `state_machine`, `status` and `error`.
    Free text, such as a reason, does not count.
    """

    source: IssueSource
    category: str = ""
    route: str = ""
    target: str = ""
    field: str = ""
    state_machine: str = ""
    status: str = ""
    error: str = ""

    @classmethod
    def of_dead_letter(cls, cause: Cause, source: IssueSource) -> "IssueCause":
        """Return the cause of the issue that a dead letter with this cause belongs to."""
        return cls(source, cause.category, cause.route, cause.target, cause.field)

    @classmethod
    def of_execution(cls, execution: Execution) -> "IssueCause":
        """Return the cause of the issue that an execution belongs to."""
        machine, status, error = execution.state_machine, execution.status, execution.error
        return cls(IssueSource.executions, state_machine=machine, status=status, error=error)

    @classmethod
    def parse(cls, text: str) -> "IssueCause":
        """Parse what `as_text` returned. Raise ValueError for other text."""
        members = json.loads(text)
        try:
            return cls(**members | {"source": IssueSource(members["source"])})
        except (TypeError, KeyError) as error:
            raise ValueError(str(error)) from None

    def as_text(self) -> str:
        """Return the cause as JSON, without empty texts."""
        return json.dumps({name: value for name, value in self._asdict().items() if value}, sort_keys=True)

    @property
    def key(self) -> str:
        """The key of the issue: 12 hexadecimal digits of the digest of the cause."""
        return hashlib.sha256(json.dumps(self).encode()).hexdigest()[:_KEY_LENGTH]

    @property
    def is_of_executions(self) -> bool:
        """Whether the failures are executions."""
        return self.source is IssueSource.executions

    @property
    def filters(self) -> dict[str, str]:
        """The filters that select the failures, without those that are empty, by the name of the flag or field."""
        if self.is_of_executions:
            found = {"state_machine": self.state_machine, "status": self.status}
        else:
            queue = self.source.value if self.source is IssueSource.notifications else ""
            found = {"queue": queue, "cause": self.category, "route": self.route, "target": self.target}
        return {name: value for name, value in found.items() if value}

    @property
    def what(self) -> str:
        """The class of the cause of dead letters; status and error of executions."""
        return f"{self.status} {self.error}".rstrip() if self.is_of_executions else self.category

    @property
    def where(self) -> str:
        """The target, as causes have it, or an empty text."""
        return f"state_machine:{self.state_machine}" if self.is_of_executions else self.target
