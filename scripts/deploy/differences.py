"""List what a deployment changes on a deployed stack, by the names that its users know."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from scripts.aws import mark, stack
from scripts.aws.clients import Aws
from scripts.aws.parameters import TemplateBody, in_force, listed
from scripts.cli.plural import plural
from scripts.deploy import expansion, removal_finder, route_differences
from scripts.deploy.desired import ARNS, DesiredStack
from scripts.deploy.stack_part import CODE_KEY, StackPart

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

# Lists whose elements are compared one by one, and the word for an element.
_LISTS: Final = {
    "Profiles": "Alma profile",
    "Topics": "topic",
    "Parts": "part",
    **dict.fromkeys(ARNS, "target"),
}

# Parameters that say nothing to a user: other differences show what is behind them.
_NOT_SHOWN: Final = frozenset(
    {
        *("CodeBucket", "RoutesDigest", "StateMachines", "StateMachineArns", "DeclaredStateMachineArns", "Emulated"),
        *("AlarmStack", "AlmaProfiles", "Notifications", CODE_KEY),
    }
)
_CODE: Final = {"IngestCodeKey": "ingest", "ProcessorCodeKey": "processor", "NotificationsCodeKey": "notifications"}
_REVERTED: Final = "not in the file: the next deployment reverts it"
_CODE_PHRASES: Final = {
    "ingest": "code of ingest",
    "processor": "code of the processor",
    "notifications": "code of the notification functions",
}
_NEW_ROUTES: Final = "its zip contains routes.yaml, which changed"


class Difference(NamedTuple):
    """One thing that changes. `before` and `after` are None for what is not there."""

    kind: str
    name: str
    before: str | None = None
    after: str | None = None
    note: str = ""

    def __str__(self) -> str:
        """Return one line for people: what is done, to what, and how it changes."""
        line = f"{self.action:<6}  {self._phrase}"
        if self.before is None or self.after is None:
            return f"{line}: {self.note}" if self.note else line
        line += f": {self.before or '(empty)'} → {self.after or '(empty)'}"
        return f"{line} ({self.note})" if self.note else line

    @property
    def action(self) -> str:
        """What is done: add, remove or update."""
        if self.before is self.after or None not in (self.before, self.after):
            return "update"
        return "add" if self.before is None else "remove"

    @property
    def _phrase(self) -> str:
        suffixes = {f"-{mark.OBSERVABILITY}": "alarm", f"-{mark.NOTIFICATIONS}": "notifications"}
        which = next((word for suffix, word in suffixes.items() if self.name.endswith(suffix)), "pipeline")
        phrases = {
            "code": _CODE_PHRASES.get(self.name, f"code of the part {self.name}"),
            "stack": f"the {which} stack {self.name}",
            "template": f"template of the {which} stack {self.name}",
            "part stack": f"the part's stack {self.name}",
            "part template": f"template of the part's stack {self.name}",
        }
        return phrases.get(self.kind) or f"{self.kind} {self.name}"


_PROCESSOR_CODE: Final = Difference("code", "processor")


def find(
    aws: Aws,
    described: "Sequence[StackTypeDef | None]",
    templates: Sequence[TemplateBody],
    values: Mapping[str, str],
    wanted: DesiredStack,
) -> Iterator[Difference]:
    """Yield the differences from the deployed stacks; none for a stack that was never created."""
    outputs = stack.outputs_of(described[0])
    if not outputs:
        return
    routes_note = _NEW_ROUTES if outputs.get("RoutesDigest") != values.get("RoutesDigest") else ""
    seen = set[str]()
    for template, each in zip(templates, described, strict=True):
        old = expansion.values_before(template, each, outputs)
        for name, rule in template["Parameters"].items():
            if name not in seen and each is not None and ("Default" in rule or name in values):
                seen.add(name)
                found = _of_parameter(name, old.get(name), in_force(name, template, values), rule, wanted)
                yield from (one._replace(note=routes_note) if one == _PROCESSOR_CODE else one for one in found)
    yield from _of_state_machines(stack.state_machines_of(outputs), {m.name: m.arn for m in wanted.state_machines})
    yield from _of_routes(aws, outputs, wanted)


def of_code(parts: Sequence[StackPart], described: "Sequence[StackTypeDef | None]") -> Iterator[Difference]:
    """Yield the further parts whose zip is not the deployed one; none for a stack that was never created."""
    for part, each in zip(parts, described, strict=True):
        is_deployed = part.is_further and bool(stack.outputs_of(each))
        if is_deployed and stack.parameters_of(each).get(CODE_KEY, "") != part.code_key:
            yield Difference("code", part.mark)


def of_templates(
    aws: Aws, described: "Mapping[str, StackTypeDef | None]", expanded: Sequence[TemplateBody]
) -> Iterator[Difference]:
    """Yield the stacks, by name, that are missing or whose template differs from the one that would be sent."""
    for template, (name, each) in zip(expanded, described.items(), strict=True):
        prefix = "part " if mark.is_further(template) else ""
        if not stack.outputs_of(each):
            yield Difference(f"{prefix}stack", name, None, "")
        else:
            before, after = stack.template(aws, name), json.loads(json.dumps(template))
            if before != after:
                yield Difference(f"{prefix}template", name, note=_resource_changes(before, after))


def _resource_changes(before: Any, after: Any) -> str:
    """Return how many resources of a template are added, changed and removed."""
    old, new = ((each or {}).get("Resources") or {} for each in (before, after))
    counts = {
        "added": len(new.keys() - old.keys()),
        "changed": sum(old[name] != new[name] for name in old.keys() & new.keys()),
        "removed": len(old.keys() - new.keys()),
    }
    found = [f"{plural(count, 'resource')} {word}" for word, count in counts.items() if count]
    return ", ".join(found) or "no resource changes"


def _of_parameter(
    name: str, old: str | None, new: str, rule: Mapping[str, Any], wanted: DesiredStack
) -> Iterator[Difference]:
    if name in _NOT_SHOWN or (old or "") == new:  # a stack of an older version lacks newer parameters
        return
    if name in _CODE:
        yield Difference("code", _CODE[name])
    elif name in _LISTS:
        before, after = listed(old or ""), listed(new)
        yield from (Difference(_LISTS[name], each, None, "") for each in after if each not in before)
        yield from (Difference(_LISTS[name], each, "", None) for each in before if each not in after)
    elif rule.get("NoEcho"):
        if bool(old) != bool(new):  # AWS does not show the value
            yield Difference("parameter", name, None if new else "", "" if new else None)
    else:
        note = _REVERTED if name in wanted.beyond_file else ""
        yield Difference("parameter", name, old if old is not None else "", new, note)


def _of_state_machines(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys([*after, *before]):
        if before.get(name) != after.get(name):
            yield Difference("state machine", name, before.get(name), after.get(name))


def _of_routes(aws: Aws, outputs: Mapping[str, str], wanted: DesiredStack) -> Iterator[Difference]:
    before = removal_finder.deployed_routes(aws, outputs)
    if before is None:
        return
    after = wanted.routes.file.routes.routes
    known = {route.name: route for route in before}
    yield from (Difference("route", route.name, None, "") for route in after if route.name not in known)
    for route in after:
        if route.name in known and (fields := route_differences.changed_fields(known[route.name], route)):
            yield Difference("route", route.name, note=", ".join(fields))
    names = {route.name for route in after}
    yield from (Difference("route", name, "", None) for name in known if name not in names)
