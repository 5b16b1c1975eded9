"""The receiver of a local run: every request goes to it, verified, and only where the emulator allows it."""

import pytest

from notifications.errors import Permanent
from notifications.exchange import BoundedHttpClient
from notifications.integrations.integration import HttpRequest
from notifications.local_receiver import LocalReceiver
from notifications.sender_settings import SenderSettings, SenderSettingsError
from tests.loopback import Loopback, answer
from tests.notifications.test_sender_settings import ENVIRONMENT
from tests.notifications.tls_server import authority_pem, tls

RECEIVER = {"LOCAL_RECEIVER_PORT": "8443", "LOCAL_RECEIVER_AUTHORITY": "-----BEGIN CERTIFICATE-----"}


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://slack.com/api/chat.postMessage", "slack.com"),
        ("https://10.0.0.1/a%2fb?c", "10.0.0.1"),
        ("https://[::1]/", "[::1]"),
        ("https://name.invalid:443/x", "name.invalid:443"),
    ],
)
def test_every_host_is_the_receiver(url: str, host: str) -> None:
    """The host is not looked up; the request keeps it and its target."""
    with Loopback(answer({}), tls=tls()) as server:
        receiver = LocalReceiver(port_of(server), authority_pem())
        assert BoundedHttpClient(receiver=receiver).post(HttpRequest(url, b"{}", {})).status == 200
    [received] = server.received
    assert received.headers["host"] == host
    assert received.request == f"POST /{url.split('/', 3)[3]} HTTP/1.1"


def test_the_port_of_the_receiver_is_allowed_and_no_other() -> None:
    """Topics name the receiver's own address; any other port is rejected before a connection."""
    with Loopback(answer({}), tls=tls()) as server:
        client = BoundedHttpClient(receiver=LocalReceiver(port_of(server), authority_pem()))
        assert client.post(HttpRequest(server.url, b"{}", {})).status == 200
        with pytest.raises(Permanent, match="port 1 is not allowed"):
            client.post(HttpRequest("https://127.0.0.1:1/", b"{}", {}))
    assert len(server.received) == 1


def test_the_certificate_of_the_receiver_is_verified() -> None:
    """Another program on its port gets no request: its certificate is for another name."""
    with Loopback(answer({}), tls=tls("slack.com")) as other:
        client = BoundedHttpClient(receiver=LocalReceiver(port_of(other), authority_pem()))
        with pytest.raises(Permanent, match="the certificate cannot be verified"):
            client.post(HttpRequest("https://slack.com/", b"{}", {}))
    assert other.received == []


def test_the_settings_name_the_receiver() -> None:
    """Without the variables there is none."""
    assert SenderSettings.from_environment(ENVIRONMENT).receiver is None
    local = SenderSettings.from_environment({**ENVIRONMENT, **RECEIVER, "ALLOW_LOOPBACK": "true"})
    assert local.receiver == (8443, "-----BEGIN CERTIFICATE-----")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (RECEIVER, "are for the emulator only"),
        ({**RECEIVER, "ALLOW_LOOPBACK": "false"}, "are for the emulator only"),
        ({**RECEIVER, "ALLOW_LOOPBACK": "true", "LOCAL_RECEIVER_PORT": "x"}, "LOCAL_RECEIVER_PORT must be a port"),
        ({"LOCAL_RECEIVER_PORT": "1", "ALLOW_LOOPBACK": "true"}, "with LOCAL_RECEIVER_AUTHORITY beside it"),
    ],
)
def test_f80_a_receiver_elsewhere_stops_the_function(given: dict[str, str], sentence: str) -> None:
    """A deployed function with these variables does not start."""
    with pytest.raises(SenderSettingsError, match=sentence):
        SenderSettings.from_environment({**ENVIRONMENT, **given})


def port_of(server: Loopback) -> int:
    return int(server.url.rpartition(":")[2])
