"""Alma profiles that have a secret and are not served: what their paths answer, and how that ends. Reads no secret."""

from collections.abc import Iterator
from functools import partial

from scripts.aws.parameters import listed
from scripts.cli.advice import Advice
from scripts.doctor.finding import Check, Finding, State
from scripts.doctor.subject import Subject
from scripts.routes.judged_routes import deploy_options
from scripts.secret import retired_profiles


def checks(subject: Subject) -> Iterator[Check]:
    """Return the one check of all of them."""
    yield Check("retired", partial(_retired, subject))


def _retired(subject: Subject) -> Iterator[Finding]:
    scope = subject.scope
    known = listed(subject.pipeline.parameters.get("RetiredProfiles", ""))
    found = retired_profiles.retired(scope.aws.ssm, scope.stage, scope.profiles)
    for profile in found:
        fix = Advice.end_retirement.text(profile=profile, options=scope.options, deploy_options=deploy_options(scope))
        if profile in known:
            told = f"{profile} has a secret and is not served: it answers 503, and Alma drops an event after 10 hours"
            yield Finding("retired", State.warning, told, fix)
        else:
            told = f"{profile} has a secret, is not served and answers 404: Alma drops each event that it sends there"
            yield Finding("retired", State.bad, told, fix)
    if not found:
        yield Finding("retired", State.ok, "every Alma profile that has a secret is served")
