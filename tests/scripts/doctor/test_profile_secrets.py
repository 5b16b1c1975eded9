"""Test that secrets exist and are not blank, and that rotations are shown. No secret is ever shown."""

import pytest

from scripts.doctor.finding import Health
from scripts.doctor.profile_secrets import checks
from scripts.doctor.subject import Subject
from tests.scripts.doctor.subjects import OK, UNHEALTHY, WARNING, found

CURRENT, PREVIOUS = "invented-current-secret-4711", "invented-previous-secret-4711"


def put(subject: Subject, profile: str, which: str, value: str) -> None:
    name = f"/alma-webhooks/dev/{profile}/{which}"
    subject.scope.aws.ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


@pytest.mark.parametrize(
    ("kept", "state", "command"),
    [
        ({}, UNHEALTHY, "secret create"),
        ({"secret": "  \n"}, UNHEALTHY, "secret create"),
        ({"secret": CURRENT}, OK, ""),
        ({"previous-secret": PREVIOUS}, UNHEALTHY, "secret rotate"),
        ({"secret": CURRENT, "previous-secret": CURRENT}, OK, "secret rotate"),
        ({"secret": CURRENT, "previous-secret": PREVIOUS}, OK, "secret rotate"),  # waiting for the listeners
    ],
)
def test_a_missing_or_blank_secret_is_unhealthy(
    subject: Subject, kept: dict[str, str], state: Health, command: str
) -> None:
    """An unfinished rotation is shown with its next step."""
    put(subject, "consortium", "secret", CURRENT)
    for which, value in kept.items():
        put(subject, "alma", which, value)
    one, other = found(checks, subject)
    assert (one.state, one.message[:5]) == (state, "alma ")
    assert one.fix == (f"alma-webhooks {command} alma --stage dev" if command else "")
    assert (other.state, other.message, other.fix) == (OK, "consortium has its secret", "")
    assert not {CURRENT, PREVIOUS} & set(f"{one} {other}".replace("'", " ").split())


def test_a_rotation_that_is_complete_has_to_be_retired(subject: Subject) -> None:
    """Once every listener knows both secrets, the old one must be retired."""
    put(subject, "alma", "secret", CURRENT)
    put(subject, "alma", "previous-secret", PREVIOUS)
    outputs = subject.scope.stack.outputs | {"SecretLifetimeSeconds": "-11"}  # the wait is over at once
    stack = subject.scope.stack._replace(outputs=outputs)
    finding = found(checks, subject._replace(scope=subject.scope._replace(stack=stack)))[0]
    assert (finding.state, finding.fix) == (OK, "alma-webhooks secret retire alma --stage dev")


def test_f60_a_short_secret_is_a_warning(subject: Subject) -> None:
    """The fix is a rotation; neither the secret nor its length is shown."""
    put(subject, "alma", "secret", CURRENT)
    put(subject, "alma", "previous-secret", "short-4711")
    put(subject, "consortium", "secret", "ö" * 11)
    findings = [each for each in found(checks, subject) if each.state is WARNING]
    assert [(each.message, each.fix) for each in findings] == [
        (
            "the previous secret of alma has fewer than 24 bytes, which is too short to be safe",
            "alma-webhooks secret rotate alma --stage dev",
        ),
        (
            "the current secret of consortium has fewer than 24 bytes, which is too short to be safe",
            "alma-webhooks secret rotate consortium --stage dev",
        ),
    ]
