"""Check before a rollback that the older code can read every message that waits on the queues."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from scripts.aws.clients import Aws
from scripts.aws.queues import queue_count
from scripts.cli.exit_codes import RejectedError
from scripts.cli.plural import plural
from scripts.cli.progress import ProgressDisplay
from scripts.dead_letters.queues import DeadLetterQueue
from scripts.dead_letters.scan import Scan
from scripts.deploy.records import DeploymentRecord

# Dead letters that are looked at stay hidden for this long if this process is killed.
_HOLD: Final = timedelta(seconds=30)


def check_readable(
    aws: Aws, outputs: Mapping[str, str], older: DeploymentRecord, records: Iterable[DeploymentRecord]
) -> None:
    """Raise RejectedError while messages wait whose envelope the older code cannot read.

    Messages on the webhook queue are only counted, because each receive counts towards their last one. Nothing is
    looked at if no recorded deployment wrote a newer envelope.
    """
    newest = max(int(each.envelope_version) for each in records)
    if newest <= int(older.envelope_version):
        return
    if waiting := queue_count(aws.sqs, outputs["QueueUrl"]):
        _reject(older, f"the webhook queue holds about {plural(waiting, 'event')}", "Wait until it is empty")
    if unread := _newer_dead_letters(aws, outputs["DeadLetterQueueUrl"], int(older.envelope_version)):
        _reject(older, unread, "Replay, export or discard them with this version first")


def _newer_dead_letters(aws: Aws, url: str, version: int) -> str:
    """Return what waits on the dead-letter queue that the older code cannot read, or an empty text."""
    if not queue_count(aws.sqs, url):
        return ""
    queue = DeadLetterQueue(aws.sqs, url)
    with ProgressDisplay().scan() as progress, Scan(queue, progress, hold=_HOLD) as scan:
        newer = sum(_version(each.attributes) > version for each in scan.dead_letters())
        if newer:
            return f"the dead-letter queue holds {plural(newer, 'dead letter')} with a newer envelope"
        if scan.seen < scan.depth.all:
            return "somebody else is reading the dead letters, so that not all of them can be looked at"
    return ""


def _version(attributes: Mapping[str, str]) -> int:
    """Return the version of an envelope; 0 for a message that is not one, which no version reads."""
    text = attributes.get("envelope_version", "")
    return int(text) if text.isdecimal() else 0


def _reject(older: DeploymentRecord, waiting: str, advice: str) -> None:
    raise RejectedError(
        f"Nothing was changed, because {waiting}, and the code of version {older.version} reads envelopes up to "
        f"version {older.envelope_version} only. {advice}."
    )
