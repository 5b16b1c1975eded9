"""Find the expected deliveries to topics that get an own message, which is not the body of the event."""

from collections.abc import Iterable

from processor.routing.compiled_routes import CompiledRoutes
from processor.routing.deliver import TopicEntry
from scripts.alma_client.sample_entries import ExpectedDelivery
from scripts.routes.check import rendered_targets

RouteAndTarget = tuple[str, str]


def own_messages(routes: CompiledRoutes, stage: str, expected: Iterable[ExpectedDelivery]) -> frozenset[RouteAndTarget]:
    """Return route and target of each expected delivery that an entry with an own message makes at a stage.

    An entry whose topic depends on the event can make each delivery of its route that no other entry makes.
    """
    own, raw, open_routes = set[RouteAndTarget](), set[RouteAndTarget](), set[str]()
    for (_, route_number, _, number, _), _, names in rendered_targets(routes, stage):
        route = routes.routes[int(route_number)].route
        entry = route.deliver[int(number)]
        if not isinstance(entry, TopicEntry):
            continue
        made = {(route.name, f"{entry.kind}:{name}") for name in names}
        if entry.message is None:
            raw |= made
        else:
            own |= made
            open_routes |= set() if names else {route.name}
    topics = {(each.route, each.target) for each in expected if each.target.startswith(f"{TopicEntry.kind}:")}
    return frozenset(each for each in topics if each in own or (each[0] in open_routes and each not in raw))
