"""What Alma does about an answer."""

import pytest

from scripts.alma_client.retry_policy import TIMEOUT_SECONDS, AttemptResult, Verdict, retry_seconds, verdict


def of(status: int | None, attempts: int = 1, *, is_forged: bool = False) -> Verdict | None:
    return verdict(AttemptResult(status, None, 0.1), attempts, is_forged=is_forged)


def test_alma_waits_for_five_seconds_and_tries_again_after_1_3_and_6_hours() -> None:
    """Ten hours between the first attempt and the fourth."""
    assert TIMEOUT_SECONDS == 5
    assert [retry_seconds(attempts) for attempts in (1, 2, 3)] == [3600, 3 * 3600, 6 * 3600]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599, None])
def test_a_5xx_or_no_answer_is_tried_again_until_the_fourth_attempt(status: int | None) -> None:
    """A time-out counts as a 500; after the fourth Alma drops the event."""
    assert [of(status, attempts) for attempts in (1, 2, 3, 4)] == [None, None, None, Verdict.dropped]


@pytest.mark.parametrize("status", [400, 401, 404, 405, 413, 429, 499])
def test_a_4xx_loses_a_genuine_event_at_once(status: int) -> None:
    """It is never tried again."""
    assert of(status) is Verdict.lost


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, Verdict.accepted), (204, Verdict.accepted), (302, Verdict.surprise), (199, Verdict.surprise)],
)
def test_only_a_2xx_is_an_acceptance(status: int, expected: Verdict) -> None:
    """No document says how Alma treats other answers."""
    assert of(status) is expected


@pytest.mark.parametrize(
    ("status", "attempts", "expected"),
    [
        (401, 1, Verdict.rejected),
        (401, 4, Verdict.rejected),
        (200, 1, Verdict.surprise),
        (403, 1, Verdict.surprise),
        (429, 1, Verdict.surprise),
        (302, 1, Verdict.surprise),
        (503, 1, None),
        (503, 4, Verdict.surprise),
    ],
)
def test_a_forged_event_is_to_get_a_401(status: int, attempts: int, expected: Verdict | None) -> None:
    """Any other end is a surprise; it is never lost and never dropped, because nobody wanted it."""
    assert of(status, attempts, is_forged=True) is expected
