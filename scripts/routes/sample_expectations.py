"""Choose shipped sample events for a routes file, with the delivery that the file makes of each."""

from processor.delivery import Delivery
from processor.routing.compiled_routes import CompiledRoutes
from processor.routing.models import InvalidRoutesError
from scripts.alma_client.samples import Sample, load_all
from scripts.project.event_families import FAMILIES
from scripts.routes.check import compile_checked, declared_names
from scripts.routes.explain import explain, received_now

_STAGE = "dev"
_HEAD = "# Sample events, and what the routes do with each. Every person and identifier is invented.\n"


def expectations(routes: str) -> dict[str, bytes]:
    """Return events/index.yaml and the events in it, by path; nothing if the routes deliver none of the samples."""
    try:
        compiled = compile_checked(routes)
    except InvalidRoutesError:
        return {}
    if _STAGE not in compiled.file.routes.stages:
        return {}
    samples, entries, found = {each.name: each for each in load_all()}, [_HEAD], dict[str, bytes]()
    for name in (family.sample for family in FAMILIES):
        match deliveries_of(samples[name], compiled):
            case [delivery]:
                entries.append(_entry(name, delivery.route, delivery.target))
                found[f"events/{name}.json"] = samples[name].body
    return {"events/index.yaml": "".join(entries).encode(), **found} if found else {}


def deliveries_of(sample: Sample, routes: CompiledRoutes) -> list[Delivery]:
    """Return what the routes deliver of the event now: nothing if it would become a dead letter."""
    targets = declared_names(routes.file.routes)
    explained = explain(received_now(sample.body, "alma"), routes, targets, stage=_STAGE)
    return [] if explained.failures else explained.deliveries


def _entry(name: str, route: str, target: str) -> str:
    return (
        f"{name}:\n  file: {name}.json\n  provenance: Invented. Field names and code values are real.\n"
        f'  expect: {{outcome: delivered, route: "{route}", target: "{target}"}}\n'
    )
