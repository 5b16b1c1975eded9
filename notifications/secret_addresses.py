"""Addresses and tokens that integrations send with. Most of them are secrets, so no error quotes one."""

import re
from typing import Final, NamedTuple

from notifications.errors import Permanent
from notifications.https_address import HttpsAddress
from notifications.integrations.integration import Connections
from notifications.references import SecretReference

_TOKEN: Final = re.compile(r"[!-~]+")


class ServiceAddress(NamedTuple):
    """A URL that can be a secret, and its host, which is not one."""

    url: str
    host: str

    def __repr__(self) -> str:
        """Return the host only."""
        return f"ServiceAddress({self.host!r}, …)"


def resolved_address(setting: SecretReference | str, connections: Connections) -> ServiceAddress:
    """Return the address of a setting. Raise Permanent, with the name of the secret only, if it is not a URL."""
    url = connections.secret(setting) if isinstance(setting, SecretReference) else setting
    try:
        return ServiceAddress(url, HttpsAddress.parse(url).host)
    except ValueError as error:
        name = f"secret {setting.ssm}" if isinstance(setting, SecretReference) else "url"
        raise Permanent("refused", f"The {name} {error}.") from None


def resolved_token(reference: SecretReference, connections: Connections, pattern: re.Pattern[str] = _TOKEN) -> str:
    """Return a token of printable ASCII. Raise Permanent, with the name of the secret only, if it is another text."""
    token = connections.secret(reference)
    if not pattern.fullmatch(token):
        raise Permanent("refused", f"The secret {reference.ssm} does not have the form of a token.")
    return token
