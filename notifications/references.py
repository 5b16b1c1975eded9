"""References to secrets: a topic names a parameter of SSM, never the secret itself."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

# The last part of `/alma-webhooks/STAGE/notifications/NAME`, so that a topic reads no other secret of the account.
SecretName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class SecretReference(BaseModel):
    """`{ssm: slack-team}`: the value of `/alma-webhooks/STAGE/notifications/slack-team`, read when it is needed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ssm: SecretName
