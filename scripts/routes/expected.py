"""Compare what the routes do with sample events with the expected deliveries. Calls no AWS."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from processor.errors import Failure
from processor.routing.compiled_routes import CompiledRoutes
from scripts.alma_client.changed_body import json_or_text
from scripts.alma_client.sample_entries import ExpectedDelivery
from scripts.alma_client.samples import Sample, read_samples
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.plural import plural
from scripts.project.mistakes import text_of
from scripts.routes.checked_routes import CheckedRoutes, check_text, warning_lines
from scripts.routes.expected_content import is_as_expected, unequal
from scripts.routes.explain import Explanation, TargetNames, as_data, explain, received_now
from scripts.routes.notification_topics import target_names
from scripts.routes.profile_names import profiles_beside
from scripts.routes.topic_limit import USUAL, TopicLimit, limits_beside

_PROFILE = "alma"


class MadeDelivery(NamedTuple):
    """A delivery that the routes make, with its content as JSON values, or the text of a message that is not JSON."""

    route: str
    target: str
    input: Any


class SampleVerdict(NamedTuple):
    """What the routes do with a sample at its stage, and each difference from the expectation as a sentence."""

    sample: str
    stage: str
    outcome: str
    deliveries: list[MadeDelivery]
    differences: list[str]


class RoutesFolder(NamedTuple):
    """The valid routes of a folder with its samples, the lines of the warnings, and the topics' limit by stage."""

    routes: CompiledRoutes
    targets: TargetNames
    samples: list[Sample]
    warnings: list[str]
    topic_limits: Mapping[str, TopicLimit]


def read_folder(routes: Path, events: Path) -> RoutesFolder:
    """Read a routes file and a folder of samples. Raise ConfigurationError with every mistake of both."""
    samples, problems = read_samples(events)
    checked = CheckedRoutes(None, [], [])
    try:
        checked = check_text(text_of(routes), events, profiles_beside(routes), routes)
        problems[:0] = [f"{routes}: {problem}" for problem in checked.problems]
    except ConfigurationError as error:
        problems[:0] = error.details or [str(error).removesuffix(".")]
    if checked.compiled is None or problems:
        raise ConfigurationError(
            f"{routes.parent} has {plural(len(problems), 'problem')}; nothing was tested.", problems
        )
    targets = target_names(routes, checked.compiled)
    warnings = warning_lines(routes, checked.warnings)
    return RoutesFolder(checked.compiled, targets, samples, warnings, limits_beside(routes))


def verdicts(folder: RoutesFolder, stage: str) -> Iterator[SampleVerdict]:
    """Yield the verdict on each sample. `stage` is that of samples that name none."""
    for sample in folder.samples:
        at = sample.stage or stage
        envelope = received_now(sample.body, sample.profile or _PROFILE)
        limit = folder.topic_limits.get(at, USUAL)
        explanation = explain(envelope, folder.routes, folder.targets, stage=at, topic_limit=limit)
        yield compared(sample, explanation, at)


def compared(sample: Sample, explanation: Explanation, stage: str) -> SampleVerdict:
    """Compare the explanation of a sample with its expectation, and each of its failures."""
    outcome, data = explanation.outcome, as_data(explanation)
    made = [MadeDelivery(each["route"], each["target"], _content(each)) for each in data["deliveries"]]
    if outcome != sample.expect.outcome:
        differences = [_other_outcome(sample.expect.outcome, outcome, explanation)]
        differences += _why_not(sample, explanation)
    else:
        differences = [*_other_failures(sample.expect.failing, explanation.failures)]
        differences += _differences(sample.expect.deliveries, made, explanation.failures)
    return SampleVerdict(sample.name, stage, outcome, made, differences)


def _content(delivery: Mapping[str, Any]) -> Any:
    """Return what a target gets as JSON values; the text of a message that is not JSON."""
    for member in ("input", "detail", "payload", "values"):
        if member in delivery:
            return delivery[member]
    return json_or_text(delivery["message"])


def _other_outcome(expected: str, outcome: str, explanation: Explanation) -> str:
    deliveries = ", ".join(f"{each.target} by route {each.route}" for each in explanation.deliveries)
    failures = "; ".join(_reason(each, f"route {each.route}") for each in explanation.failures)
    details = failures or deliveries
    return f"outcome {outcome}, expected {expected}" + (f" ({details})" if details else "")


def _reason(failure: Failure, *where: str) -> str:
    """Return the reason, and if a route fails also where: what is given, and the field of the route."""
    return ", ".join(filter(None, (str(failure), *where, failure.field))) if failure.route else str(failure)


def _why_not(sample: Sample, explanation: Explanation) -> Iterator[str]:
    """Yield why the expected routes did not fire; of those that fail the outcome has the reason."""
    if explanation.plan is None:
        return
    expected = {delivery.route for delivery in sample.expect.deliveries}
    expected -= {failure.route for failure in explanation.failures}
    for decision in explanation.plan.decisions:
        if decision.route in expected and not decision.fires:
            yield f"route {decision.route} does not fire: {decision.reason}"
    for route in sorted(expected - {decision.route for decision in explanation.plan.decisions}):
        yield f"there is no route {route}"


def _other_failures(expected: Sequence[str] | None, failures: Sequence[Failure]) -> Iterator[str]:
    """Yield each route that fails or does not, other than expected."""
    if expected is None:
        return
    for failure in failures:
        if failure.route not in expected:
            what = f"route {failure.route} fails" if failure.route else "unexpected failure"
            yield f"{what}: {_reason(failure)}"
    yield from (f"route {route} does not fail" for route in sorted({*expected} - {each.route for each in failures}))


def _differences(
    expected: Sequence[ExpectedDelivery], made: Sequence[MadeDelivery], failures: Sequence[Failure]
) -> Iterator[str]:
    left = list(made)
    for delivery in expected:
        same = [each for each in left if (each.route, each.target) == (delivery.route, delivery.target)]
        if not same:
            why = [
                f": {_reason(each)}"
                for each in failures
                if each.route == delivery.route and each.target in ("", delivery.target)
            ]
            yield f"no delivery to {delivery.target} by route {delivery.route}{''.join(why[:1])}"
            continue
        found = next((each for each in same if is_as_expected(delivery.input, each.input)), same[0])
        left.remove(found)
        if not is_as_expected(delivery.input, found.input):
            yield from (f"{delivery.target}: {each}" for each in unequal("input", delivery.input, found.input))
    for each in left:
        yield f"unexpected delivery to {each.target} by route {each.route}"


def as_json(folder: Path, stage: str, found: Sequence[SampleVerdict]) -> dict[str, Any]:
    """Return the verdicts as JSON data."""
    events = [
        each._asdict() | {"as_expected": not each.differences, "deliveries": [one._asdict() for one in each.deliveries]}
        for each in found
    ]
    differing = sum(bool(each.differences) for each in found)
    return {"folder": str(folder), "stage": stage, "events": events, "ok": len(found) - differing, "differ": differing}


def lines(found: Sequence[SampleVerdict]) -> Iterator[str]:
    """Yield a line for each sample, its differences below each other, and the summary."""
    for verdict in found:
        word = "differs" if verdict.differences else "ok"
        name = f"{verdict.sample} (stage {verdict.stage})" if verdict.stage != "dev" else verdict.sample
        yield f"{word:<7}  {name}"
        yield from (f"         {difference}" for difference in verdict.differences)
    yield summary(len(found), sum(bool(verdict.differences) for verdict in found), "ok")


def summary(count: int, differing: int, word: str) -> str:
    """Return the line about all events: how many are as the `word` says, and how many differ."""
    counts = [f"{count - differing} {word}"] if count > differing else []
    counts += [f"{differing} {'differs' if differing == 1 else 'differ'}"] if differing else []
    return f"{plural(count, 'event')}: {', '.join(counts)}"
