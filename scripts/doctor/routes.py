"""Whether the routes are valid and deployed, and allowed by the stack what they need. Asks AWS for nothing else.

They are those of the last deployment, or a file that the user names.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import partial

from processor.routing.models import RoutesFile
from scripts.aws.parameters import listed
from scripts.cli.advice import NO_FIX, Advice, Fix
from scripts.doctor.finding import Check, Finding, State
from scripts.doctor.subject import Subject
from scripts.routes.deployed_routes import DeployedRoutesUnknownError
from scripts.routes.judged_routes import JudgedRoutes, deploy_options
from scripts.routes.permissions import permissions


def checks(subject: Subject) -> Iterator[Check]:
    """Both."""
    yield Check("routes", partial(_valid, subject))
    yield Check("permissions", partial(_permitted, subject))


def routes_of(subject: Subject) -> RoutesFile | None:
    """The routes, with the stage's variables only; None when not known or not valid. Raises ConfigurationError."""
    try:
        judged = subject.judged()
    except DeployedRoutesUnknownError:
        return None
    if judged.problems:
        return None
    file = judged.read()
    stages = {name: variables for name, variables in file.routes.stages.items() if name == subject.scope.stage}
    return RoutesFile(file.routes.model_copy(update={"stages": stages}), file.lines)


def _valid(subject: Subject) -> Iterator[Finding]:
    try:
        judged = subject.judged()
    except DeployedRoutesUnknownError as error:
        yield Finding("routes", State.unknown, f"not known: {error}", subject.deploying)
        return
    for problem in judged.problems:
        yield Finding("routes", State.bad, f"{judged.name}: {problem}", _correcting(subject, judged))
    if not judged.problems:
        told = f"{judged.name} is valid" + (f"; {judged.told}" if judged.file else "")
        deploying = judged.deploying(subject.scope.options)
        fix = Advice.deploy_routes.text(deploying=deploying) if deploying else NO_FIX
        yield Finding("routes", State.ok, told, fix)


def _correcting(subject: Subject, judged: JudgedRoutes) -> Fix:
    if judged.file:
        return Advice.correct_routes.text(file=str(judged.file))
    return Advice.correct_deployed_routes.text(options=subject.scope.options)


def _permitted(subject: Subject) -> Iterator[Finding]:
    file = routes_of(subject)
    if file is None:
        told = "not known while the routes are not known or not valid"
        yield Finding("permissions", State.unknown, told)  # the fix is that of the routes
        return
    needed = [one for one in permissions(file) if not _is_of_the_stack(subject, one.arn)]
    missing = [one for one in needed if not _is_allowed(subject, one.parameter, one.arn)]
    for one in missing:
        told = f"the processor may not {one.action} on {one.arn}, which a route names"
        value = ",".join(filter(None, [subject.pipeline.parameters.get(one.parameter, ""), one.arn]))
        fix = Advice.deploy_parameter.text(name=one.parameter, value=value, options=deploy_options(subject.scope))
        yield Finding("permissions", State.bad, told, fix)
    if not missing:
        count = len({one.arn for one in needed})
        told = f"{count} of the routes' ARNs outside the stack, all allowed" if count else "the routes need none"
        yield Finding("permissions", State.ok, told)


def _is_of_the_stack(subject: Subject, arn: str) -> bool:
    """What the stack made, and the state machines that it has parameters of their own for: the role allows those."""
    stack = subject.scope.stack
    return arn.startswith(stack.outputs["TopicArnPrefix"]) or arn in stack.state_machines.values()


def _is_allowed(subject: Subject, parameter: str, arn: str) -> bool:
    """IAM's wildcards may stand in the parameter."""
    patterns = listed(subject.pipeline.parameters.get(parameter, ""))
    return any(fnmatchcase(arn, pattern.replace("[", "[[]")) for pattern in patterns)
