"""Check for Alma profiles that have a secret but are not served. Reads no secret."""

from collections.abc import Iterator
from functools import partial

from scripts.aws.parameters import listed
from scripts.cli.advice import Advice
from scripts.doctor.finding import Check, Finding, Health
from scripts.doctor.subject import Subject
from scripts.routes.judged_routes import deploy_options
from scripts.secret import retired_profiles


def checks(subject: Subject) -> Iterator[Check]:
    """Yield one check for all profiles."""
    yield Check("retired", partial(_retired, subject))


def _retired(subject: Subject) -> Iterator[Finding]:
    scope = subject.scope
    known = listed(subject.pipeline.parameters.get("RetiredProfiles", ""))
    found = retired_profiles.retired(scope.aws.ssm, scope.stage, scope.profiles)
    for profile in found:
        fix = Advice.end_retirement.text(profile=profile, options=scope.options, deploy_options=deploy_options(scope))
        if profile in known:
            message = (
                f"{profile} has a secret but is not served: it answers 503, and Alma drops an event after 10 hours"
            )
            yield Finding("retired", Health.warning, message, fix)
        else:
            message = f"{profile} has a secret but is not served: it answers 404, and Alma drops every event sent there"
            yield Finding("retired", Health.unhealthy, message, fix)
    if not found:
        yield Finding("retired", Health.ok, "every Alma profile that has a secret is served")
