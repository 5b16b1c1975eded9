"""No secret of an integration is shown by any failure: through the real exchange, over TLS."""

import contextlib
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest

from notifications.exchange import BoundedHttpClient
from notifications.integrations.integration import Connections, HttpRequest, HttpResponse, Outgoing
from notifications.integrations.table import INTEGRATIONS
from processor.errors import Failure
from tests.loopback import Behaviour, Loopback, answer, reset
from tests.notifications.deadline import DEADLINE, out_of_time
from tests.notifications.fake_connections import connections
from tests.notifications.tls_server import authorities, nobody, tls

CANARY = "canarycanarycanarycanary"
TEXT = f'"{CANARY}"'
ADDRESS, TOKEN = {"ssm": "address"}, {"ssm": "token"}

# By integration: its configuration, and the host of its service, if that is not in the address.
CASES: Mapping[str, tuple[str, dict[str, Any], str]] = {
    "slack webhook": ("slack", {"url": ADDRESS}, ""),
    "slack token": ("slack", {"token": TOKEN, "channel": "C012AB3CD"}, "https://slack.com"),
    "teams": ("teams", {"url": ADDRESS}, ""),
    "telegram": ("telegram", {"token": TOKEN, "chat": 1}, "https://api.telegram.org"),
    "http": ("http", {"url": ADDRESS, "secret": {"ssm": "sign"}}, ""),
}


def serving(behave: Behaviour, *certificate: str) -> Callable[[], AbstractContextManager[str]]:
    @contextlib.contextmanager
    def serve() -> Iterator[str]:
        with Loopback(behave, tls=tls(*certificate)) as server:
            yield server.url

    return serve


HAPPENS: Mapping[str, Callable[[], AbstractContextManager[str]]] = {
    "connection refused": nobody,
    "timeout": serving(out_of_time),
    "reset": serving(reset),
    "bad certificate": serving(answer({}), "other.example"),
    "redirect": serving(answer({}, 302, header=f"Location: https://example.org/{CANARY}\r\n")),
    "429": serving(answer({"error": CANARY}, 429)),
    "4XX": serving(answer({"ok": False, "error": CANARY, "description": CANARY}, 404)),
    "5XX": serving(answer({"ok": False, "error": CANARY}, 500, header=f"Broken {CANARY}\r\n")),
}


class Rerouted:
    """The real client, with the server of the test in place of the service."""

    def __init__(self, service: str, url: str) -> None:
        self._service, self._url = service, url
        self._client = BoundedHttpClient(ports=range(1024, 65536), authorities=authorities(), is_loopback_allowed=True)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Post to the server of the test."""
        url = request.url.replace(self._service, self._url) if self._service else request.url
        return self._client.post(request._replace(url=url))


@pytest.mark.parametrize("happens", HAPPENS)
@pytest.mark.parametrize("case", CASES)
def test_f80_no_failure_shows_a_secret(
    case: str, happens: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the address, token or text nor what the service answers is in the failure or in a log line."""
    monkeypatch.setattr("threading.Timer", DEADLINE.timer)
    for name in (None, "urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
        caplog.set_level(logging.DEBUG, logger=name)
    kind, members, service = CASES[case]
    integration = INTEGRATIONS[kind]
    configuration = integration.configuration.model_validate(members)
    with HAPPENS[happens]() as url:
        secrets = {
            "address": f"{url}/{CANARY}?sig={CANARY}",
            "token": f"1:{CANARY}",
            "sign": f"whsec_{CANARY}{CANARY}",
        }
        given: Connections = connections(secrets=secrets)._replace(http=Rerouted(service, url))
        with pytest.raises(Failure) as raised:
            integration.send(Outgoing(TEXT, "0123abcd"), configuration, given)
    assert CANARY not in "".join(traceback.format_exception(raised.value)) + repr(vars(raised.value))
    assert raised.value.__context__ is None
    assert CANARY not in caplog.text + "".join(repr(vars(record)) for record in caplog.records)
