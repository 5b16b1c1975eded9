"""References to secrets: the names that a topic may use."""

import pytest
from pydantic import ValidationError

from notifications.references import SecretReference


@pytest.mark.parametrize("name", ["slack-team", "7", "api-keys", "a" * 63])
def test_a_secret_has_a_name_of_its_own(name: str) -> None:
    """Lower-case letters, digits and hyphens make a name."""
    assert SecretReference(ssm=name).ssm == name


@pytest.mark.parametrize("name", ["", "Slack", "a/b", "../secret", "-a", "a" * 64, "a\n", "é"])
def test_another_text_is_not_a_name(name: str) -> None:
    """A name cannot leave the path of the notifications' parameters."""
    with pytest.raises(ValidationError, match="should match pattern"):
        SecretReference(ssm=name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        *((name, "a key of the notifications API") for name in ("api-key", "previous-api-key")),
        ("alma-api-key", "the key of Alma's API"),
        *((name, "the name of an Alma profile's secret") for name in ("secret", "previous-secret")),
    ],
)
def test_names_of_other_secrets_are_reserved(name: str, reason: str) -> None:
    """A topic that names a key of the producer would send it to a service."""
    with pytest.raises(ValidationError, match=f"{name} is {reason}; store the secret under another name"):
        SecretReference(ssm=name)
