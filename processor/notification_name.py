"""The names of topics of notifications in routes: `channel/topic`."""

import re
from typing import Final

FORM: Final = "is not CHANNEL/TOPIC, two names with lower-case letters, digits and hyphens"
NOT_THERE: Final = "there is no such topic; add it to notifications.yaml and run alma-webhooks topics apply"
SWITCHED_OFF: Final = (
    "the stack has no notifications; write notifications: true for its stage in alma-webhooks.yaml and deploy"
)

_NAME: Final = re.compile("([a-z0-9][a-z0-9-]{0,62})/([a-z0-9][a-z0-9-]{0,62})")


def key_of(name: str) -> str | None:
    """Return the key of the topic in its table, `channel+topic`, or None if the name has another form."""
    parts = _NAME.fullmatch(name)
    return "+".join(parts.groups()) if parts else None
