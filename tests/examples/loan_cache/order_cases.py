"""Which entry replaces which, as a table for every implementation of DynamoDB."""

from typing import Final

from loan_cache.order import Rank

# (difference of milliseconds, rank, digest), and whether it replaces an entry of rank CHANGED and digest 5a.
CASES: Final = [
    ((0, Rank.CHANGED, "5a"), False),
    ((0, Rank.CHANGED, "59"), False),
    ((0, Rank.CHANGED, "5b"), True),
    ((0, Rank.CREATED, "ff"), False),
    ((0, Rank.FINAL, "00"), True),
    ((0, Rank.FILL, ""), False),
    ((-1, Rank.FINAL, "ff"), False),
    ((1, Rank.FILL, ""), True),
    ((-9_999_999, Rank.FINAL, "ff"), False),
]
