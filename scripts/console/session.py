"""Who may use a console: a token that works once becomes a session, by a cookie that only this console takes."""

import hmac
import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from scripts.aws.ports import HOST

SIGN_IN: Final = "/sign-in"
"""The only path that needs no session."""


class Sessions:
    """The sessions of one console on a port. A new one begins with the token, which works once.

    Cookies are for all ports of a host, so the name of this one has the port and a random part: two consoles in one
    browser keep their sessions.
    """

    def __init__(self, port: int) -> None:
        self._token = secrets.token_urlsafe(24)  # so that a terminal of 80 columns shows its address in one line
        self._key = secrets.token_bytes(32)
        self._sessions: set[str] = set()
        self._on_taken: Callable[[], None] = lambda: None
        self.url: Final = f"http://{HOST}:{port}/"
        self.cookie: Final = f"alma-webhooks-{port}-{secrets.token_hex(4)}"

    @property
    def sign_in_url(self) -> str:
        """The URL that begins a session, once."""
        return f"{self.url.rstrip('/')}{SIGN_IN}?token={self._token}"

    @property
    def is_taken(self) -> bool:
        """Whether the token was used."""
        return not self._token

    def when_taken(self, do: Callable[[], None]) -> None:
        """Call this function once the token was used."""
        self._on_taken = do

    def begin(self, token: str) -> str | None:
        """Return the Set-Cookie header of a new session, or None if the token is wrong or was used before."""
        if not self._token or not hmac.compare_digest(token.encode(), self._token.encode()):
            return None
        self._token = ""
        session = secrets.token_urlsafe(32)
        self._sessions.add(session)
        self._on_taken()
        return f"{self.cookie}={session}; Path=/; HttpOnly; SameSite=Strict"

    def of(self, header: str) -> str | None:
        """Return the session that a Cookie header names, or None.

        Programs on other ports of this computer set cookies too, in any format; those count for nothing.
        """
        pairs = (part.strip().partition("=") for part in header.split(";"))
        return next((value for name, _, value in pairs if name == self.cookie and value in self._sessions), None)

    def csrf(self, session: str) -> str:
        """Return what the forms of a session contain, so that no other page can post them."""
        return hmac.new(self._key, session.encode(), sha256).hexdigest()

    def seal(self, session: str) -> str:
        """Return what the pages and answers of a session contain, and what no request has.

        After the end of the console another program can listen on its port. Open pages ask it, and must not believe it.
        """
        return hmac.new(self._key, f"seal {session}".encode(), sha256).hexdigest()

    def is_csrf(self, session: str, sent: str) -> bool:
        """Return whether a form of this session sent this."""
        return hmac.compare_digest(self.csrf(session).encode(), sent.encode())
