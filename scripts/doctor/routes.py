"""Check that the routes are valid, that the stack grants their permissions, and that their targets exist.

The routes are those of the last deployment, or of a file that the user passes. No target is invoked; all topics of the
stack are checked, whether a route uses them or not.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import partial
from shlex import quote

from processor.routing.compiled_routes import CompiledRoutes
from processor.state_machine_arn import unqualified
from scripts.aws.parameters import listed
from scripts.aws.target_looks import TargetLook, There, is_topic_of_stack, look_at
from scripts.cli.advice import NO_FIX, Advice, Fix
from scripts.cli.plural import plural
from scripts.doctor.check import Check, Finding, Subject, findings_of_all, ok, unhealthy, unknown
from scripts.routes.check import permissions, rendered_targets
from scripts.routes.judged_routes import DeployedRoutesUnknownError, judged_routes


def validity(subject: Subject) -> Iterator[Finding]:
    """Check that the routes have no problem."""
    try:
        judged = judged_routes(subject.scope, subject.routes)
    except DeployedRoutesUnknownError as error:
        yield unknown(f"cannot be read: {error}", subject.deploy_fix)
        return
    correct = Advice.correct_deployed_routes.text(options=subject.scope.options)
    for problem in judged.problems:
        fix = Advice.correct_routes.text(file=quote(str(judged.file))) if judged.file else correct
        yield unhealthy(f"{judged.name}: {problem}", fix)
    if not judged.problems:
        message = f"{judged.name} is valid" + (f"; {judged.description}" if judged.file else "")
        deploying = judged.deploying(subject.scope.options)
        yield ok(message, Advice.deploy_routes.text(deploying=deploying) if deploying else NO_FIX)


def permitted(subject: Subject) -> Iterator[Finding]:
    """Check that the processor may use the ARNs of the routes."""
    routes = _routes_of(subject)
    if routes is None:
        yield unknown("cannot be checked, because the routes are unknown or invalid")  # the fix is that of the routes
        return
    needed = [one for one in permissions(routes, subject.scope.stage) if not _belongs_to_stack(subject, one.arn)]
    missing = [one for one in needed if not _is_allowed(subject, one.parameter, one.arn)]
    for one in missing:
        yield unhealthy(f"the processor lacks {one.action} on {one.arn}, which a route uses", subject.deploy_fix)
    if not missing:
        count = len({one.arn for one in needed})
        arns = plural(count, "ARN outside the stack, allowed", "ARNs outside the stack, all allowed")
        yield ok(arns if count else "the routes use no ARN outside the stack")


def targets(subject: Subject) -> Iterator[Finding]:
    """Check that the targets exist and that state machines are STANDARD."""
    routes = _routes_of(subject)
    entries = list(rendered_targets(routes, subject.scope.stage)) if routes else []
    named = {(kind, name) for _, kind, names in entries for name in names}
    known = sorted(named | {("topic", name) for name in subject.scope.stack.topics})
    looks = [Check("", partial(_target, kind=kind, name=name)) for kind, name in known]
    found = findings_of_all(looks, subject)
    yield from found
    if routes is None:
        # the fix is that of the routes
        yield unknown("the targets of the routes cannot be checked, because the routes are unknown or invalid")
    open_ended = sum(not names for _, _, names in entries)
    exist = (f"of {plural(len(known), 'target')} {verb}" for verb in ("exists", "exist"))
    message = plural(len(known) - len(found), *exist)
    if open_ended:
        message += f"; {plural(open_ended, 'more depends', 'more depend')} on the event"
    if len(found) < len(known):
        yield ok(message)


def _routes_of(subject: Subject) -> CompiledRoutes | None:
    """Return the routes; None if they are unknown or invalid.

    Raise ConfigurationError if the user's file cannot be read.
    """
    try:
        return judged_routes(subject.scope, subject.routes).compiled
    except DeployedRoutesUnknownError:
        return None


def _belongs_to_stack(subject: Subject, arn: str) -> bool:
    """Return whether the role allows the ARN anyway: topics of the stack, and state machines it has parameters for."""
    stack = subject.scope.stack
    own = {unqualified(each) for each in stack.state_machines.values()}
    return arn.startswith(stack.outputs["TopicArnPrefix"]) or arn in own


def _is_allowed(subject: Subject, parameter: str, arn: str) -> bool:
    """Return whether the parameter lists the ARN; it may contain IAM wildcards."""
    patterns = listed(subject.pipeline.parameters.get(parameter, ""))
    return any(fnmatchcase(arn, pattern.replace("[", "[[]")) for pattern in patterns)


def _target(subject: Subject, kind: str, name: str) -> Iterator[Finding]:
    """Yield a finding for an unhealthy target, or nothing."""
    look = look_at(subject.scope, kind, name)
    match look.there:
        case There.unnamed:
            # The reason says what to do about a topic of notifications, which the routes do not declare.
            advice = Advice.create_target if look.wrong else Advice.correct_deployed_routes
            why = f": {look.wrong}" if look.wrong else ""
            message = f"the stack has no {look.words} {name}, which a route uses{why}"
            yield unhealthy(message, advice.text(options=subject.scope.options))
        case There.gone:
            message = f"the {look.words} {look.arn} does not exist, so its events become dead letters"
            yield unhealthy(message, _created_again(subject, look))
        case There.wrong:
            fix = Advice.use_standard.text() if look.wrong == "EXPRESS" else _created_again(subject, look)
            yield unhealthy(f"the {look.words} {look.arn} is {look.wrong}", fix)


def _created_again(subject: Subject, look: TargetLook) -> Fix:
    """Return the fix for a target that does not exist.

    A deployment would change nothing, because CloudFormation does not notice a deletion by hand.
    """
    if is_topic_of_stack(subject.scope, look.kind, look.arn):
        return subject.repair_fix
    for name, arn in subject.scope.stack.state_machines.items():
        if look.kind == "state_machine" and arn == look.arn:
            if f":stateMachine:{subject.scope.stack.name}-" in arn:
                return subject.repair_fix  # created by the stack
            return Advice.deploy_own_state_machine.text(name=name, options=subject.scope.options)
    return Advice.create_target.text()
