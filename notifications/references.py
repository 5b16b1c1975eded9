"""References to secrets: a topic names a parameter of SSM, never the secret itself."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

API_KEY: Final = "api-key"
PREVIOUS_API_KEY: Final = "previous-api-key"
"""The keys of the producer are stored beside the secrets of integrations. No topic may send them to a service."""

ALMA_API_KEY: Final = "alma-api-key"
"""The key of Alma's API, with which the sender looks up people. It reads personal data."""

NOTIFICATIONS: Final = "notifications"
"""The folder of these parameters. A further part of a project can have its own beside it."""

_RESERVED: Final = {
    **dict.fromkeys((API_KEY, PREVIOUS_API_KEY), "a key of the notifications API"),
    ALMA_API_KEY: "the key of Alma's API",
    # `/alma-webhooks/STAGE/PROFILE/secret` is the secret of an Alma profile, which could be called notifications.
    **dict.fromkeys(("secret", "previous-secret"), "the name of an Alma profile's secret"),
}


def _is_not_reserved(name: str) -> str:
    if reason := _RESERVED.get(name):
        raise ValueError(f"{name} is {reason}; store the secret under another name")
    return name


# The last part of `/alma-webhooks/STAGE/notifications/NAME`, so that a topic reads no other secret of the account.
SecretName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$"), AfterValidator(_is_not_reserved)]


class SecretReference(BaseModel):
    """`{ssm: slack-team}`: the value of `/alma-webhooks/STAGE/notifications/slack-team`, read when it is needed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ssm: SecretName


def parameter_of(stage: str, name: str, part: str = NOTIFICATIONS) -> str:
    """Return the name of the SSM parameter that a reference with this name means, in the folder of a part."""
    return f"/alma-webhooks/{stage}/{part}/{name}"
