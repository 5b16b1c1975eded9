"""Secrets of integrations: read from SSM when they are needed, and kept for a while."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from notifications.references import SecretReference, parameter_of
from notifications.secret_values import LIFETIME_SECONDS, SecretValues
from processor.errors import Permanent, Transient

NOW = 1_780_000_000.0
TEAM = SecretReference(ssm="slack-team")
NAME = "/alma-webhooks/dev/notifications/slack-team"
SECRET = "https://hooks.example/patron-4711"


class FakeSsm:
    """One parameter, or an error of AWS; `reads` counts the calls."""

    def __init__(self, value: str | None) -> None:
        self.value = value
        self.error: Exception | None = None
        self.reads = 0

    def get_parameter(self, **request: Any) -> dict[str, Any]:
        assert request == {"Name": NAME, "WithDecryption": True}
        self.reads += 1
        if self.error:
            raise self.error
        if self.value is None:
            raise aws_error("ParameterNotFound")
        return {"Parameter": {"Value": self.value}}


def aws_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "patron-4711"}}, "GetParameter")


class Case:
    """Secrets over an SSM in memory, at a time that the test sets."""

    def __init__(self, value: str | None = SECRET) -> None:
        self.now = NOW
        self.ssm: Any = FakeSsm(value)
        self.secrets = SecretValues(lambda: self.ssm, "dev", lambda: self.now)

    @property
    def seen(self) -> tuple[str, int]:
        """The value now, and the number of reads until now."""
        value = self.secrets.value(TEAM)
        return value, self.ssm.reads


def test_a_secret_is_the_decrypted_value_of_its_parameter() -> None:
    """The reference has the last part of the name only."""
    assert parameter_of("dev", TEAM.ssm) == NAME
    assert Case().seen == (SECRET, 1)


def test_a_missing_parameter_is_permanent_and_named() -> None:
    """The cause says which parameter has to be created; `test_sender_factory.py` shows the same of SSM by moto."""
    with pytest.raises(Permanent, match=f"^no-target: the parameter {NAME} does not exist$"):
        Case(None).secrets.value(TEAM)


def test_a_secret_can_be_optional() -> None:
    """A missing one is None, and SSM is not asked again for a minute; another failure is one."""
    case = Case(None)
    assert [case.secrets.optional(TEAM) for _ in range(3)] == [None] * 3
    assert case.ssm.reads == 1
    case.ssm.value = SECRET
    case.now += 60
    assert (case.secrets.optional(TEAM), case.ssm.reads) == (SECRET, 2)
    case = Case()
    case.ssm.error = aws_error("AccessDeniedException")
    with pytest.raises(Permanent, match="could not be read"):
        case.secrets.optional(TEAM)


def test_outer_white_space_is_left_out() -> None:
    """A secret that was stored from a file often ends with a line break."""
    assert Case(f" {SECRET}\n").seen == (SECRET, 1)


def test_a_secret_is_read_again_after_its_lifetime() -> None:
    """Until then the value in memory is used."""
    case = Case()
    assert case.seen == (SECRET, 1)
    case.ssm.value = "new"
    case.now += LIFETIME_SECONDS - 0.001
    assert case.seen == (SECRET, 1)
    case.now += 0.001
    assert case.seen == ("new", 2)


def test_a_refused_secret_is_read_again_once_a_minute() -> None:
    """It may have been replaced; a service that refuses everything causes no storm of reads."""
    case = Case()
    assert case.seen == (SECRET, 1)
    case.ssm.value = "new"
    case.secrets.refused([TEAM, SecretReference(ssm="never-read")])
    assert case.seen == (SECRET, 1)
    case.now += 60
    assert case.seen == ("new", 2)
    case.now += 61
    assert case.seen == ("new", 2)
    case.secrets.refused([TEAM])
    assert case.seen == ("new", 3)


def test_a_deleted_parameter_is_not_used_after_its_lifetime() -> None:
    """Somebody has withdrawn the secret."""
    case = Case()
    assert case.seen == (SECRET, 1)
    case.ssm.value = None
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
    case.ssm.error = aws_error(code)
    with pytest.raises(failure, match=f"the parameter {NAME} could not be read: AWS returned {code}$"):
        case.secrets.value(TEAM)


@pytest.mark.parametrize("error", [ConnectionClosedError(endpoint_url="x"), aws_error("AccessDeniedException")])
def test_while_ssm_is_down_the_value_in_memory_is_used(error: Exception) -> None:
    """SSM is asked again after a minute."""
    case = Case()
    assert case.seen == (SECRET, 1)
    case.now += LIFETIME_SECONDS
    case.ssm.error = error
    assert case.seen == (SECRET, 2)
    case.now += 59
    assert case.seen == (SECRET, 2)
    case.ssm.error, case.ssm.value = None, "new"
    case.now += 1
    assert case.seen == ("new", 3)


def test_no_representation_shows_a_secret() -> None:
    """Neither that of the object nor that of what it keeps."""
    case = Case()
    assert case.seen == (SECRET, 1)
    assert "patron" not in repr(case.secrets) + repr(vars(case.secrets))


def test_another_part_has_its_own_folder() -> None:
    """A part of a project reads no secret of notifications."""
    secrets = SecretValues(lambda: None, "dev", part="loan-cache")  # type: ignore[arg-type,return-value] # not read
    assert secrets.parameter(TEAM) == "/alma-webhooks/dev/loan-cache/slack-team"
