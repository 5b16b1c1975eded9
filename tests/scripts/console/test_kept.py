"""What an operator has entered is kept under random IDs, and only the newest."""

from scripts.console.kept import Kept


def test_values_are_kept_by_random_ids() -> None:
    """The newest is the first."""
    kept = Kept[str]()
    ids = [kept.add(value)[0] for value in ("a", "b")]
    assert (kept.get(ids[0]), kept.get("other"), len(set(ids))) == ("a", None, 2)
    assert [value for _, value in kept.newest()] == ["b", "a"]


def test_only_the_newest_are_kept() -> None:
    """The caller gets the others, to end what they still do."""
    kept = Kept[int]()
    first = [kept.add(number) for number in range(20)]
    assert all(forgotten == [] for _, forgotten in first)
    assert kept.add(20)[1] == [0]
    assert (kept.get(first[0][0]), kept.get(first[1][0])) == (None, 1)
