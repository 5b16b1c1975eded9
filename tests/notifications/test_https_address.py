"""HTTPS addresses: their parts, and the forms that are rejected without quoting them."""

import pytest

from notifications.https_address import HttpsAddress


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://example.org", "example.org", 443, "/"),
        ("https://example.org/", "example.org", 443, "/"),
        ("https://example.org:8443/a/b", "example.org", 8443, "/a/b"),
        ("https://example.org?sig=%2f~", "example.org", 443, "/?sig=%2f~"),
        ("https://example.org/a%2Fb?sp=%2Ftriggers&sig=a_-b", "example.org", 443, "/a%2Fb?sp=%2Ftriggers&sig=a_-b"),
        ("https://[2606:4700::1111]:443/a", "[2606:4700::1111]", 443, "/a"),
        ("https://example.org/@user:name", "example.org", 443, "/@user:name"),
    ],
)
def test_the_parts_of_an_address(url: str, host: str, port: int, target: str) -> None:
    """The target is the rest of the URL, byte for byte."""
    assert HttpsAddress.parse(url) == (host, port, target)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        *((f"{scheme}canary", "start with https") for scheme in ("http://", "file:///", "ftp://", "//", "", "HTTPS:")),
        *((f"https://{host}/", "user name") for host in ("user:canary@example.org", "canary@example.org", "@a")),
        *((f"https://{rest}", "is not a URL") for rest in ("", "/canary", ":443/", "a b/", "a/canary b", "a\\b/")),
        *((f"https://{rest}", "is not a URL") for rest in ("a/#canary", "bücher.example/", "a:/", "a:canary/", "a:1x")),
        *((f"https://{rest}", "is not a URL") for rest in ("[fe80::1%25eth0]/", "a/\r\nb", "a/canary\n", "a;b/")),
    ],
)
def test_f80_other_forms_are_rejected(url: str, problem: str) -> None:
    """No other scheme, user name, fragment, space or line break; the error does not quote the URL."""
    with pytest.raises(ValueError, match=problem) as raised:
        HttpsAddress.parse(url)
    assert "canary" not in str(raised.value)


def test_an_address_shows_its_host_only() -> None:
    """The path and query are not in its text."""
    assert repr(HttpsAddress.parse("https://example.org/canary?canary")) == "HttpsAddress('example.org', …)"
