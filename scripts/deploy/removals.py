"""Show what a deployment removes before anything is changed, and reject it unless --allow-removal names it.

A list parameter replaces the previous list: elements that it no longer contains are removed.
"""

import shlex
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from processor.routing.models import Route
from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.parameters import TemplateBody, listed
from scripts.cli.exit_codes import RejectedError
from scripts.cli.plural import plural
from scripts.deploy import expansion
from scripts.deploy.change_sets import ChangeSet, ResourceChange
from scripts.deploy.route_differences import narrowing

# By parameter: the kind of thing, and what its removal means. A parameter that is not here is still compared.
_KINDS: Final = {
    "Profiles": ("profile", "its path answers 503; Alma retries an event for 10 hours, then drops it"),
    "Topics": ("topic", ""),  # with the number of its subscriptions
    "DomainName": ("domain", "webhook URLs with this name stop working"),
    "OverflowReaderArns": ("reader", "it can no longer read large bodies"),
    "AlarmEmail": ("address", "it no longer gets alarms"),
    "LogRetentionDays": ("logs", "CloudWatch deletes older log lines, including those of the audit log"),
    **dict.fromkeys(
        ("OutsideTopicArns", "OutsideStateMachineArns", "QueueArns", "EventBusArns", "FunctionArns"),
        ("target", "the processor can no longer deliver to it"),
    ),
}
_WORDS: Final = {"profile": "Alma profile", "address": "alarm address", "state-machine": "state machine"}
_ANY_KIND: Final = ("setting", "the template parameter no longer has it")
_ROUTE: Final = "its events are ignored unless another route matches"
_NOT_STARTED: Final = "events no longer start it"
_ALARMS: Final = "alarms"
_BY_TEMPLATE: Final = "the change set removes or replaces it"

# A certificate belongs to its domain, which is compared itself, and is renewed as a matter of course.
_NOT_COMPARED: Final = frozenset({"CertificateArn"})
_ACTIONS: Final = frozenset({"remove", "replace", "may replace"})
_TYPES: Final = {
    "AWS::SNS::Topic": "topic",
    "AWS::ApiGatewayV2::DomainName": "domain",
    "AWS::SNS::Subscription": "address",
}
# They exist only in some tiers of alarms, so the removal of a tier covers them.
_OF_ALARMS: Final = frozenset({"AlarmTopic", "AlarmSubscription"})


class Removal(NamedTuple):
    """One removed item. `kind` is a word for it, `name` the name that its users know."""

    kind: str
    name: str
    effect: str

    def __str__(self) -> str:
        """Return one line for people."""
        what = f"{_WORDS.get(self.kind, self.kind)} {self.name}" if self.kind != self.name else self.name
        return f"{what}: {self.effect}"


class Before(NamedTuple):
    """The deployed stacks: their parameters, lists included, and a topic's number of subscriptions (None: unknown)."""

    parameters: Mapping[str, str]
    subscriptions: Callable[[str], int | None]


class Removals(NamedTuple):
    """What a deployment removes, and what is allowed. `names` maps logical ids to the names of removable resources."""

    found: tuple[Removal, ...] = ()
    allowed: frozenset[str] = frozenset()
    names: Mapping[str, str] = {}
    notes: tuple[str, ...] = ()

    @property
    def unused(self) -> list[str]:
        """The allowed names that match no removal."""
        return sorted(each for each in self.allowed if not any(each in _names(one) for one in self.found))

    def check(self) -> None:
        """Raise RejectedError with each removal that is not allowed, and the flags that allow it."""
        self._check(self.found)

    def check_change_set(self, change_set: ChangeSet) -> None:
        """Raise RejectedError for further removals in the change set, such as a topic missing from the template."""
        known = {(each.kind, each.name) for each in self.found}
        changes = [each for each in change_set.changes if self._is_removal(each)]
        more = [Removal(_TYPES[each.kind], self.names.get(each.name, each.name), _BY_TEMPLATE) for each in changes]
        where = f" in stack {change_set.request.name}"
        self._check([each for each in more if (each.kind, each.name) not in known], where)

    def _is_removal(self, change: ResourceChange) -> bool:
        """Return whether a change removes something in use. Addresses and domains count only if one was set."""
        if change.name in _OF_ALARMS and any(each.kind == _ALARMS for each in self.found):
            return False
        is_used = change.kind == "AWS::SNS::Topic" or (change.kind in _TYPES and change.name in self.names)
        return is_used and change.action in _ACTIONS

    def _check(self, found: Iterable[Removal], where: str = "") -> None:
        rejected = [each for each in found if not self._is_allowed(each)]
        if rejected:
            flags = " ".join(f"--allow-removal {shlex.quote(self._flag(each))}" for each in rejected)
            raise RejectedError(
                f"Nothing was changed{where}, because this deployment removes {'; '.join(map(str, rejected))}. "
                f"To allow that, add {flags}."
            )

    def _is_allowed(self, removal: Removal) -> bool:
        return self._flag(removal) in self.allowed or f"{removal.kind}:{removal.name}" in self.allowed

    def _flag(self, removal: Removal) -> str:
        """Return the name for the flag, with its kind if items of two kinds with that name are removed."""
        is_ambiguous = len({each.kind for each in self.found if each.name == removal.name}) > 1
        return f"{removal.kind}:{removal.name}" if is_ambiguous else removal.name


def _names(removal: Removal) -> tuple[str, str]:
    return removal.name, f"{removal.kind}:{removal.name}"


def of_parameters(templates: Iterable[TemplateBody], chosen: Mapping[str, str], before: Before) -> list[Removal]:
    """Return what the chosen parameters remove from a deployed stack, in the order of the parameters."""
    # The pipeline's rules count, which comes first: the other stacks take the same parameters from its outputs.
    rules = {name: rule for template in reversed([*templates]) for name, rule in template["Parameters"].items()}
    return [
        _removal(name, gone, before)
        for name, value in chosen.items()
        if name in rules and name not in _NOT_COMPARED
        for gone in _gone(name, rules[name], value, before)
    ]


def of_state_machines(before: Mapping[str, str], after: Mapping[str, str]) -> list[Removal]:
    """Return the state machines, ARNs by name, that routes no longer start under their name."""
    return [
        Removal("state-machine", name, f"events start {after[name]} instead" if name in after else _NOT_STARTED)
        for name, arn in before.items()
        if after.get(name) != arn
    ]


def of_routes(before: Collection[Route], after: Collection[Route]) -> list[Removal]:
    """Return the routes that are removed or narrowed."""
    kept = {route.name: route for route in after}
    found = []
    for route in before:
        if route.name not in kept:
            found.append(Removal("route", route.name, _ROUTE))
        elif narrowed := narrowing(route, kept[route.name]):
            found.append(Removal("route", route.name, f"it is narrowed: {narrowed}"))
    return found


def of_alarms(before: AlarmTier, after: AlarmTier) -> list[Removal]:
    """Return the removal of the alarms that the tier after a deployment does not have."""
    if after.includes(before):
        return []
    lost = "all of its alarms and the subscriptions to them" if after is AlarmTier.none else "some of its alarms"
    effect = f"the tier {before} becomes {after}, without {lost} (to keep them: alarms: {before} in alma-webhooks.yaml)"
    return [Removal(_ALARMS, _ALARMS, effect)]


def resource_names(before: Before) -> dict[str, str]:
    """Return the names of removable resources by logical id: the topics, the domain, the alarm address."""
    topics = {f"Topic{expansion.alphanumeric(name)}": name for name in listed(before.parameters.get("Topics", ""))}
    single = {"Domain": "DomainName", "AlarmSubscription": "AlarmEmail"}
    named = {resource: before.parameters[name] for resource, name in single.items() if before.parameters.get(name)}
    return topics | named


def _gone(name: str, rule: Mapping[str, Any], value: str, before: Before) -> list[str]:
    """Return the values that a parameter no longer has."""
    old = before.parameters.get(name, "")
    if rule["Type"] == "CommaDelimitedList":
        return [each for each in listed(old) if each not in listed(value)]
    if name == "LogRetentionDays":
        return [name] if old and int(value) < int(old) else []
    if rule["Type"] != "String" or rule.get("Default") != "" or old in {"", value}:
        return []
    if rule.get("NoEcho"):  # AWS does not show the old value: only emptied is it surely gone
        return [] if value else [name]
    return [old]


def _removal(parameter: str, name: str, before: Before) -> Removal:
    kind, effect = _KINDS.get(parameter, _ANY_KIND)
    if kind == "topic":
        count = before.subscriptions(name)
        effect = "all its subscriptions are deleted with it"
        if count is not None:
            effect = f"{plural(count, 'subscription is', 'subscriptions are')} deleted with it"
    return Removal(kind, name, effect)
