"""Which IP addresses a notification may be sent to: those of the public internet."""

import ipaddress
from typing import Final

# What older versions of Python count as global: deprecated ranges (RFC 3879, RFC 4291, RFC 7526), those that contain an
# IPv4 address for a translator (RFC 6052, RFC 3056), and special ones of the registries of IANA.
_NOT_PUBLIC: Final = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("::/96", "fec0::/10", "192.88.99.0/24", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "::ffff:0:0/96"),
        *("192.0.0.0/24", "100.64.0.0/10", "2001:20::/28", "3fff::/20", "5f00::/16"),
    )
)

# "IPv6 Global Unicast Address Assignments", IANA: nothing outside of this range is assigned to the public internet.
_GLOBAL_UNICAST: Final = ipaddress.ip_network("2000::/3")


def is_public(address: str, *, is_loopback_allowed: bool = False) -> bool:
    """Return whether a request may be sent to this IP address, given as text without brackets."""
    ip = ipaddress.ip_address(address)
    if is_loopback_allowed and ip.is_loopback:
        return True
    if ip.version == 6 and ip not in _GLOBAL_UNICAST:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_PUBLIC)
