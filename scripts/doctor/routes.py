"""Check that the routes are valid, and that the stack grants the permissions they need.

The routes are those of the last deployment, or of a file that the user passes.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import partial

from processor.routing.compiled_routes import CompiledRoutes
from scripts.aws.parameters import listed
from scripts.cli.advice import NO_FIX, Advice, Fix
from scripts.cli.plural import plural
from scripts.doctor.finding import Check, Finding, Health
from scripts.doctor.subject import Subject
from scripts.routes.deployed_routes import DeployedRoutesUnknownError
from scripts.routes.judged_routes import JudgedRoutes, deploy_options
from scripts.routes.permissions import permissions


def checks(subject: Subject) -> Iterator[Check]:
    """Yield the checks of the routes and of their permissions."""
    yield Check("routes", partial(_valid, subject))
    yield Check("permissions", partial(_permitted, subject))


def routes_of(subject: Subject) -> CompiledRoutes | None:
    """Return the routes; None if they are unknown or invalid.

    Raise ConfigurationError if the user's file cannot be read.
    """
    try:
        return subject.loaded_routes().compiled
    except DeployedRoutesUnknownError:
        return None


def _valid(subject: Subject) -> Iterator[Finding]:
    try:
        judged = subject.loaded_routes()
    except DeployedRoutesUnknownError as error:
        yield Finding("routes", Health.unknown, f"cannot be read: {error}", subject.deploy_fix)
        return
    for problem in judged.problems:
        yield Finding("routes", Health.unhealthy, f"{judged.name}: {problem}", _correcting(subject, judged))
    if not judged.problems:
        message = f"{judged.name} is valid" + (f"; {judged.description}" if judged.file else "")
        deploying = judged.deploying(subject.scope.options)
        fix = Advice.deploy_routes.text(deploying=deploying) if deploying else NO_FIX
        yield Finding("routes", Health.ok, message, fix)


def _correcting(subject: Subject, judged: JudgedRoutes) -> Fix:
    if judged.file:
        return Advice.correct_routes.text(file=str(judged.file))
    return Advice.correct_deployed_routes.text(options=subject.scope.options)


def _permitted(subject: Subject) -> Iterator[Finding]:
    routes = routes_of(subject)
    if routes is None:
        message = "cannot be checked, because the routes are unknown or invalid"
        yield Finding("permissions", Health.unknown, message)  # the fix is that of the routes
        return
    needed = [one for one in permissions(routes, subject.scope.stage) if not _belongs_to_stack(subject, one.arn)]
    missing = [one for one in needed if not _is_allowed(subject, one.parameter, one.arn)]
    for one in missing:
        message = f"the processor lacks {one.action} on {one.arn}, which a route uses"
        value = ",".join(filter(None, [subject.pipeline.parameters.get(one.parameter, ""), one.arn]))
        fix = Advice.deploy_parameter.text(name=one.parameter, value=value, options=deploy_options(subject.scope))
        yield Finding("permissions", Health.unhealthy, message, fix)
    if not missing:
        count = len({one.arn for one in needed})
        arns = plural(count, "ARN outside the stack, allowed", "ARNs outside the stack, all allowed")
        message = arns if count else "the routes use no ARN outside the stack"
        yield Finding("permissions", Health.ok, message)


def _belongs_to_stack(subject: Subject, arn: str) -> bool:
    """Return whether the role allows the ARN anyway: topics of the stack, and state machines it has parameters for."""
    stack = subject.scope.stack
    return arn.startswith(stack.outputs["TopicArnPrefix"]) or arn in stack.state_machines.values()


def _is_allowed(subject: Subject, parameter: str, arn: str) -> bool:
    """Return whether the parameter lists the ARN; it may contain IAM wildcards."""
    patterns = listed(subject.pipeline.parameters.get(parameter, ""))
    return any(fnmatchcase(arn, pattern.replace("[", "[[]")) for pattern in patterns)
