"""What an operator has entered is kept under random IDs, and only the newest."""

import pytest
from starlette.exceptions import HTTPException

from scripts.console.kept import Kept


def test_values_are_kept_by_random_ids() -> None:
    """The newest is the first."""
    kept = Kept[str]("search")
    ids = [kept.add(value)[0] for value in ("a", "b")]
    assert (kept.get(ids[0]), kept.get("other"), len(set(ids))) == ("a", None, 2)
    assert [value for _, value in kept.newest()] == ["b", "a"]


def test_only_the_newest_are_kept() -> None:
    """The caller gets the others, to end what they still do."""
    kept = Kept[int]("search")
    first = [kept.add(number) for number in range(20)]
    assert all(forgotten == [] for _, forgotten in first)
    assert kept.add(20)[1] == [0]
    assert (kept.get(first[0][0]), kept.get(first[1][0])) == (None, 1)


def test_what_is_in_use_is_not_forgotten() -> None:
    """It does not count either."""
    kept = Kept[int]("search", 2, is_used=lambda value: value == 0)
    ids = [kept.add(number)[0] for number in range(4)]
    assert [kept.get(id_) for id_ in ids] == [0, None, 2, 3]


def test_an_unknown_id_is_not_found() -> None:
    """The answer says what to do; an ID is too long to be guessed."""
    kept = Kept[int]("search")
    id_, _ = kept.add(1)
    assert (kept.find(id_), len(id_) >= 16) == (1, True)
    with pytest.raises(HTTPException) as caught:
        kept.find("x")
    assert (caught.value.status_code, caught.value.detail) == (
        410,
        "This console does not have the search any more. Begin again.",
    )
