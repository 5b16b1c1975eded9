"""The address that a request is posted to: HTTPS only, and no form that two parsers could read differently."""

import re
from typing import Final, NamedTuple, Self

# No user information, fragment, backslash, space or character outside ASCII. The target is sent byte for byte.
_ADDRESS: Final = re.compile(
    r"https://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?(?P<target>[/?][!\"$-\[\]-~]*)?"
)
_USER_INFORMATION: Final = re.compile(r"https://[^/?#]*@")


class HttpsAddress(NamedTuple):
    """Host (IPv6 in brackets), port, and target: path and query as they are in the URL, which can be a secret."""

    host: str
    port: int
    target: str

    def __repr__(self) -> str:
        """Return the host only."""
        return f"HttpsAddress({self.host!r}, …)"

    @classmethod
    def parse(cls, url: str) -> Self:
        """Return the parts of a URL. Raise ValueError with what is wrong, without the URL."""
        if not url.startswith("https://"):
            raise ValueError("does not start with https://")
        if _USER_INFORMATION.match(url):
            raise ValueError("has a user name or password before the host")
        parts = _ADDRESS.fullmatch(url)
        if parts is None:
            raise ValueError("is not a URL in ASCII without spaces, backslashes and fragment")
        target = parts["target"] or "/"
        return cls(parts["host"], int(parts["port"] or 443), target if target.startswith("/") else f"/{target}")
