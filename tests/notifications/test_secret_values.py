"""Secrets of integrations: read from SSM when they are needed, and kept for a while."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.stub import Stubber

from notifications.references import SecretReference
from notifications.secret_values import LIFETIME_SECONDS, SecretValues, parameter_name
from processor.errors import Permanent, Transient

pytestmark = pytest.mark.usefixtures("aws")

NOW = 1_780_000_000.0
TEAM = SecretReference(ssm="slack-team")
NAME = "/alma-webhooks/dev/notifications/slack-team"
SECRET = "https://hooks.example/patron-4711"


class Case:
    """Secrets over SSM by moto, at a time that the test sets; `reads` counts the calls."""

    def __init__(self, value: str | None = SECRET) -> None:
        self.now = NOW
        self.reads = 0
        self.ssm = boto3.client("ssm")
        self.ssm.meta.events.register("before-call.ssm.GetParameter", self._count)
        if value is not None:
            self.store(value)
        self.secrets = SecretValues(lambda: self.ssm, "dev", lambda: self.now)

    def store(self, value: str) -> None:
        self.ssm.put_parameter(Name=NAME, Value=value, Type="SecureString", Overwrite=True)

    def _count(self, **_: Any) -> None:
        self.reads += 1


def test_a_secret_is_the_decrypted_value_of_its_parameter() -> None:
    """The reference has the last part of the name only."""
    assert parameter_name("dev", TEAM) == NAME
    assert Case().secrets.value(TEAM) == SECRET


def test_outer_white_space_is_left_out() -> None:
    """A secret that was stored from a file often ends with a line break."""
    assert Case(f" {SECRET}\n").secrets.value(TEAM) == SECRET


def test_a_secret_is_read_again_after_its_lifetime() -> None:
    """Until then the value in memory is used."""
    case = Case()
    case.secrets.value(TEAM)
    case.store("new")
    case.now += LIFETIME_SECONDS - 0.001
    assert (case.secrets.value(TEAM), case.reads) == (SECRET, 1)
    case.now += 0.001
    assert (case.secrets.value(TEAM), case.reads) == ("new", 2)


def test_a_refused_secret_is_read_again_once_a_minute() -> None:
    """It may have been replaced; a service that refuses everything causes no storm of reads."""
    case = Case()
    case.secrets.value(TEAM)
    case.store("new")
    case.secrets.refused([TEAM, SecretReference(ssm="never-read")])
    assert case.secrets.value(TEAM) == SECRET
    case.now += 60
    assert (case.secrets.value(TEAM), case.reads) == ("new", 2)
    case.now += 61
    assert case.secrets.value(TEAM) == "new"
    assert case.reads == 2
    case.secrets.refused([TEAM])
    case.secrets.value(TEAM)
    assert case.reads == 3


def test_a_missing_parameter_is_permanent_and_named() -> None:
    """The cause says which parameter has to be created."""
    with pytest.raises(Permanent, match=f"^no-target: the parameter {NAME} does not exist$"):
        Case(None).secrets.value(TEAM)


def test_a_deleted_parameter_is_not_used_after_its_lifetime() -> None:
    """Somebody has withdrawn the secret."""
    case = Case()
    case.secrets.value(TEAM)
    case.ssm.delete_parameter(Name=NAME)
    case.now += LIFETIME_SECONDS
    for _ in range(2):
        with pytest.raises(Permanent, match="does not exist"):
            case.secrets.value(TEAM)


def test_an_empty_parameter_is_permanent_and_named() -> None:
    """It would be sent as an empty secret."""
    with pytest.raises(Permanent, match=f"the parameter {NAME} is empty"):
        Case(" ").secrets.value(TEAM)


@pytest.mark.parametrize(
    ("code", "failure"), [("ThrottlingException", Transient), ("AccessDeniedException", Permanent)]
)
def test_a_failed_read_of_a_secret_that_is_not_in_memory(code: str, failure: type[Exception]) -> None:
    """A missing right is permanent, anything else is transient; the text of AWS is left out."""
    case = Case()
    with Stubber(case.ssm) as stub:
        stub.add_client_error("get_parameter", code, "patron-4711")
        with pytest.raises(failure, match=f"the parameter {NAME} could not be read: AWS returned {code}$"):
            case.secrets.value(TEAM)


def test_while_ssm_is_down_the_value_in_memory_is_used() -> None:
    """SSM is asked again after a minute."""
    case = Case()
    case.secrets.value(TEAM)
    case.now += LIFETIME_SECONDS

    def fail(**_: Any) -> None:
        raise ConnectionClosedError(endpoint_url="https://ssm.example")

    case.ssm.meta.events.register("before-send.ssm.GetParameter", fail)
    assert (case.secrets.value(TEAM), case.reads) == (SECRET, 2)
    case.now += 59
    assert (case.secrets.value(TEAM), case.reads) == (SECRET, 2)
    case.ssm.meta.events.unregister("before-send.ssm.GetParameter", fail)
    case.store("new")
    case.now += 1
    assert (case.secrets.value(TEAM), case.reads) == ("new", 3)


def test_no_representation_shows_a_secret() -> None:
    """Neither that of the object nor that of what it keeps."""
    secrets = Case().secrets
    secrets.value(TEAM)
    assert "patron" not in repr(secrets) + repr(vars(secrets))
