"""The contacts table, which the library fills: who can be reached how."""

from typing import TYPE_CHECKING, Final

from notifications.contacts import Contact
from notifications.person import ContactKind, Person
from processor.retries import failures_of_aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ATTRIBUTES: Final = {ContactKind.PHONE: "Phone", ContactKind.EMAIL: "Email", ContactKind.SLACK: "SlackId"}


class ContactTable:
    """The contacts table of DynamoDB: the key `User` in lower case, and the texts `Phone`, `Email` and `SlackId`."""

    name = "the contacts table"
    kinds = frozenset(ContactKind)

    def __init__(self, dynamodb: "DynamoDBClient", table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def find(self, person: Person) -> Contact:
        """Call GetItem once (Amazon DynamoDB API Reference). Raise Permanent (refused), Transient."""
        with failures_of_aws("refused", f"{self.name} could not be read"):
            found = self._dynamodb.get_item(TableName=self._table, Key={"User": {"S": person.key}})
        if "Item" not in found:
            return Contact(note=f"{self.name} does not have the person")
        texts = {kind: found["Item"].get(name, {}).get("S", "") for kind, name in _ATTRIBUTES.items()}
        return Contact({kind: text for kind, text in texts.items() if text.strip()})
