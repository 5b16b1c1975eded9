"""Whether the routes of this folder are valid, and allowed by the stack what they need. Asks AWS nothing.

The routes that run are those of the last deployment; nothing tells here whether they are the same.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import partial

from processor.routes import RoutesFile, read
from scripts.deploy.check import problems
from scripts.deploy.parameters import listed
from scripts.deploy.permissions import permissions
from scripts.operate.doctor.finding import Check, Finding, State
from scripts.operate.doctor.subject import Subject


def checks(subject: Subject) -> Iterator[Check]:
    """Both."""
    yield Check("routes", partial(_valid, subject))
    yield Check("permissions", partial(_permitted, subject))


def routes_of(subject: Subject) -> RoutesFile | None:
    """The routes, with the stage's variables only; None when they are not valid. Raises ConfigurationError."""
    if problems(subject.routes):
        return None
    file = read(subject.routes.read_text("utf-8"))
    stages = {name: variables for name, variables in file.routes.stages.items() if name == subject.scope.stage}
    return RoutesFile(file.routes.model_copy(update={"stages": stages}), file.lines)


def _valid(subject: Subject) -> Iterator[Finding]:
    found = problems(subject.routes)
    for problem in found:
        fix = "correct it; alma-webhooks routes check reads it again"
        yield Finding("routes", State.bad, f"{subject.routes}: {problem}", fix)
    if not found:
        yield Finding("routes", State.ok, f"{subject.routes.name} is valid")


def _permitted(subject: Subject) -> Iterator[Finding]:
    file = routes_of(subject)
    if file is None:
        yield Finding("permissions", State.unknown, "what the routes need is not known while they are not valid")
        return
    needed = [one for one in permissions(file) if not _is_of_the_stack(subject, one.arn)]
    missing = [one for one in needed if not _is_allowed(subject, one.parameter, one.arn)]
    for one in missing:
        told = f"the processor may not {one.action} on {one.arn}, which a route names"
        fix = f"add the ARN to the template's parameter {one.parameter}: {subject.deploying}"
        yield Finding("permissions", State.bad, told, fix)
    if not missing:
        count = len({one.arn for one in needed})
        told = f"{count} of the routes' ARNs outside the stack, all allowed" if count else "the routes need none"
        yield Finding("permissions", State.ok, told)


def _is_of_the_stack(subject: Subject, arn: str) -> bool:
    """What the stack made, and the workflows that it has parameters of their own for: the role allows those."""
    stack = subject.scope.stack
    return arn.startswith(stack.outputs["TopicArnPrefix"]) or arn in stack.state_machines.values()


def _is_allowed(subject: Subject, parameter: str, arn: str) -> bool:
    """IAM's wildcards may stand in the parameter."""
    patterns = listed(subject.pipeline.parameters.get(parameter, ""))
    return any(fnmatchcase(arn, pattern.replace("[", "[[]")) for pattern in patterns)
