"""How other systems are reached, in SSM."""

import json

import boto3
import pytest
from export_transform.access_values import access_value
from export_transform.sftp_connection import SftpAccess

from processor.errors import Permanent

pytestmark = pytest.mark.usefixtures("aws")

NAME = "/alma-webhooks/dev/export-transform/sftp"
VALUE = {"host": "sftp.example", "user": "alma", "host_keys": ["ssh-ed25519 AAAA"], "password": "invented"}


def stored(text: str) -> SftpAccess:
    """Return the value of a parameter with this text."""
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name=NAME, Value=text, Type="SecureString")
    return access_value(ssm, NAME, SftpAccess, "source")


def test_a_parameter_is_read() -> None:
    """Its secrets are not in its representation."""
    access = stored(json.dumps(VALUE))
    assert (access.host, access.port) == ("sftp.example", 22)
    assert "invented" not in repr(access)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("invented", "its JSON"),
        (json.dumps({**VALUE, "port": "invented", "hosts": 1}), "hosts, port"),
        ("{}", "host, "),
    ],
)
def test_a_wrong_parameter_is_reported_by_its_members(text: str, places: str) -> None:
    """The name and the members, never a value."""
    with pytest.raises(Permanent, match=f"The parameter {NAME} is not valid: {places}") as error:
        stored(text)
    assert "invented" not in str(error.value)
    assert error.value.target == "source"


def test_a_missing_parameter_is_permanent() -> None:
    """Its name says what to create."""
    with pytest.raises(Permanent, match=f"The parameter {NAME} does not exist"):
        access_value(boto3.client("ssm"), NAME, SftpAccess, "source")
