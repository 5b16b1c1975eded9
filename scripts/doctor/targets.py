"""Check that the targets of the routes exist and that state machines are STANDARD. Invokes none.

All topics of the stack are checked, whether a route uses them or not.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from scripts.aws.target_looks import TargetLook, There, is_topic_of_stack, look_at
from scripts.cli.advice import Advice, Fix
from scripts.cli.plural import plural
from scripts.doctor.finding import Check, Finding, Health, findings_of
from scripts.doctor.routes import routes_of
from scripts.doctor.subject import Subject
from scripts.routes.check import rendered_targets
from scripts.routes.judged_routes import deploy_options

_AT_ONCE: Final = 8


def checks(subject: Subject) -> Iterator[Check]:
    """Yield one check for all targets."""
    yield Check("targets", partial(_targets, subject))


def _targets(subject: Subject) -> Iterator[Finding]:
    routes = routes_of(subject)
    entries = list(rendered_targets(routes, subject.scope.stage)) if routes else []
    named = {(kind, name) for _, kind, names in entries for name in names}
    targets = sorted(named | {("topic", name) for name in subject.scope.stack.topics})
    target_checks = [Check("targets", partial(_target, subject, kind, name)) for kind, name in targets]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = [finding for findings in pool.map(findings_of, target_checks) for finding in findings]
    yield from found
    if routes is None:
        message = "the targets of the routes cannot be checked, because the routes are unknown or invalid"
        yield Finding("targets", Health.unknown, message)  # the fix is that of the routes
    open_ended = sum(not names for _, _, names in entries)
    exist = (f"of {plural(len(targets), 'target')} {verb}" for verb in ("exists", "exist"))
    message = plural(len(targets) - len(found), *exist)
    if open_ended:
        message += f"; {plural(open_ended, 'more depends', 'more depend')} on the event"
    if len(found) < len(targets):
        yield Finding("targets", Health.ok, message)


def _target(subject: Subject, kind: str, name: str) -> Iterator[Finding]:
    """Yield a finding for an unhealthy target, or nothing."""
    look = look_at(subject.scope, kind, name)
    match look.there:
        case There.unnamed:
            message = f"the stack has no {look.words} {name}, which a route uses"
            yield Finding(
                "targets", Health.unhealthy, message, Advice.correct_deployed_routes.text(options=subject.scope.options)
            )
        case There.gone:
            message = f"the {look.words} {look.arn} does not exist, so its events become dead letters"
            yield Finding("targets", Health.unhealthy, message, _created_again(subject, look))
        case There.wrong:
            message = f"the {look.words} {look.arn} is {look.wrong}"
            fix = Advice.use_standard.text() if look.wrong == "EXPRESS" else _created_again(subject, look)
            yield Finding("targets", Health.unhealthy, message, fix)


def _created_again(subject: Subject, look: TargetLook) -> Fix:
    """Return the fix for a target that does not exist.

    A deployment would change nothing, because CloudFormation does not notice a deletion by hand.
    """
    if is_topic_of_stack(subject.scope, look.kind, look.arn):
        return subject.repair_fix
    for name, arn in subject.scope.stack.state_machines.items():
        if look.kind == "state_machine" and arn == look.arn:
            parameter = f"{name.title()}StateMachineArn"
            if not subject.pipeline.parameters.get(parameter):
                return subject.repair_fix  # created by the stack
            return Advice.deploy_own_state_machine.text(name=parameter, arn=arn, options=deploy_options(subject.scope))
    return Advice.create_target.text()
