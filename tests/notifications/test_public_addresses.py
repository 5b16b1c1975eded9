"""Public addresses: no private, loopback, link-local or translated address is one."""

import pytest

from notifications.public_addresses import is_public


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),  # noqa: S104 - to be rejected
        *("192.0.0.8", "192.0.2.1", "198.18.0.1", "224.0.0.1", "224.0.1.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "fe80::1", "fec0::1"),
        *("fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::"),
        *("2001:db8::1", "2001::1", "2001:20::1", "3fff::1", "5f00::1", "192.88.99.1"),
        *("::ffff:0:7f00:1", "100::1", "100:0:0:1::1", "1fff::1", "4000::1", "fe00::1"),
    ],
)
def test_f80_addresses_that_are_not_public(address: str) -> None:
    """Every special range is rejected, also those that requests-hardened and Python accept."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "2c0f:fb50::1"]
)
def test_f80_public_addresses_are_allowed(address: str) -> None:
    """Addresses of public services are allowed in both families."""
    assert is_public(address)


@pytest.mark.parametrize(
    ("address", "expected"), [("127.0.0.1", True), ("::1", True), ("10.0.0.1", False), ("169.254.169.254", False)]
)
def test_f80_the_flag_allows_loopback_only(address: str, expected: bool) -> None:
    """With the flag for tests, other private addresses are still rejected."""
    assert is_public(address, is_loopback_allowed=True) is expected
