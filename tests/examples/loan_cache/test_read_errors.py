"""The errors of the read API: always JSON, without a trace of the user."""

from typing import Any

import pytest
from loan_cache.lists_of_users import ListsOfUsers

from tests.examples.loan_cache.alma_world import USER, loan, response
from tests.examples.loan_cache.read_case import ReadCase


@pytest.fixture(autouse=True)
def _aws(aws: None) -> None:
    """Use the queue of moto."""


def test_an_unknown_user_is_404() -> None:
    """As Alma says."""
    assert ReadCase([]).read(user="nobody") == (404, {"error": "Alma does not have this user."})


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "", "many", "٣", "1e1", "0x1", "9999999999"])
def test_a_limit_out_of_range_is_400(limit: str) -> None:
    """Nothing is read then."""
    case = ReadCase([loan(1)])
    assert case.read(limit=limit) == (400, {"error": "limit must be a number from 1 to 100."})
    assert case.world.asked == []


def test_a_token_of_another_list_is_400() -> None:
    """The sentence says what to do."""
    case = ReadCase([loan(each) for each in range(3)])
    token = case.read(limit="1")[1]["next"]
    sentence = "The token is not valid for this list any more; start without a token."
    for what, user, given in [("requests", USER, token), ("loans", "other", token), ("loans", USER, "x")]:
        assert case.read(what, user, token=given) == (400, {"error": sentence})
    case.alma.now += 3601
    assert case.read(token=token) == (400, {"error": sentence})


@pytest.mark.parametrize("user", ["", " ", "a\nb", "x" * 256])
def test_an_id_that_is_none_is_400(user: str) -> None:
    """It is not quoted."""
    status, members = ReadCase([]).read(user=user)
    assert (status, members["error"][:17]) == (400, "The path is wrong")


@pytest.mark.parametrize("event", [{}, None, [], "x", {"routeKey": "$default"}, {"routeKey": "GET /users/{id}/fees"}])
def test_another_path_is_404(event: Any) -> None:
    """For anything that the gateway sends."""
    assert ReadCase([]).answered(event)[0] == 404


@pytest.mark.parametrize(
    ("answer", "status", "retry_after"),
    [
        (response({}, 500), 503, None),
        (response({"maintenance": True}), 503, None),
        (response({"total_record_count": True}), 503, None),
        (response({"total_record_count": 1, "item_loan": ["x"]}), 503, None),
        (response({"total_record_count": 1, "item_loan": [{}]}), 502, None),
        (response({"errorList": {"error": [{"errorCode": "DAILY_THRESHOLD"}]}}, 429), 503, "3600"),
        (response({}, 401), 502, None),
    ],
)
def test_alma_can_fail(answer: Any, status: int, retry_after: str | None) -> None:
    """503 is temporary and 502 is not. The log has the cause."""
    case = ReadCase([loan(1)])
    case.world.before = lambda _: answer
    assert case.read()[0] == status
    assert case.headers.get("Retry-After") == retry_after
    assert case.lines[0]["failure"]["class"]
    assert case.queued() == []


def test_without_an_api_key_only_the_cache_answers() -> None:
    """The operator finds the name of the parameter in the log."""
    case = ReadCase([loan(1)], key=None)
    assert case.read()[0] == 502
    assert "alma-api-key does not exist" in case.lines[0]["failure"]["reason"]


def test_an_unknown_exception_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its class and place are logged."""
    case = ReadCase([loan(1)])

    def fail(_: ListsOfUsers, user: str, *_more: Any) -> None:
        raise KeyError(user)

    monkeypatch.setattr(ListsOfUsers, "page", fail)
    assert case.read()[0] == 503
    assert case.lines[0]["failure"]["reason"].startswith("KeyError at test_read_errors.py")
