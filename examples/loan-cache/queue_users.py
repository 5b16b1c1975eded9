"""Queue patrons to be filled from Alma's API: `python queue_users.py FILE --stack alma-webhooks-prod-loan-cache`.

FILE has one primary identifier a line. Without --yes nothing is sent: the command checks the file and prints how many
days the fills take.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError

import alma_webhooks

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

REQUESTS_OF_A_FILL: Final = 3  # the user, the loans, the requests; more for patrons with more than a hundred loans

# The queue keeps a message for ten days (cache.yaml). What remains after them would be lost.
MOST_DAYS: Final = 8

# "SendMessageBatch", Amazon SQS API Reference.
_BATCH: Final = 10
_MOST_ATTEMPTS: Final = 5
_PROGRESS: Final = 1000


class FillStack(NamedTuple):
    """The fill queue of a stack, and how many requests its fills make in a day."""

    queue_url: str
    requests_per_day: int

    @classmethod
    def read(cls, name: str) -> "FillStack":
        """Read the stack ("DescribeStacks", AWS CloudFormation API Reference). Exit if it is not one of the cache."""
        try:
            [stack] = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except (ClientError, BotoCoreError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            sys.exit(f"The stack {name} cannot be read ({code}). Check --stack, the region and the credentials.")
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}
        parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}
        if not (outputs.keys() >= {"FillQueueUrl"} and parameters.keys() >= {"FillRequestsPerDay"}):
            sys.exit(f"{name} is not a stack of the loan cache. Pass --stack STACK-loan-cache.")
        return cls(outputs["FillQueueUrl"], int(parameters["FillRequestsPerDay"]))

    def days(self, patrons: int) -> int:
        """Return the days after which this number of patrons is filled."""
        return math.ceil(patrons * REQUESTS_OF_A_FILL / self.requests_per_day)


class QueueingStopped(Exception):  # noqa: N818 - not a fault
    """The command was stopped or failed; `queued` patrons are on the queue."""

    def __init__(self, queued: int, why: str) -> None:
        super().__init__(f"{why}: {queued} patrons are queued. Run it again with --skip {queued} for the others.")
        self.queued = queued


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command. Exit with a sentence and status 1 or 2 if something is wrong."""
    alma_webhooks.make_importable()
    options = _parser().parse_args(arguments)
    if options.skip < 0:
        sys.exit("--skip must be 0 or more: the patrons at the start of the file that are queued already.")
    patrons = read(options.file)[options.skip :]
    stack = FillStack.read(options.stack)
    days = stack.days(len(patrons))
    print(f"{_counted(len(patrons), 'patron')}: {_counted(days, 'day')} at {stack.requests_per_day} requests a day")  # noqa: T201 -- a command
    if days > MOST_DAYS:
        sys.exit(f"The queue keeps patrons for {MOST_DAYS} days of fills. Split the file, or raise FillRequestsPerDay.")
    if not options.yes:
        print("Nothing was queued. Repeat the command with --yes.")  # noqa: T201 -- as above
        return
    try:
        send(boto3.client("sqs"), stack.queue_url, patrons)
    except QueueingStopped as stopped:
        sys.exit(str(stopped))
    print(f"{_counted(len(patrons), 'patron')} queued")  # noqa: T201 -- as above


def read(path: Path) -> list[str]:
    """Return the patrons of a file in its order, each once. Exit with the number of the first line that is none."""
    from loan_cache.entry import user_key

    patrons: dict[str, None] = {}
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"{path} cannot be read as UTF-8 ({type(error).__name__}).")
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                patrons[user_key(line)] = None
            except ValueError as wrong:
                sys.exit(f"{path}, line {number}: {wrong}.")
    return list(patrons)


def send(sqs: "SQSClient", url: str, patrons: Sequence[str]) -> None:
    """Queue patrons in their order, ten a call, and print the progress to stderr. Raise QueueingStopped."""
    for first in range(0, len(patrons), _BATCH):
        try:
            _send_batch(sqs, url, patrons[first : first + _BATCH])
        except KeyboardInterrupt:
            raise QueueingStopped(first, "Stopped") from None
        except Exception as error:
            raise QueueingStopped(first, f"Failed with {type(error).__name__}") from error
        if first and first % _PROGRESS == 0:
            print(f"{first} of {len(patrons)} queued", file=sys.stderr)  # noqa: T201 -- as above


def _send_batch(sqs: "SQSClient", url: str, patrons: Sequence[str]) -> None:
    from loan_cache.fill_requests import FillRequest

    entries: Any = [{"Id": str(at), "MessageBody": FillRequest(each).encode()} for at, each in enumerate(patrons)]
    for _ in range(_MOST_ATTEMPTS):
        failed = {each["Id"] for each in sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed", [])}
        entries = [each for each in entries if each["Id"] in failed]
        if not entries:
            return
    raise ConnectionError


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Queue patrons to be filled from Alma's API.")
    parser.add_argument("file", type=Path, help="a file with one primary identifier a line, in UTF-8")
    parser.add_argument("--stack", required=True, help="the stack of the cache, such as alma-webhooks-prod-loan-cache")
    parser.add_argument("--skip", type=int, default=0, help="patrons at the start that are queued already")
    parser.add_argument("--yes", action="store_true", help="queue them [default: only check and count]")
    return parser


if __name__ == "__main__":
    main()
