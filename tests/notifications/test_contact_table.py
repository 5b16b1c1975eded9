"""The contacts table, on DynamoDB by moto."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from notifications.contact_table import ContactTable
from notifications.contacts import Contact
from notifications.person import ContactKind, Person
from processor.errors import Failure, Permanent, Transient

pytestmark = pytest.mark.usefixtures("shared_aws")


@pytest.fixture(scope="module")
def dynamodb(shared_aws: None) -> Any:  # noqa: ARG001 -- AWS has to be there
    """DynamoDB with a contacts table."""
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="contacts",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "User", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "User", "KeyType": "HASH"}],
    )
    items: list[dict[str, Any]] = [
        {"User": "jane", "Phone": "+4930123456", "Email": "jane@example.org", "SlackId": "U012AB3CD", "Note": "x"},
        {"User": "john", "Phone": " ", "Email": "john@example.org"},
        {"User": "number", "Phone": 4930123456},
    ]
    for item in items:
        boto3.resource("dynamodb").Table("contacts").put_item(Item=item)
    return client


def find(dynamodb: Any, user: str) -> Contact:
    return ContactTable(dynamodb, "contacts").find(Person(user))


def test_a_person_is_found_in_any_case(dynamodb: Any) -> None:
    """The key is in lower case. Other attributes do not matter."""
    expected = {
        ContactKind.PHONE: "+4930123456",
        ContactKind.EMAIL: "jane@example.org",
        ContactKind.SLACK: "U012AB3CD",
    }
    assert find(dynamodb, "jane").texts == find(dynamodb, "JANE").texts == expected


def test_what_is_missing_is_left_out(dynamodb: Any) -> None:
    """So is a blank text, and a number, which has lost its +."""
    assert find(dynamodb, "john").texts == {ContactKind.EMAIL: "john@example.org"}
    assert find(dynamodb, "number").texts == {}


def test_another_person_is_unknown(dynamodb: Any) -> None:
    """The note does not say who."""
    assert find(dynamodb, "patron-4711") == Contact(note="the contacts table does not have the person")


@pytest.mark.parametrize(
    ("code", "failure"), [("ThrottlingException", Transient), ("AccessDeniedException", Permanent)]
)
def test_an_error_has_its_code_only(code: str, failure: type[Failure]) -> None:
    """The text of AWS could quote the key."""
    client = boto3.client("dynamodb")
    with Stubber(client) as stub:
        stub.add_client_error("get_item", code, "patron-4711")
        with pytest.raises(failure, match=rf"the contacts table could not be read: AWS returned {code}$"):
            find(client, "patron-4711")
