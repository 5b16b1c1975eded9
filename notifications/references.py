"""References to secrets: a topic names a parameter of SSM, never the secret itself."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

API_KEY: Final = "api-key"
PREVIOUS_API_KEY: Final = "previous-api-key"
"""The keys of the producer are stored beside the secrets of integrations. No topic may send them to a service."""


def _is_not_reserved(name: str) -> str:
    if name in (API_KEY, PREVIOUS_API_KEY):
        raise ValueError(f"{name} is a key of the notifications API; store the secret under another name")
    return name


# The last part of `/alma-webhooks/STAGE/notifications/NAME`, so that a topic reads no other secret of the account.
SecretName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$"), AfterValidator(_is_not_reserved)]


class SecretReference(BaseModel):
    """`{ssm: slack-team}`: the value of `/alma-webhooks/STAGE/notifications/slack-team`, read when it is needed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ssm: SecretName
