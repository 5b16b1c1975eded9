"""Whether the targets that the routes can name are there, and state machines of the type that they must be. Calls none.

The stack's own topics are looked at too, whether a route names them or not.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from scripts.aws.target_looks import TargetLook, There, is_topic_of_stack, look_at
from scripts.cli.advice import Advice, Fix
from scripts.cli.plural import plural
from scripts.doctor.finding import Check, Finding, State, findings_of
from scripts.doctor.routes import routes_of
from scripts.doctor.subject import Subject
from scripts.routes.check import rendered_targets
from scripts.routes.judged_routes import deploy_options

_AT_ONCE: Final = 8


def checks(subject: Subject) -> Iterator[Check]:
    """All targets in one."""
    yield Check("targets", partial(_targets, subject))


def _targets(subject: Subject) -> Iterator[Finding]:
    file = routes_of(subject)
    entries = list(rendered_targets(file)) if file else []
    named = {(kind, name) for _, kind, names in entries for name in names}
    targets = sorted(named | {("topic", name) for name in subject.scope.stack.topics})
    looks = [Check("targets", partial(_target, subject, kind, name)) for kind, name in targets]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = [finding for findings in pool.map(findings_of, looks) for finding in findings]
    yield from found
    if file is None:
        told = "the targets that routes name are not known while the routes are not known or not valid"
        yield Finding("targets", State.unknown, told)  # the fix is that of the routes
    open_ended = sum(not names for _, _, names in entries)
    there = (f"of {len(targets)} that the routes name or the stack has {verb} there" for verb in ("is", "are"))
    told = plural(len(targets) - len(found), *there)
    if open_ended:
        told += f"; {open_ended} more only an event tells"
    if len(found) < len(targets):
        yield Finding("targets", State.ok, told)


def _target(subject: Subject, kind: str, name: str) -> Iterator[Finding]:
    """Nothing when all is well."""
    look = look_at(subject.scope, kind, name)
    match look.there:
        case There.unnamed:
            told = f"the stack has no {look.words} {name}, which a route names"
            yield Finding(
                "targets", State.bad, told, Advice.correct_deployed_routes.text(options=subject.scope.options)
            )
        case There.gone:
            told = f"the {look.words} {look.arn} is not there: what its routes deliver becomes dead letters"
            yield Finding("targets", State.bad, told, _created_again(subject, look))
        case There.wrong:
            told = f"the {look.words} {look.arn} is {look.wrong}"
            fix = Advice.use_standard.text() if look.wrong == "EXPRESS" else _created_again(subject, look)
            yield Finding("targets", State.bad, told, fix)


def _created_again(subject: Subject, look: TargetLook) -> Fix:
    """CloudFormation does not notice that something was deleted by hand, so a deployment changes nothing."""
    if is_topic_of_stack(subject.scope, look.kind, look.arn):
        return subject.fixing
    for name, arn in subject.scope.stack.state_machines.items():
        if look.kind == "state_machine" and arn == look.arn:
            parameter = f"{name.title()}StateMachineArn"
            if not subject.pipeline.parameters.get(parameter):
                return subject.fixing  # the stack's own
            return Advice.deploy_own_state_machine.text(name=parameter, arn=arn, options=deploy_options(subject.scope))
    return Advice.create_target.text()
