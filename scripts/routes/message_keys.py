"""Find keys of queue and topic entries that their targets cannot have: ids without FIFO, and a delay with it."""

from collections.abc import Iterator, Sequence

from processor.routing.compiled_routes import CompiledRoutes
from processor.routing.deliver import QueueEntry, TopicEntry
from processor.routing.fifo import ID_KEYS, NO_DELAY, is_fifo
from processor.routing.models import Problem
from processor.routing.yaml_lines import YamlPath

_NOT_FIFO = "this key is for FIFO queues and topics only (their ARNs end with .fifo); remove it"


def key_problems(routes: CompiledRoutes, rendered: Sequence[tuple[YamlPath, str, Sequence[str]]]) -> Iterator[Problem]:
    """Yield the problems of the entries. `rendered` are their names as by `scripts.routes.check.rendered_targets`.

    An entry whose names depend on the event, or differ by stage, can have ids if one of the names may be FIFO.
    """
    entries = [entry for compiled in routes.routes for entry in compiled.route.deliver]
    for entry, (path, _, names) in zip(entries, rendered, strict=True):
        fifo = [name for name in names if is_fifo(name)]
        if isinstance(entry, TopicEntry | QueueEntry) and names and not fifo:
            for key in ID_KEYS:
                if getattr(entry, key):
                    yield routes.file.problem((*path[:-1], key), _NOT_FIFO)
        if isinstance(entry, QueueEntry) and entry.delay and fifo:
            yield routes.file.problem((*path[:-1], "delay"), NO_DELAY)
