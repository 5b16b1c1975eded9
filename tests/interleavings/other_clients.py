"""The clients of DynamoDB, SNS, Step Functions, CloudWatch Logs and STS."""

# ruff: noqa: N803 -- parameters have the names that boto3 gives them

from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tests.interleavings.calls import Answer, Call, refused
from tests.interleavings.clients import Client, answer
from tests.interleavings.conditions import Item, assignments, condition
from tests.interleavings.ledger import Acted
from tests.interleavings.services import ACCOUNT, DELIVERIES, EXECUTION_ARN, Services
from tests.interleavings.sqs_client import metadata


class ConditionalCheckFailedException(ClientError):  # noqa: N818 -- the name of AWS
    """The item does not meet the condition; it is in the answer if that was asked for."""

    def __init__(self, item: Item | None) -> None:
        more = {"Item": item} if item else {}
        response: Any = {"Error": {"Code": type(self).__name__, "Message": ""}, **more}
        super().__init__(response, "")


class ExecutionAlreadyExists(ClientError):  # noqa: N818 -- the name of AWS
    """The execution has another input, or has ended."""

    def __init__(self) -> None:
        super().__init__({"Error": {"Code": type(self).__name__, "Message": ""}}, "StartExecution")


class DynamoDbClient(Client):
    """Amazon DynamoDB API Reference. Every table has the key `id`."""

    exceptions = SimpleNamespace(ConditionalCheckFailedException=ConditionalCheckFailedException)

    def put_item(self, *, TableName: str, Item: Item, **more: Any) -> Answer:
        """Put an item in place of the one with its key, if the condition holds."""

        def put(services: Services, call: Call) -> Answer:
            table, id_ = services.tables[TableName], Item["id"]["S"]
            old = table.get(id_)
            _check(old, more)
            if TableName == DELIVERIES:
                is_taken_over = old is not None and old["status"]["S"] == "INPROGRESS"
                services.ledger.claims(id_, call, is_taken_over=is_taken_over)
            table[id_] = Item
            return {}

        return self.call("PutItem", put)

    def update_item(self, *, TableName: str, Key: Item, UpdateExpression: str, **more: Any) -> Answer:
        """Set attributes of an item, if the condition holds; create it if there is none."""

        def update(services: Services, call: Call) -> Answer:
            table, id_ = services.tables[TableName], Key["id"]["S"]
            old = table.get(id_)
            _check(old, more)
            names, values = more["ExpressionAttributeNames"], more["ExpressionAttributeValues"]
            changes = {names.get(name, name): values[value] for name, value in assignments(UpdateExpression)}
            table[id_] = (old or Key) | changes
            if TableName == DELIVERIES:
                services.ledger.completed.setdefault((call.attempt, call.key), self.now)
            return {}

        return self.call("UpdateItem", update)

    def get_item(self, *, TableName: str, Key: Item, **_: Any) -> Answer:
        """Return an item, if there is one."""

        def get(services: Services, _: Call) -> Answer:
            item = services.tables[TableName].get(Key["id"]["S"])
            return answer(Item=item) if item else {}

        return self.call("GetItem", get)

    def delete_item(self, *, TableName: str, Key: Item, **more: Any) -> Answer:
        """Delete an item, if the condition holds."""

        def delete(services: Services, _: Call) -> Answer:
            table, id_ = services.tables[TableName], Key["id"]["S"]
            _check(table.get(id_), more)
            table.pop(id_, None)
            return {}

        return self.call("DeleteItem", delete)


def _check(item: Item | None, more: dict[str, Any]) -> None:
    expression = more.get("ConditionExpression")
    if expression is None:
        return
    names, values = more["ExpressionAttributeNames"], more["ExpressionAttributeValues"]
    if not condition(expression)(item or {}, names, values):
        is_wanted = more.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        raise ConditionalCheckFailedException(item if is_wanted else None)


class SnsClient(Client):
    """Amazon SNS API Reference."""

    def publish(self, *, TopicArn: str, Message: str, **_: Any) -> Answer:
        """Publish a message."""

        def publish(services: Services, call: Call) -> Answer:
            _check_target(services, TopicArn)
            acted = Acted(call.key, TopicArn, "", Message, call.attempt, call.fate, self.now)
            services.ledger.acted.append(acted)
            return answer(MessageId="m")

        return self.call("Publish", publish)


class StepFunctionsClient(Client):
    """AWS Step Functions API Reference. Every execution ends at once or never, as the seed decides."""

    exceptions = SimpleNamespace(ExecutionAlreadyExists=ExecutionAlreadyExists)

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> Answer:  # noqa: A002
        """Start an execution."""
        arn = stateMachineArn

        def start(services: Services, call: Call) -> Answer:
            _check_target(services, arn)
            known = services.executions.get(name)
            if known is None:
                services.executions[name] = input
                services.ledger.acted.append(Acted(call.key, arn, name, input, call.attempt, call.fate, self.now))
            elif known != input or self.wire.network.schedule.random.random() < 0.5:
                raise ExecutionAlreadyExists
            return answer(executionArn=EXECUTION_ARN + name)

        return self.call("StartExecution", start)


def _check_target(services: Services, arn: str) -> None:
    code = services.refused.get(arn)
    if code:
        raise refused(code)


class LogsClient(Client):
    """The audit log, of which nothing is kept: no decision depends on it."""

    exceptions = SimpleNamespace(
        ResourceAlreadyExistsException=type("ResourceAlreadyExistsException", (ClientError,), {})
    )

    def create_log_stream(self, **_: Any) -> Answer:
        """Create a log stream."""
        return self.call("CreateLogStream", lambda _, __: {})

    def put_log_events(self, **_: Any) -> Answer:
        """Write lines."""
        return self.call("PutLogEvents", lambda _, __: {})


class StsClient(Client):
    """The caller's identity, which is the name of its task."""

    def get_caller_identity(self) -> Answer:
        """Return account and ARN, and the time by the clock of AWS."""
        members = {"Account": ACCOUNT, "ResponseMetadata": metadata(self.now)}
        return self.call("GetCallerIdentity", lambda _, call: answer(Arn=call.task.name, **members))
