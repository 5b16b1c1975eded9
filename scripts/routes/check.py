"""Check a routes file before it is deployed: its targets, and the permissions that it needs."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice, product
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from processor import heartbeat, notification_name
from processor.routing.compile import compile_routes
from processor.routing.compiled_routes import CompiledRoute, CompiledRoutes, RouteNames
from processor.routing.deliver import NotificationEntry, TopicEntry
from processor.routing.models import InvalidRoutesError, Problem, Routes
from processor.routing.template_values import TemplateFailedError
from processor.routing.yaml_lines import YamlPath
from processor.state_machine_arn import unqualified
from scripts.cli.options import ROUTES as ROUTES
from scripts.project.mistakes import suggestion
from scripts.routes.message_keys import key_problems

_ADVICE = {
    "topic": "add it to topics at the beginning of the file, or use an ARN",
    "state_machine": "add it to state_machines at the beginning of the file, or use an ARN",
}

_ARN = {
    "topic": re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+(\.fifo)?"),
    "state_machine": re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[\w-]+(:[\w.-]+)?"),
    "queue": re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]+(\.fifo)?"),
    "event_bus": re.compile(r"arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus/[\w./-]+"),
    "function": re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?"),
}

NAMED_BY_ARN: Final = {kind: frozenset[str]() for kind in _ARN if kind not in _ADVICE}
"""For each kind of target that a stack does not create, no names."""

# The `when` of a route can list many values for several fields; at most this many combinations are tried.
_MAX_COMBINATIONS = 1000


def compile_checked(text: str, more: Mapping[str, Collection[str]] = MappingProxyType({})) -> CompiledRoutes:
    """Compile the text of a routes file, and check its targets. Raise InvalidRoutesError with all problems, by line.

    `more` are the names by kind that a stack has besides the declared ones, such as those of an older version.
    """
    routes = compile_routes(text)
    if found := target_problems(routes, more):
        raise InvalidRoutesError(found)
    return routes


def target_problems(
    routes: CompiledRoutes, more: Mapping[str, Collection[str]] = MappingProxyType({})
) -> list[Problem]:
    """Return the problems of the targets of valid routes, by line. `more` is as for compile_checked."""
    known = {kind: names | {*more.get(kind, ())} for kind, names in declared_names(routes.file.routes).items()}
    rendered = list(rendered_targets(routes))
    found = [*_unknown_targets(routes, rendered, known), *key_problems(routes, rendered)]
    return sorted(found, key=lambda problem: problem.line)


def declared_names(routes: Routes) -> dict[str, frozenset[str]]:
    """Return the names of the targets that the stack creates for a routes file, by kind; not of notifications."""
    return {
        "topic": frozenset((*routes.topic_names, heartbeat.TOPIC)),
        "state_machine": frozenset(routes.state_machines),
        **NAMED_BY_ARN,
    }


def rendered_targets(routes: CompiledRoutes, stage: str | None = None) -> Iterator[tuple[YamlPath, str, list[str]]]:
    """Yield each entry's path in the file, its kind, and the names and ARNs it renders for the values in `when`.

    `stage` limits them to those of one stage.
    """
    stages = {name: variables for name, variables in routes.file.routes.stages.items() if stage in (None, name)}
    for number, compiled in enumerate(routes.routes):
        examples = [names for name, variables in stages.items() for names in _examples(compiled, name, variables)]
        for index, (entry, templates) in enumerate(zip(compiled.route.deliver, compiled.entries, strict=True)):
            target = templates[entry.kind]
            names = set[str]()
            for each in examples:
                with suppress(TemplateFailedError):  # it uses a value that `when` does not list: known only at run time
                    names.add(target.render(each.used_by(target)))
            yield ("routes", number, "deliver", index, entry.kind), entry.kind, sorted(names)


def _unknown_targets(
    routes: CompiledRoutes, rendered: Iterable[tuple[YamlPath, str, list[str]]], known: dict[str, frozenset[str]]
) -> Iterator[Problem]:
    file = routes.file
    for path, kind, names in rendered:
        if kind == NotificationEntry.kind:
            if wrong := [name for name in names if notification_name.key_of(name) is None]:
                yield file.problem(path, f"{wrong[0]!r} {notification_name.FORM}")
            continue
        words = kind.replace("_", " ")
        malformed = [name for name in names if name.startswith("arn:") and not _ARN[kind].fullmatch(name)]
        if malformed:
            yield file.problem(path, f"{malformed[0]} is not the ARN of a {words}")
        if kind == TopicEntry.kind and heartbeat.TOPIC in names:
            yield file.problem(path, heartbeat.TOPIC_RESERVED)
        unknown = [name for name in names if name not in known[kind] and not name.startswith("arn:")]
        if unknown:
            near = suggestion(unknown[0], known[kind])
            declare = _ADVICE.get(kind, "use its ARN")
            advice = f"{near} Otherwise {declare}" if near else f"; {declare}"
            yield file.problem(path, f"the stack has no {words} {', '.join(unknown)}{advice}")


def _examples(compiled: CompiledRoute, stage: str, variables: Mapping[str, str]) -> Iterator[RouteNames]:
    """Yield the names for templates for each combination of the exact values that `when` lists."""
    targets = [templates[entry.kind] for entry, templates in zip(compiled.route.deliver, compiled.entries, strict=True)]
    # Fields that no template uses are skipped.
    used = frozenset().union(*(template.names for template in (*compiled.let.values(), *targets)))
    pattern = compiled.patterns[stage].source if stage in compiled.patterns else {}
    listed = dict(_listed_values({name: pattern[name] for name in pattern if name in used}, ()))
    for values in islice(product(*listed.values()), _MAX_COMBINATIONS):
        names: dict[str, Any] = {}
        for path, value in zip(listed, values, strict=True):
            _put(names, path, value)
        yield compiled.names(names, {}, variables)


def _listed_values(pattern: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    for name, value in pattern.items():
        if isinstance(value, Mapping):
            yield from _listed_values(value, (*path, name))
        elif all(isinstance(one, str) for one in value):
            yield (*path, name), value


def _put(names: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    *parents, last = path
    for parent in parents:
        names = names.setdefault(parent, {})
    names[last] = value


class Permission(NamedTuple):
    """An action on an ARN outside the stack, and the list parameter of the template that a deployment adds it to."""

    action: str
    arn: str
    parameter: str

    def __str__(self) -> str:
        """Return the permission as a line of text."""
        return f"needs {self.action} on {self.arn}; a deployment allows it"


ACTIONS: Final = {
    "topic": ("sns:Publish",),
    "state_machine": ("states:StartExecution",),
    "queue": ("sqs:SendMessage", "sqs:GetQueueUrl"),
    "event_bus": ("events:PutEvents",),
    "function": ("lambda:InvokeFunction",),
    "notification": ("dynamodb:GetItem", "sqs:SendMessage", "sqs:GetQueueUrl"),
}
"""The actions that a delivery needs, by the kind of its target."""

_PARAMETERS: Final = {
    "topic": "OutsideTopicArns",
    "state_machine": "OutsideStateMachineArns",
    "queue": "QueueArns",
    "event_bus": "EventBusArns",
    "function": "FunctionArns",
}


def permissions(routes: CompiledRoutes, stage: str | None = None) -> list[Permission]:
    """Return the permissions for the ARNs in the routes of all stages or of one, in their order, each once.

    The one for a version or an alias is for its state machine.
    """
    needed = [
        Permission(action, unqualified(name) if kind == "state_machine" else name, _PARAMETERS[kind])
        for _, kind, names in rendered_targets(routes, stage)
        for name in names
        if name.startswith("arn:")
        for action in ACTIONS[kind]
    ]
    return list(dict.fromkeys(needed))
