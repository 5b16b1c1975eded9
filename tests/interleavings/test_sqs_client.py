"""The queues of the interleavings answer as moto's do: our own model of AWS is never the only judge."""

from typing import Any

from tests.interleavings.conftest import MOST_RECEIVES, Aws, code_of, in_memory

ATTRIBUTES: Any = {"receipt_id": {"DataType": "String", "StringValue": "r1"}}


def send(aws: Aws, body: str = "{}", url: str = "") -> Any:
    return aws.sqs.send_message(
        QueueUrl=url or aws.webhooks, MessageBody=body, MessageAttributes=ATTRIBUTES, MessageGroupId="alma"
    )


def receive(aws: Aws, url: str = "", **more: Any) -> list[dict[str, Any]]:
    answer = aws.sqs.receive_message(
        QueueUrl=url or aws.webhooks, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"], **more
    )
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found


def show(aws: Aws, message: dict[str, Any]) -> None:
    aws.sqs.change_message_visibility(
        QueueUrl=aws.webhooks, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )


def waiting(aws: Aws, url: str = "") -> tuple[str, str]:
    """Return how many messages are visible, and how many hidden."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = aws.sqs.get_queue_attributes(QueueUrl=url or aws.webhooks, AttributeNames=names)["Attributes"]
    return answer[names[0]], answer[names[1]]


def test_a_received_message_is_as_it_was_sent_and_hidden(aws: Aws) -> None:
    """It has its body, attributes, group and count, and nobody else receives it."""
    sent = send(aws, '{"a": "ä"}')
    [message] = receive(aws)
    assert message["Body"] == '{"a": "ä"}'
    assert message["MessageId"] == sent["MessageId"]
    assert message["MessageAttributes"] == ATTRIBUTES
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert message["Attributes"]["MessageGroupId"] == "alma"
    assert message["Attributes"]["SentTimestamp"].isdecimal()
    assert receive(aws) == []
    assert waiting(aws) == ("0", "1")


def test_the_digest_of_a_sent_body_is_returned(aws: Aws) -> None:
    """A replay compares it, one by one or in a batch."""
    digest = send(aws)["MD5OfMessageBody"]
    entries = [{"Id": "0", "MessageBody": "{}", "MessageAttributes": ATTRIBUTES, "MessageGroupId": "alma"}]
    answer = aws.sqs.send_message_batch(QueueUrl=aws.webhooks, Entries=entries)
    assert [(each["Id"], each["MD5OfMessageBody"]) for each in answer["Successful"]] == [("0", digest)]
    assert answer.get("Failed", []) == []


def test_a_message_that_is_shown_again_is_received_again_with_another_handle(aws: Aws) -> None:
    """The receive is counted."""
    send(aws)
    [first] = receive(aws)
    show(aws, first)
    [second] = receive(aws)
    assert second["Attributes"]["ApproximateReceiveCount"] == "2"
    assert second["ReceiptHandle"] != first["ReceiptHandle"]


def test_a_deleted_message_does_not_come_back_and_may_be_deleted_again(aws: Aws) -> None:
    """The second deletion is no error; hiding it is one."""
    send(aws)
    [message] = receive(aws)
    handle = message["ReceiptHandle"]
    for _ in range(2):
        aws.sqs.delete_message(QueueUrl=aws.webhooks, ReceiptHandle=handle)
    hide: Any = {"QueueUrl": aws.webhooks, "ReceiptHandle": handle, "VisibilityTimeout": 5}
    assert code_of(aws.sqs.change_message_visibility, **hide)
    assert waiting(aws) == ("0", "0")


def test_a_message_that_is_not_in_flight_cannot_be_hidden() -> None:
    """Its handle hides it no more ("ChangeMessageVisibility", Amazon SQS API Reference); moto does not mind."""
    aws = in_memory()
    send(aws)
    [message] = receive(aws)
    show(aws, message)
    hide: Any = {"QueueUrl": aws.webhooks, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 5}
    assert code_of(aws.sqs.change_message_visibility, **hide) == "MessageNotInflight"


def test_batches_hide_and_delete(aws: Aws) -> None:
    """A batch says which of its entries failed."""
    for number in range(3):
        send(aws, f'{{"number": {number}}}')
    found = receive(aws, MaxNumberOfMessages=10, VisibilityTimeout=60, WaitTimeSeconds=0)
    assert len(found) == 3
    entries = [
        {"Id": str(number), "ReceiptHandle": each["ReceiptHandle"], "VisibilityTimeout": 0}
        for number, each in enumerate(found)
    ]
    answer = aws.sqs.change_message_visibility_batch(QueueUrl=aws.webhooks, Entries=entries)
    assert answer.get("Failed", []) == []
    assert waiting(aws) == ("3", "0")
    found = receive(aws, MaxNumberOfMessages=2, VisibilityTimeout=60)
    deleted = [{"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]} for number, each in enumerate(found)]
    answer = aws.sqs.delete_message_batch(QueueUrl=aws.webhooks, Entries=deleted)
    assert [each["Id"] for each in answer["Successful"]] == ["0", "1"]
    assert waiting(aws) == ("1", "0")


def test_a_message_that_was_received_too_often_goes_to_the_dead_letter_queue(aws: Aws) -> None:
    """The next receive moves it, with its attributes."""
    send(aws)
    for _ in range(MOST_RECEIVES):
        [message] = receive(aws)
        show(aws, message)
    assert receive(aws) == []
    [moved] = receive(aws, aws.dead_letters)
    assert moved["MessageAttributes"] == ATTRIBUTES
    assert waiting(aws) == ("0", "0")


def test_the_dead_letter_queue_is_named_by_the_policy_of_the_other(aws: Aws) -> None:
    """A replay checks both before it changes anything."""
    attributes = aws.sqs.get_queue_attributes(QueueUrl=aws.webhooks, AttributeNames=["QueueArn", "RedrivePolicy"])
    dead = aws.sqs.get_queue_attributes(QueueUrl=aws.dead_letters, AttributeNames=["QueueArn", "RedrivePolicy"])
    assert dead["Attributes"]["QueueArn"] in attributes["Attributes"]["RedrivePolicy"]
    assert "RedrivePolicy" not in dead["Attributes"]
