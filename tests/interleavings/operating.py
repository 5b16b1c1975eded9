"""An operator's replay, as `alma-webhooks dead-letters replay` does it, on clients in memory."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final, cast

from botocore.exceptions import BotoCoreError, ClientError

from scripts.aws.address import Address
from scripts.aws.context import StackContext
from scripts.aws.stack import Stack
from scripts.cli.exit_codes import CommandError
from scripts.cli.rate_limiter import Rate
from scripts.dead_letters.change_session import open_change_session
from scripts.dead_letters.filters import Filters, Selection
from scripts.dead_letters.replay import Replay
from scripts.dead_letters.replay_options import ReplayOptions
from scripts.dead_letters.scan import HOLD, Scan
from scripts.dead_letters.store import DeadLetterStore, open_dead_letters
from tests.interleavings.clients import Wire
from tests.interleavings.other_clients import DynamoDbClient, LogsClient, StsClient
from tests.interleavings.schedule import Interrupts, KilledError, Task
from tests.interleavings.services import ACCOUNT, DEAD_LETTERS_URL, LOCKS, REGION, WEBHOOKS_URL
from tests.interleavings.sqs_client import SqsClient

_OUTPUTS: Final = {
    "QueueUrl": WEBHOOKS_URL,
    "DeadLetterQueueUrl": DEAD_LETTERS_URL,
    "OverflowBucketName": "overflow",
    "LocksTableName": LOCKS,
    "AuditLogGroupName": "audit",
}
_STACK: Final = Stack("alma-webhooks-dev", _OUTPUTS)
_ADDRESS: Final = Address("dev", _STACK.name, REGION, None, None, None, None, {})

# What has hidden dead letters, or has the lock, has given both up by then.
LONGEST_HOLD_SECONDS: Final = 2 * HOLD.total_seconds()

_SDK: Final = {"attempts": 4, "timeout": 33.0}


@dataclass(eq=False)
class Operators:
    """The computers of operators."""

    wire: Wire
    session: "Session"
    ended: int = 0

    def start(self, after: float = 0.0, *, redeliver: bool = False) -> None:
        """Let another operator replay all dead letters in some seconds."""
        schedule = self.wire.network.schedule
        attempt = schedule.next_attempt()
        task = Task(f"operator {attempt}", attempt=attempt, interrupts=Interrupts())
        schedule.start(task, lambda: self._run(redeliver=redeliver), after)

    def _run(self, *, redeliver: bool) -> None:
        schedule = self.wire.network.schedule
        try:
            self.session.replay(self.wire, redeliver=redeliver)
        except KilledError:
            schedule.say("its process has ended")
        except KeyboardInterrupt:
            schedule.say("ends after Ctrl-C")
        except (CommandError, ClientError, BotoCoreError) as error:
            schedule.say(f"ends with {type(error).__name__}")
        self.ended += 1


class Session:
    """One run of the command. A subclass removes a protection."""

    def replay(self, wire: Wire, *, redeliver: bool) -> None:
        """Replay all dead letters. Raise as the command does."""
        schedule = wire.network.schedule
        store = self.opened(wire)
        with (
            open_change_session(store, "replay", clock=schedule.monotonic) as change,
            Scan(store.queue, lambda _, __: None, renew=change.renew, monotonic=schedule.monotonic) as scan,
        ):
            rate = Rate(20, schedule.monotonic, schedule.sleep)
            interrupts = schedule.task.interrupts or Interrupts()
            options = ReplayOptions(rate, redeliver=redeliver, ignore_replay_limit=True, deferred=interrupts.deferred)
            Replay(store, change, scan, options).run(Selection(Filters(), store.now))

    def opened(self, wire: Wire) -> DeadLetterStore:
        """Return the dead letters of the stack."""
        aws = SimpleNamespace(
            sqs=SqsClient(wire, **cast("Any", _SDK)),
            dynamodb=DynamoDbClient(wire, **cast("Any", _SDK)),
            logs=LogsClient(wire, **cast("Any", _SDK)),
            sts=StsClient(wire, **cast("Any", _SDK)),
            s3=None,
            cloudformation=SqsClient(wire, **cast("Any", _SDK)),
        )
        return open_dead_letters(StackContext(cast("Any", aws), _ADDRESS, _STACK, ACCOUNT))
