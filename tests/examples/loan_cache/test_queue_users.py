"""The command that queues patrons: what it checks, what it sends, and where it can go on."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoRegionError
from queue_users import FillStack, main, send

STACK = "alma-webhooks-dev-loan-cache"


@pytest.fixture
def queue_url(monkeypatch: pytest.MonkeyPatch, aws: None) -> str:  # noqa: ARG001 -- moto
    """Return the queue of a stack whose fills make 30 requests a day."""
    url: str = boto3.client("sqs").create_queue(QueueName="fills")["QueueUrl"]
    monkeypatch.setattr(FillStack, "read", lambda _name: FillStack(url, 30))
    return url


def file_of(folder: Path, text: str) -> str:
    path = folder / "patrons.txt"
    path.write_text(text, "utf-8")
    return str(path)


def queued(url: str) -> list[str]:
    sqs = boto3.client("sqs")
    users: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        users += [json.loads(each["Body"])["user"] for each in messages]
    return sorted(users)


def test_without_yes_nothing_is_queued(queue_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command counts each patron once and says how long the fills take."""
    main([file_of(tmp_path, "\ufeffa\nB\n\n b \n" + "".join(f"c{each}\n" for each in range(10))), "--stack", STACK])
    assert capsys.readouterr().out == (
        "12 patrons: 2 days at 30 requests a day\nNothing was queued. Repeat the command with --yes.\n"
    )
    assert queued(queue_url) == []


def test_patrons_are_queued_in_their_order(queue_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All but those that are queued already."""
    main([file_of(tmp_path, "".join(f"p{each:02}\n" for each in range(25))), "--stack", STACK, "--yes", "--skip", "2"])
    assert queued(queue_url) == [f"p{each:02}" for each in range(2, 25)]
    assert capsys.readouterr().out.endswith("23 patrons queued\n")


def test_a_line_that_is_no_id_is_named(queue_url: str, tmp_path: Path) -> None:
    """By its number; the line itself is personal."""
    with pytest.raises(SystemExit, match=r"patrons.txt, line 2: the id of a user has 1 to 255 characters") as ended:
        main([file_of(tmp_path, f"a\n{'x' * 256}\n"), "--stack", STACK, "--yes"])
    assert "xx" not in str(ended.value)
    with pytest.raises(SystemExit, match="cannot be read"):
        main([str(tmp_path / "missing"), "--stack", STACK])
    assert queued(queue_url) == []


def test_more_than_the_queue_keeps_is_not_queued(queue_url: str, tmp_path: Path) -> None:
    """After ten days a message would be lost."""
    patrons = "".join(f"p{each:02}\n" for each in range(81))
    with pytest.raises(SystemExit, match="Split the file, or raise FillRequestsPerDay"):
        main([file_of(tmp_path, patrons), "--stack", STACK, "--yes"])
    assert queued(queue_url) == []


class Failing:
    """A client that takes the first batch, then rejects one entry for some time, or for ever."""

    def __init__(self, failures: int, error: BaseException | None = None) -> None:
        self.sizes: list[int] = []
        self._failures = failures
        self._error = error

    def send_message_batch(self, *, Entries: list[Any], **_: Any) -> dict[str, Any]:  # noqa: N803 -- as boto3
        self.sizes.append(len(Entries))
        if len(self.sizes) == 1 or self._failures == 0:
            return {}
        if self._error:
            raise self._error
        self._failures -= 1
        return {"Failed": [{"Id": Entries[-1]["Id"]}]}


def test_entries_that_sqs_rejects_are_repeated() -> None:
    """A batch can succeed in part."""
    client: Any = Failing(2)
    send(client, "url", [str(each) for each in range(20)])
    assert client.sizes == [10, 10, 1, 1]


@pytest.mark.parametrize(
    ("client", "why"),
    [
        (Failing(1, KeyboardInterrupt()), "Stopped"),
        (Failing(1, OSError("patron")), "Failed with OSError"),
        (Failing(9), "Failed with ConnectionError"),
    ],
)
def test_the_command_says_where_to_go_on(client: Any, why: str) -> None:
    """Some patrons of the batch that failed may be queued twice, which costs only requests."""
    with pytest.raises(Exception, match=f"^{why}: 10 patrons are queued. Run it again with --skip 10 for the others.$"):
        send(client, "url", [str(each) for each in range(20)])


def test_the_stack_has_the_queue_and_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its output and its parameter."""

    class CloudFormation:
        def describe_stacks(self, **_: Any) -> Any:
            outputs = [{"OutputKey": "FillQueueUrl", "OutputValue": "url"}]
            parameters = [{"ParameterKey": "FillRequestsPerDay", "ParameterValue": "300"}]
            return {"Stacks": [{"Outputs": outputs, "Parameters": parameters}]}

    monkeypatch.setattr(boto3, "client", lambda _: CloudFormation())
    assert FillStack.read(STACK) == FillStack("url", 300)
    assert [FillStack("url", 300).days(each) for each in (0, 1, 100, 101)] == [0, 1, 1, 2]


@pytest.mark.parametrize(
    "error", [ClientError({"Error": {"Code": "ValidationError", "Message": ""}}, "DescribeStacks"), NoRegionError()]
)
def test_a_stack_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """In one sentence, with what to check."""

    def client(_: str) -> Any:
        raise error

    monkeypatch.setattr(boto3, "client", client)
    with pytest.raises(SystemExit, match=rf"The stack {STACK} cannot be read \(\w+\). Check --stack, the region"):
        FillStack.read(STACK)


def test_another_stack_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as that of the pipeline."""

    class CloudFormation:
        def describe_stacks(self, **_: Any) -> Any:
            return {"Stacks": [{}]}

    monkeypatch.setattr(boto3, "client", lambda _: CloudFormation())
    with pytest.raises(SystemExit, match="alma-webhooks-dev is not a stack of the loan cache"):
        FillStack.read("alma-webhooks-dev")


def test_a_negative_skip_is_rejected(queue_url: str, tmp_path: Path) -> None:
    """It would take the patrons at the end of the file only."""
    with pytest.raises(SystemExit, match="--skip must be 0 or more"):
        main([file_of(tmp_path, "a\nb\n"), "--stack", STACK, "--yes", "--skip", "-1"])
    assert queued(queue_url) == []
