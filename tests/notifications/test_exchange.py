"""The HTTP exchange: what is sent, what is returned, and which addresses are allowed."""

import gzip
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from notifications.errors import Permanent, Transient
from notifications.exchange import MAX_ANSWER_BYTES, MAX_READ_BYTES, BoundedHttpClient
from notifications.integrations.integration import HttpRequest, HttpResponse
from tests.loopback import Conversation, Loopback, answer, say
from tests.notifications.tls_server import authorities, tls

PUBLIC, PRIVATE = "93.184.215.14", "10.0.0.1"


def client(*ports: int, seconds: float = 5, is_loopback_allowed: bool = True) -> BoundedHttpClient:
    return BoundedHttpClient(
        seconds=seconds, ports=ports, authorities=authorities(), is_loopback_allowed=is_loopback_allowed
    )


def posted(url: str, **options: Any) -> HttpResponse:
    return client(*range(1024, 65536), **options).post(HttpRequest(url, b"{}", {"Content-Type": "application/json"}))


def test_a_request_is_sent_as_it_is() -> None:
    """Path, query, headers and body arrive byte for byte, without headers that only requests would add."""
    with Loopback(answer({"a": 1}, 201, header="Retry-After: 3\r\n"), tls=tls()) as server:
        response = posted(f"{server.url}/a%2fb/%7Ec?sp=%2Ftriggers%2f&sig=a_-%7e+b")
    assert response == (201, {"content-length": "8", "retry-after": "3"}, b'{"a": 1}')
    received = server.received[0]
    assert received.request == "POST /a%2fb/%7Ec?sp=%2Ftriggers%2f&sig=a_-%7e+b HTTP/1.1"
    assert received.body == b"{}"
    assert received.headers == {
        "host": server.url.removeprefix("https://"),
        "content-length": "2",
        "content-type": "application/json",
        "user-agent": "alma-webhooks",
        "accept-encoding": "identity",
        "connection": "close",
    }


def test_a_get_has_no_body_and_a_longer_answer() -> None:
    """It goes through the same exchange."""
    with Loopback(
        answer({"a": "x" * MAX_ANSWER_BYTES}), say(b"HTTP/1.1 200 X\r\n\r\n" + b"x" * 2_000_000), tls=tls()
    ) as server:
        same = client(*range(1024, 65536))
        request = HttpRequest(f"{server.url}/users/a%2Fb", b"", {"Authorization": "apikey canary"})
        assert len(same.get(request).body) == MAX_ANSWER_BYTES + 9
        assert len(same.get(request).body) == MAX_READ_BYTES
    received = server.received[0]
    assert (received.request, received.body) == ("GET /users/a%2Fb HTTP/1.1", b"")
    assert received.headers == {
        "host": server.url.removeprefix("https://"),
        "authorization": "apikey canary",
        "user-agent": "alma-webhooks",
        "accept-encoding": "identity",
        "connection": "close",
    }


def test_f80_a_get_is_as_bounded_as_a_post(connected: list[Any]) -> None:
    """No private address, no other scheme or port."""
    for url in ("https://10.0.0.1/canary", "http://example.org/canary", "https://example.org:22/canary"):
        with pytest.raises(Permanent) as raised:
            client(is_loopback_allowed=False).get(HttpRequest(url, b"", {}))
        assert ("canary" in str(raised.value), connected) == (False, [])


def test_f80_a_redirect_of_a_get_is_an_answer() -> None:
    """Alma's host cannot send the key elsewhere."""
    with Loopback(answer({}), tls=tls()) as other:
        with Loopback(answer({}, 302, header=f"Location: {other.url}\r\n"), tls=tls()) as server:
            response = client(*range(1024, 65536)).get(HttpRequest(server.url, b"", {"Authorization": "canary"}))
        assert (response.status, other.received) == (302, [])


def test_each_request_has_its_own_connection() -> None:
    """A connection that a frozen function kept open would fail in the middle of a request."""
    with Loopback(answer({}), tls=tls()) as server:
        same = client(*range(1024, 65536))
        for _ in range(2):
            same.post(HttpRequest(server.url, b"", {}))
    assert [each.connection for each in server.received] == [1, 2]


@pytest.mark.parametrize("interim", [100, 102, 103, 199])
def test_an_interim_answer_is_not_the_answer(interim: int) -> None:
    """The answer after it is returned, with its own headers only."""
    early = f"HTTP/1.1 {interim} X\r\nLink: </a>\r\n\r\n".encode()
    with Loopback(say(early * 2 + b"HTTP/1.1 201 X\r\nContent-Length: 2\r\n\r\n{}"), tls=tls()) as server:
        assert posted(server.url) == (201, {"content-length": "2"}, b"{}")


def test_switching_protocols_is_the_answer() -> None:
    """Nothing in HTTP follows a 101."""
    with Loopback(say(b"HTTP/1.1 101 X\r\n\r\n"), tls=tls()) as server:
        assert posted(server.url).status == 101


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_f80_a_redirect_is_an_answer(status: int) -> None:
    """The redirect is returned, and nothing is sent to the other address."""
    with Loopback(answer({}), tls=tls()) as other:
        with Loopback(answer({}, status, header=f"Location: {other.url}\r\n"), tls=tls()) as server:
            assert posted(server.url).status == status
        assert len(server.received) == 1
        assert other.received == []


@pytest.mark.parametrize("status", [200, 302])
def test_f80_a_large_answer_is_not_read(status: int) -> None:
    """At most 64 KiB of an endless body are read, also of a redirect, whose whole body requests would read."""

    def endless(conversation: Conversation) -> bool:
        conversation.send(f"HTTP/1.1 {status} X\r\nLocation: https://example.org\r\n\r\n".encode())
        while True:
            conversation.send(b"x" * 65536)

    with Loopback(endless, tls=tls()) as server:
        assert posted(server.url).body == b"x" * MAX_ANSWER_BYTES


def test_f80_a_compressed_answer_stays_compressed() -> None:
    """An answer that would be 40 MB is returned as it was sent, cut after 64 KiB."""
    bomb = gzip.compress(bytes(40_000_000), 1, mtime=0)
    head = f"HTTP/1.1 302 X\r\nContent-Encoding: gzip\r\nLocation: /\r\nContent-Length: {len(bomb)}\r\n\r\n"
    with Loopback(say(head.encode() + bomb), tls=tls()) as server:
        assert posted(server.url).body == bomb[:MAX_ANSWER_BYTES]


def test_f80_a_chunked_answer_is_read() -> None:
    """A chunked body is put together; one that ends in the middle is returned so far, because the status is known."""
    head = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    with Loopback(say(head + b"1\r\nd\r\n0\r\n\r\n"), say(head + b"5\r\nd"), tls=tls()) as server:
        assert posted(server.url).body == b"abcd"
        assert posted(server.url).body[:3] == b"abc"


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "0.0.0.0", "[::1]", "[::]"),  # noqa: S104 - to be rejected
        *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[fec0::1]", "[fe80::1]"),
        *(
            "169.254.169.254",
            "[fd00:ec2::254]",
            "10.0.0.1",
            "192.168.0.1",
            "100.64.0.1",
            "224.0.0.1",
            "[2002:7f00:1::]",
        ),
    ],
)
def test_f80_an_address_that_is_not_public_is_refused(host: str, connected: list[Any]) -> None:
    """No form of a private, loopback or link-local address is connected to."""
    with pytest.raises(Permanent, match="does not have a public IP address") as raised:
        posted(f"https://{host}/canary", is_loopback_allowed=False)
    assert (raised.value.cause_class, connected) == ("no-target", [])
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://example.org/canary", "The address does not start with https://."),
        ("file:///etc/canary", "The address does not start with https://."),
        (
            "https://user:canary@example.org/",  # pragma: allowlist secret -- an invented value
            "The address has a user name or password before the host.",
        ),
        ("https://example.org:8443/canary", "example.org: port 8443 is not allowed."),
        ("https://example.org:22/canary", "example.org: port 22 is not allowed."),
    ],
)
def test_f80_other_schemes_and_ports_are_refused(url: str, reason: str, connected: list[Any]) -> None:
    """Only https, only 443 and the ports of the settings, and no user name."""
    with pytest.raises(Permanent) as raised:
        client(9443).post(HttpRequest(url, b"", {}))
    assert (raised.value.reason, raised.value.cause_class, connected) == (reason, "no-target", [])


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The addresses that something connected to; every connection fails."""
    addresses: list[Any] = []

    def connect(address: Any, timeout: float, **_: Any) -> None:
        addresses.append((*address, timeout))
        raise OSError

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    return addresses


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> Iterator[str]:
    """Resolve every name to these addresses, one answer for each look-up; returns the look-ups that were made."""
    real, left = socket.getaddrinfo, iter(answers)

    def resolve(host: str, port: int, *more: Any, **options: Any) -> Any:
        if host != "name.example":
            return real(host, port, *more, **options)
        return [each for address in next(left) for each in real(address, port, *more, **options)]

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    return (address for answer in left for address in answer)


def test_f80_a_private_address_behind_a_name_is_refused(monkeypatch: pytest.MonkeyPatch, connected: list[Any]) -> None:
    """The first address decides, because only that one is used."""
    names(monkeypatch, [PRIVATE, PUBLIC])
    with pytest.raises(Permanent):
        posted("https://name.example/", is_loopback_allowed=False)
    assert connected == []


def test_f80_only_the_checked_address_is_used(monkeypatch: pytest.MonkeyPatch, connected: list[Any]) -> None:
    """A second, private address is never used, also if the first one fails, and there is no second look-up."""
    left = names(monkeypatch, [PUBLIC, PRIVATE], ["127.0.0.1"])
    with pytest.raises(Transient):
        posted("https://name.example/", is_loopback_allowed=False)
    assert [each[:2] for each in connected] == [(PUBLIC, 443)]
    assert list(left) == ["127.0.0.1"]


def test_f80_each_request_is_checked(monkeypatch: pytest.MonkeyPatch, connected: list[Any]) -> None:
    """A name that is private in a later request is refused then."""
    names(monkeypatch, [PUBLIC], ["127.0.0.1"])
    same = client(is_loopback_allowed=False)
    with pytest.raises(Transient):
        same.post(HttpRequest("https://name.example/", b"", {}))
    with pytest.raises(Permanent):
        same.post(HttpRequest("https://name.example/", b"", {}))
    assert len(connected) == 1


def test_f80_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor an authority of the environment is used."""
    for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
        monkeypatch.setenv(name, "/nowhere")
    with Loopback(answer({}), tls=tls()) as server:
        assert posted(server.url).status == 200


@pytest.mark.parametrize("names_of_certificate", ["other.example", "*.0.0.1"])
def test_f80_a_certificate_for_another_host_is_refused(names_of_certificate: str) -> None:
    """Nothing is sent to a host whose certificate is for another one."""
    with Loopback(answer({}), tls=tls(names_of_certificate)) as server:
        with pytest.raises(Permanent, match=r"127\.0\.0\.1: the certificate cannot be verified"):
            posted(server.url)
        assert server.received == []


def test_f80_a_certificate_of_an_unknown_authority_is_refused() -> None:
    """By default the authorities are the public ones."""
    with Loopback(answer({}), tls=tls()) as server:
        port = int(server.url.rsplit(":", 1)[1])
        with pytest.raises(Permanent, match="certificate"):
            BoundedHttpClient(ports=[port], is_loopback_allowed=True).post(HttpRequest(server.url, b"", {}))
        assert server.received == []
