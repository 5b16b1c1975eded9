"""A challenge as Alma asks it: what is the right answer, and what is none."""

import json
from collections.abc import Callable

import pytest

from scripts.alma_client.challenge import ChallengeResult, ask
from scripts.cli.exit_codes import ConfigurationError
from tests.scripts.deploy.test_listeners import listener


def right(_: int, challenge: str) -> tuple[int, str]:
    return 200, json.dumps({"challenge": challenge})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (right, ChallengeResult(200, is_right=True)),
        (lambda *_: (200, '{"challenge": "another"}'), ChallengeResult(200, is_right=False)),
        (lambda *_: (200, "no JSON"), ChallengeResult(200, is_right=False)),
        (lambda number, challenge: (503, right(number, challenge)[1]), ChallengeResult(503, is_right=False)),
        (lambda number, challenge: (302, right(number, challenge)[1]), ChallengeResult(302, is_right=False)),
    ],
)
def test_only_200_with_the_challenge_is_right(
    answer: Callable[[int, str], tuple[int, str]], expected: ChallengeResult
) -> None:
    """Alma takes nothing else, and follows no redirect."""
    with listener(answer) as url:
        assert ask(url) == expected


def test_what_gives_no_answer_is_an_error() -> None:
    """Nobody listens there; and what is not a webhook URL is said to be none."""
    with pytest.raises(OSError, match="refused"):
        ask("http://127.0.0.1:9/webhooks/alma")
    with pytest.raises(ConfigurationError, match="is not a webhook URL"):
        ask("webhooks/alma")
