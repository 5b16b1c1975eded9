"""Addresses and tokens of integrations: where they come from, and what an error says about them."""

import pytest

from notifications.errors import Permanent
from notifications.references import SecretReference
from notifications.secret_addresses import resolved_address, resolved_token
from tests.notifications.fake_connections import connections

REFERENCE = SecretReference(ssm="team")


def test_an_address_is_plain_or_a_secret() -> None:
    """The host is known in both cases, and the text of an address shows nothing else."""
    secret = resolved_address(REFERENCE, connections(secrets={"team": "https://a.example:8443/canary"}))
    assert secret == ("https://a.example:8443/canary", "a.example")
    assert repr(secret) == "ServiceAddress('a.example', …)"
    assert resolved_address("https://b.example/c", connections()).host == "b.example"


def test_an_address_that_is_not_one_is_named_by_its_setting() -> None:
    """The reason says which secret is wrong, and what is wrong with it."""
    with pytest.raises(Permanent, match=r"^refused: The secret team does not start with https://\.$"):
        resolved_address(REFERENCE, connections(secrets={"team": "canary"}))
    with pytest.raises(Permanent, match=r"^refused: The url does not start with https://\.$"):
        resolved_address("http://canary", connections())


@pytest.mark.parametrize(
    ("token", "is_valid"), [("xoxb-1", True), ("", False), ("a b", False), ("a\n", False), ("ä", False)]
)
def test_tokens_are_printable_ascii(token: str, is_valid: bool) -> None:
    """Anything else could not be sent in a header, or would add one."""
    given = connections(secrets={"team": token})
    if is_valid:
        assert resolved_token(REFERENCE, given) == token
        return
    with pytest.raises(Permanent, match="The secret team does not have the form of a token"):
        resolved_token(REFERENCE, given)
