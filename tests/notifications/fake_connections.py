"""What integrations send with, without a network: scripted answers, and secrets by name."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from notifications.integrations.integration import Connections, HttpRequest, HttpResponse
from notifications.references import SecretReference

WALL = 1_764_400_000.0


def http_response(status: int, body: Any = b"", **headers: str) -> HttpResponse:
    """Return an answer; a body that is neither bytes nor text becomes JSON."""
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return HttpResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


class ScriptedHttpClient:
    """Answers every request with the same answer, or raises it."""

    def __init__(self, answered: HttpResponse | Exception) -> None:
        self._answered = answered
        self.requests: list[HttpRequest] = []

    def post(self, request: HttpRequest) -> HttpResponse:
        """Record the request."""
        self.requests.append(request)
        if isinstance(self._answered, Exception):
            raise self._answered
        return self._answered


def connections(
    http: ScriptedHttpClient | None = None,
    *,
    ses: Callable[[], Any] | None = None,
    sns: Callable[[], Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    email_configuration_set: str = "",
) -> Connections:
    """Return connections; what is not given must not be used."""

    def secret(reference: SecretReference) -> str:
        assert secrets is not None
        return secrets[reference.ssm]

    return Connections(
        http or ScriptedHttpClient(AssertionError()),
        ses or _unused,
        sns or _unused,
        secret,
        lambda: WALL,
        email_configuration_set,
    )


def _unused() -> Any:
    raise AssertionError
