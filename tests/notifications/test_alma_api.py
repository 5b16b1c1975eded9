"""Reads below a user, and what Alma says of its daily threshold; `test_alma_users.py` has the failures."""

import pytest

from notifications.errors import Paced, Permanent
from notifications.secret_values import MissingSecret
from tests.loopback import Loopback, answer
from tests.notifications.alma_server import KEY, AlmaCase, error
from tests.notifications.tls_server import tls


@pytest.mark.parametrize(
    ("header", "left"),
    [
        ("X-Exl-Api-Remaining: 49999\r\n", 49_999),
        ("X-Exl-Api-Remaining: 0\r\n", 0),
        ("", None),
        ("X-Exl-Api-Remaining: -1\r\n", None),
        ("X-Exl-Api-Remaining: many\r\n", None),
        (f"X-Exl-Api-Remaining: {'9' * 5000}\r\n", None),
    ],
)
def test_a_resource_of_a_user_is_read(header: str, left: int | None) -> None:
    """The query stays as it is, and the requests that the institution has left are read if Alma says so."""
    with Loopback(answer({"item_loan": []}, header=header), tls=tls()) as server:
        found = AlmaCase(server.url).api.user("jane/doe", "/loans?limit=100&offset=0")
    assert found == ({"item_loan": []}, left)
    assert "item_loan" not in repr(found)
    [received] = server.received
    assert received.request == "GET /almaws/v1/users/jane%2Fdoe/loans?limit=100&offset=0 HTTP/1.1"


@pytest.mark.parametrize("code", ["401861", "401890"])
def test_an_unknown_user_is_none(code: str) -> None:
    """Alma has a code for an identifier, and one for an identifier with its type."""
    with Loopback(error(code), tls=tls()) as server:
        assert AlmaCase(server.url).api.user("jane", "/loans") is None


def test_a_pause_holds_all_workers() -> None:
    """A program that found out that the day is used up says so once."""
    case = AlmaCase("https://alma.invalid")
    case.api.pause(60)
    with pytest.raises(Paced) as paced:
        case.api.user("jane")
    assert paced.value.retry_after == pytest.approx(60)
    case.table.failing.add("update")
    case.api.pause(60)


def test_each_purpose_has_its_own_pace() -> None:
    """A pause of a bulk reader does not hold those who look up one person."""
    case = AlmaCase("https://alma.invalid")
    case.api.pause(60)
    destinations = set(case.table.items)
    case.api_of("fill").pause(60)
    assert len(case.table.items) == len(destinations) + 1 == 2


def test_without_a_key_nothing_is_asked() -> None:
    """A key with a line break would be another request."""
    with pytest.raises(MissingSecret):
        AlmaCase("https://alma.invalid", key=None).api.user("jane")
    with pytest.raises(Permanent, match="does not have the form of an API key"):
        AlmaCase("https://alma.invalid", key=f"{KEY}\r\nX: y").api.user("jane")
