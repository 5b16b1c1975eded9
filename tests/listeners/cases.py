"""An event for a recipe, and what the recipe does with it."""

from typing import Any, Final, NamedTuple

NOTHING: Final[dict[str, Any]] = {}


class RecipeCase(NamedTuple):
    """An event that comes by an Alma profile. `expected` is what `tests.recipe_pages.shown` returns."""

    body: bytes
    expected: dict[str, Any]
    profile: str = "alma"


Cases = dict[str, list[RecipeCase]]
"""By the name of the first route of each recipe."""
