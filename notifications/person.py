"""People as recipients: `{user: ID}` in a configuration, in place of a number, an address or a channel.

The id is that of an Alma user. Producer and queue know only the id; the sender looks up the rest.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, NamedTuple, Self

# Far more than a primary identifier of Alma has.
LONGEST_USER: Final = 255

USER: Final = "user"


class ContactKind(Enum):
    """What a service needs to know of a person. The value is for reasons."""

    PHONE = "phone number"
    EMAIL = "e-mail address"
    SLACK = "Slack ID"


class Person(NamedTuple):
    """A person by the id of an Alma user, or a template of the id. An empty id is nobody, who has no contact."""

    user: str

    def __repr__(self) -> str:
        """Return the class only, because nothing may show who gets a notification."""
        return "Person(…)"

    @classmethod
    def parse(cls, members: Mapping[str, Any], *, is_template: bool) -> Self:
        """Return the person of `{user: ID}`. Raise ValueError, which does not quote the id."""
        user = members.get(USER)
        if members.keys() != {USER} or not isinstance(user, str):
            raise ValueError('a person is {user: ID} with the id of an Alma user in quotes, such as {user: "{{ id }}"}')
        if is_template:
            return cls(user)
        user = user.strip()
        # A value that was cut ends with "…": it would be the id of another person.
        if len(user) > LONGEST_USER or "…" in user or not user.isprintable():
            raise ValueError(f"the id of a user has at most {LONGEST_USER} characters, all of them printable")
        return cls(user)

    @property
    def key(self) -> str:
        """The id in lower case, because Alma does not distinguish the case of primary identifiers."""
        return self.user.lower()
