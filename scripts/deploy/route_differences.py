"""Compare two versions of a routes file, route by route."""

from collections.abc import Iterator, Sequence

from processor.routing.deliver import DeliverEntry
from processor.routing.models import Route
from scripts.deploy.pattern_differences import narrowed_fields


def changed_fields(before: Route, after: Route) -> list[str]:
    """Return the fields in which a route differs, by their keys in the file: `if`, `deliver[0].message`."""
    found: list[str] = []
    for name, field in Route.model_fields.items():
        old, new = getattr(before, name), getattr(after, name)
        if name == "deliver":
            found += _changed_entries(old, new)
        elif old != new:
            found.append(field.alias or name)
    return found


def _changed_entries(before: Sequence[DeliverEntry], after: Sequence[DeliverEntry]) -> Iterator[str]:
    """Yield the fields of entries that differ, or `deliver` if the entries have other targets."""
    targets = [[(each.kind, each.target, each.name) for each in entries] for entries in (before, after)]
    if targets[0] != targets[1]:
        yield "deliver"
        return
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        for field in type(new).model_fields:
            if repr(getattr(old, field)) != repr(getattr(new, field)):  # in a body, 1 is not true
                yield f"deliver[{number}].{field}"


def narrowing(before: Route, after: Route) -> str:
    """Return how a route delivers less than before, or an empty text.

    A pattern is narrowed unless it certainly matches all that it did. A changed `if` cannot be compared, nor can a
    target whose name depends on the event: they count as equal.
    """
    found = [f"it no longer delivers to {name}" for name in _lost_targets(before, after)]
    if before.condition is None and after.condition is not None:
        found.append("it has an if now")
    if after.profiles is not None and (before.profiles is None or not {*before.profiles} <= {*after.profiles}):
        found.append(f"it takes only events of {', '.join(after.profiles)}")
    if after.fallback and not before.fallback:
        found.append("it is a fallback now")
    if after.when is not None and after.when != before.when:
        found += [f"when.{field}" for field in narrowed_fields(before.when or {}, after.when)]
    return ", ".join(found)


def _lost_targets(before: Route, after: Route) -> Iterator[str]:
    names = {f"{entry.kind}:{entry.target}" for entry in after.deliver}
    depending = {entry.kind for entry in after.deliver if "{{" in entry.target}
    for entry in before.deliver:
        name = f"{entry.kind}:{entry.target}"
        if name not in names and "{{" not in name and entry.kind not in depending:
            yield name
