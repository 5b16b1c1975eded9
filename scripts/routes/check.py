"""Check a routes file, including its targets against those of the template, before it is deployed."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from itertools import islice, product
from pathlib import Path
from typing import Any

from processor import heartbeat
from processor.routing import models
from processor.routing.compile import problems as problems_of_routes
from processor.routing.deliver_models import TopicEntry
from processor.routing.models import Problem, Route, RoutesFile
from processor.routing.router import rendered_pattern
from processor.routing.templates import Template, TemplateFailedError
from processor.routing.yaml_lines import YamlPath
from scripts.aws.template import PIPELINE, default_list, load
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.options import ROUTES as ROUTES

_ADVICE = {
    "topic": "add the name to the template's parameter Topics, or use an ARN",
    "state_machine": "add it to the template, or use an ARN",
    "queue": "use its ARN",
    "event_bus": "use its ARN",
    "function": "use its ARN",
}

_ARN = {
    "topic": re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+"),
    "state_machine": re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[\w-]+"),
    "queue": re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]+"),
    "event_bus": re.compile(r"arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus/[\w./-]+"),
    "function": re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?"),
}

# The `when` of a route can list many values for several fields; at most this many combinations are tried.
_MAX_COMBINATIONS = 1000


def problems(path: Path = ROUTES, template: Path = PIPELINE, topics: Collection[str] | None = None) -> list[Problem]:
    """Return all problems of a routes file, by line. Raise ConfigurationError if it cannot be read.

    `topics` are those of the stack, if they differ from the default of the template.
    """
    return problems_of(text_of(path), template, topics)


def check_deployable(path: Path, topics: Collection[str]) -> None:
    """Raise ConfigurationError, with the first problem, if the routes file cannot be deployed with these topics."""
    if found := problems(path, topics=topics):
        more = f" (and {len(found) - 1} more: alma-webhooks routes check)" if len(found) > 1 else ""
        raise ConfigurationError(f"{path}: {found[0]}{more}")


def text_of(path: Path) -> str:
    """Return the text of a routes file. Raise ConfigurationError if it cannot be read."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{path} cannot be read: {cause}.") from None


def problems_of(text: str, template: Path = PIPELINE, topics: Collection[str] | None = None) -> list[Problem]:
    """Return all problems in the text of a routes file, by line."""
    try:
        file = models.read(text)
    except models.InvalidRoutesError as error:
        return error.problems
    known = target_names(template)
    if topics is not None:
        known["topic"] = frozenset((*topics, heartbeat.TOPIC))
    return problems_of_routes(file) or list(_unknown_targets(file, known))


def target_names(template: Path = PIPELINE) -> dict[str, frozenset[str]]:
    """Return the names of the targets that the stack creates, by kind, as the template passes them to the processor."""
    content = load(template)
    try:
        variables = content["Resources"]["ProcessorFunction"]["Properties"]["Environment"]["Variables"]
        [state_machines, _] = variables["STATE_MACHINE_ARNS"]["Fn::Sub"]
        return {
            "topic": frozenset((*default_list(content, "Topics"), heartbeat.TOPIC)),
            "state_machine": frozenset(json.loads(state_machines)),
            **dict.fromkeys(("queue", "event_bus", "function"), frozenset()),
        }
    except (KeyError, TypeError, ValueError):
        expected = "a Default of the parameter Topics, and the processor's STATE_MACHINE_ARNS as !Sub [JSON, NAMES]"
        raise ConfigurationError(f"The names of targets cannot be read from {template}: it needs {expected}.") from None


def rendered_targets(file: RoutesFile) -> Iterator[tuple[YamlPath, str, list[str]]]:
    """Yield each entry's path in the file, its kind, and the names and ARNs it renders for the values in `when`."""
    for number, route in enumerate(file.routes.routes):
        examples = [names for variables in file.routes.stages.values() for names in _examples(route, variables)]
        for index, entry in enumerate(route.deliver):
            names = {name for example in examples if (name := _rendered(entry.target, example)) is not None}
            yield ("routes", number, "deliver", index, entry.kind), entry.kind, sorted(names)


def _unknown_targets(file: RoutesFile, known: dict[str, frozenset[str]]) -> Iterator[Problem]:
    for path, kind, names in rendered_targets(file):
        words = kind.replace("_", " ")
        malformed = [name for name in names if name.startswith("arn:") and not _ARN[kind].fullmatch(name)]
        if malformed:
            reason = "FIFO queues and topics are not supported" if malformed[0].endswith(".fifo") else ""
            yield file.problem(path, reason or f"{malformed[0]} is not the ARN of a {words} (without version or alias)")
        if kind == TopicEntry.kind and heartbeat.TOPIC in names:
            yield file.problem(path, heartbeat.TOPIC_RESERVED)
        unknown = [name for name in names if name not in known[kind] and not name.startswith("arn:")]
        if unknown:
            yield file.problem(path, f"the stack has no {words} {', '.join(unknown)}; {_ADVICE[kind]}")


def _examples(route: Route, variables: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the template variables for each combination of the exact values that `when` lists."""
    texts = [*route.let.values(), *(entry.target for entry in route.deliver)]
    used = set().union(*(_compiled(text).names for text in texts))  # fields that no template uses are skipped
    pattern = rendered_pattern(route.when or {}, variables)
    listed = dict(_listed_values({name: pattern[name] for name in pattern if name in used}, ()))
    for values in islice(product(*listed.values()), _MAX_COMBINATIONS):
        names: dict[str, Any] = {}
        for path, value in zip(listed, values, strict=True):
            _put(names, path, value)
        names |= variables
        for name, text in route.let.items():
            rendered = _rendered(text, names)
            names |= {} if rendered is None else {name: rendered}
        yield names


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


_compiled = lru_cache(1000)(Template)  # compiled once instead of for each combination


def _rendered(text: str, names: Mapping[str, Any]) -> str | None:
    try:
        return _compiled(text).render(names)
    except TemplateFailedError:
        return None  # uses a field whose values `when` does not list; known only at run time
