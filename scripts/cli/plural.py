"""Counts in sentences, which agree in number. Prints nothing."""


def plural(count: int, one: str, many: str = "") -> str:
    """Return the count with what it counts: `1 dead letter`, `1,200 dead letters`; `many` where it is not `one`s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
