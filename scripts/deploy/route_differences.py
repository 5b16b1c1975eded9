"""Compare two versions of a routes file, route by route."""

from collections.abc import Collection, Iterator
from typing import Any

from processor.routing.models import Route


def changed_fields(before: Route, after: Route) -> list[str]:
    """Return the fields in which a route differs, by their keys in the file."""
    fields = Route.model_fields.items()
    return [field.alias or name for name, field in fields if getattr(before, name) != getattr(after, name)]


def narrowing(before: Route, after: Route) -> str:
    """Return how a route certainly delivers less than before, or an empty text. A changed `if` cannot be compared."""
    targets = [f"{entry.kind}:{entry.target}" for entry in after.deliver]
    found = [f"it no longer delivers to {name}" for entry in before.deliver if (name := _name(entry)) not in targets]
    if before.condition is None and after.condition is not None:
        found.append("it has an if now")
    if after.fallback and not before.fallback:
        found.append("it is a fallback now")
    if after.when is not None and after.when != before.when:
        found += [f"when.{field}" for field in _narrowed_fields(before.when or {}, after.when, ())]
    return ", ".join(found)


def _name(entry: Any) -> str:
    return f"{entry.kind}:{entry.target}"


def _narrowed_fields(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[str]:
    """Yield the fields of a pattern that accept less than before: new ones, and those that lack a value."""
    for field, value in after.items():
        place, old = (*path, field), before.get(field)
        if old is None:
            yield f"{'.'.join(place)} is required now"
        elif isinstance(value, dict) and isinstance(old, dict):
            yield from _narrowed_fields(old, value, place)
        elif isinstance(value, list) and isinstance(old, list):
            lost = [each for each in old if each not in value]
            if lost:
                yield f"{'.'.join(place)} no longer accepts {', '.join(map(str, lost))}"


def added(before: Collection[Route], after: Collection[Route]) -> list[Route]:
    """Return the routes that are new."""
    known = {route.name for route in before}
    return [route for route in after if route.name not in known]
