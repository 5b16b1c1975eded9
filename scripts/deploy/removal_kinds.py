"""Find what a deployment removes, for each kind: parameters, state machines, routes, alarms. Calls no AWS API.

A list parameter replaces the previous list: elements that it no longer contains are removed.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from processor.routing.models import Route
from scripts.aws.alarm_tiers import AlarmTier
from scripts.aws.parameters import TemplateBody, listed
from scripts.cli.plural import plural
from scripts.deploy import expansion
from scripts.deploy.desired import ARNS
from scripts.deploy.removals import ALARMS, Removal
from scripts.deploy.route_differences import narrowing

# By parameter: the kind of thing, and what its removal means. A parameter that is not here is still compared.
_KINDS: Final = {
    "Profiles": ("profile", "its path answers 503; Alma retries an event for 10 hours, then drops it"),
    "Topics": ("topic", ""),  # with the number of its subscriptions
    "DomainName": ("domain", "webhook URLs with this name stop working"),
    "OverflowReaderArns": ("reader", "it can no longer read large bodies"),
    "AlarmEmail": ("address", "it no longer gets alarms"),
    "LogRetentionDays": ("logs", "CloudWatch deletes older log lines, including those of the audit log"),
    **dict.fromkeys(ARNS, ("target", "the processor can no longer deliver to it")),
}
_ANY_KIND: Final = ("setting", "the template parameter no longer has it")
_ROUTE: Final = "its events are ignored unless another route matches"
_NOT_STARTED: Final = "events no longer start it"

# A certificate belongs to its domain, which is compared itself, and is renewed as a matter of course.
_NOT_COMPARED: Final = frozenset({"CertificateArn"})


class Before(NamedTuple):
    """The deployed stacks: their parameters, lists included, and a topic's number of subscriptions (None: unknown)."""

    parameters: Mapping[str, str]
    subscriptions: Callable[[str], int | None]


def of_parameters(templates: Sequence[TemplateBody], chosen: Mapping[str, str], before: Before) -> list[Removal]:
    """Return what the chosen parameters remove from a deployed stack, in the order of the parameters."""
    # The pipeline's rules count, which comes first: the other stacks take the same parameters from its outputs.
    rules = {name: rule for template in reversed(templates) for name, rule in template["Parameters"].items()}
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
            found.append(Removal("route", route.name, narrowed, is_narrowing=True))
    return found


def of_alarms(before: AlarmTier, after: AlarmTier) -> list[Removal]:
    """Return the removal of the alarms that the tier after a deployment does not have."""
    if after.includes(before):
        return []
    lost = "all of its alarms and the subscriptions to them" if after is AlarmTier.none else "some of its alarms"
    effect = f"the tier {before} becomes {after}, without {lost} (to keep them: alarms: {before} in alma-webhooks.yaml)"
    return [Removal(ALARMS, ALARMS, effect)]


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
            effect = f"{plural(count, 'subscription is', 'subscriptions are')} deleted with it" if count else ""
    return Removal(kind, name, effect)
