"""Format counts in sentences so that they agree in number."""


def plural(count: int, one: str, many: str = "") -> str:
    """Return the count and its noun, such as `1,200 dead letters`. `many` is the plural of `one`, if not `one` + s."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
