"""Answers by their status: what each means for the notification, and what its reason says."""

import pytest

from notifications.answers import AnswerMeaning, failure_by_status, meaning_by_status
from notifications.errors import Permanent, Throttled, Transient, Unconfirmed
from processor.errors import Failure
from tests.notifications.fake_connections import WALL, http_response


@pytest.mark.parametrize(
    ("statuses", "meaning"),
    [
        ([300, 301, 302, 304, 307, 308, 399], AnswerMeaning.PERMANENT),
        ([400, 401, 403, 404, 405, 410, 413, 418, 422, 451, 499], AnswerMeaning.PERMANENT),
        ([408, 425, 500, 501, 503, 505, 520, 599], AnswerMeaning.TRANSIENT),
        ([429], AnswerMeaning.THROTTLED),
        ([502, 504, 100, 101, 199, 600, 999], AnswerMeaning.UNCONFIRMED),
    ],
)
def test_statuses(statuses: list[int], meaning: AnswerMeaning) -> None:
    """Unknown 4XX are permanent and unknown 5XX transient; a gateway without an answer does not know."""
    assert {meaning_by_status(status) for status in statuses} == {meaning}


@pytest.mark.parametrize(
    ("meaning", "failure"),
    [
        (AnswerMeaning.PERMANENT, Permanent),
        (AnswerMeaning.TRANSIENT, Transient),
        (AnswerMeaning.THROTTLED, Throttled),
        (AnswerMeaning.UNCONFIRMED, Unconfirmed),
    ],
)
def test_each_decision_has_its_failure(meaning: AnswerMeaning, failure: type[Failure]) -> None:
    """The class of the exception is the meaning."""
    made = meaning.failure("because")
    assert (type(made), made.reason) == (failure, "because")


def test_a_reason_has_host_status_and_a_text_of_ours() -> None:
    """Nothing of the body or a header is in it."""
    response = http_response(404, "canary", x_canary="canary")
    assert failure_by_status(response, "example.org", wall=WALL).reason == "example.org answered 404."
    assert (
        failure_by_status(response, "example.org", wall=WALL, what="gone").reason == "example.org answered 404: gone."
    )
    moved = failure_by_status(http_response(302, location="https://canary"), "example.org", wall=WALL)
    assert moved.reason == "example.org answered 302: redirects are not followed."


def test_a_text_that_is_too_large_has_its_own_class() -> None:
    """413 is a fault of the text, not of the configuration."""
    classes = [failure_by_status(http_response(status), "h", wall=WALL).cause_class for status in (413, 404)]
    assert classes == ["too-large", "refused"]


@pytest.mark.parametrize(
    ("status", "header", "given", "expected"),
    [
        (429, "30", None, 30),
        (429, "30", 5.0, 5),
        (429, None, None, None),
        (429, "soon", None, None),
        (503, "Sat, 29 Nov 2025 07:07:40 GMT", None, 60),
    ],
)
def test_a_throttle_says_how_long(status: int, header: str | None, given: float | None, expected: float | None) -> None:
    """A number of the body comes before the header; 503 with a time is a throttle too."""
    response = http_response(status, **({"retry_after": header} if header else {}))
    failure = failure_by_status(response, "h", wall=WALL, retry_after=given)
    assert isinstance(failure, Throttled)
    assert failure.retry_after == expected


def test_503_without_a_time_is_transient() -> None:
    """It counts as an attempt, unlike a throttle."""
    assert type(failure_by_status(http_response(503), "h", wall=WALL)) is Transient
