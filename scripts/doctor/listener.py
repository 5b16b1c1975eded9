"""Check that the webhook URLs answer Alma's challenge. Sends no event."""

import http.client
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus

from scripts.alma_client.challenge import ask
from scripts.cli.advice import Advice, Fix
from scripts.cli.exit_codes import ConfigurationError
from scripts.doctor.finding import Check, Finding, Health
from scripts.doctor.subject import Subject


def checks(subject: Subject) -> Iterator[Check]:
    """Yield one check for each profile."""
    for profile in subject.scope.profiles:
        yield Check("listener", partial(_challenge, subject, profile))


def _challenge(subject: Subject, profile: str) -> Iterator[Finding]:
    url = subject.scope.listener_url(profile)
    try:
        answer = ask(url)
    except (OSError, http.client.HTTPException, ConfigurationError) as error:
        message = f"{url} does not respond: {str(error).rstrip('.') or type(error).__name__}"
        yield Finding("listener", Health.unhealthy, message, Advice.reach_listener.text())
        return
    if answer.is_right:
        yield Finding("listener", Health.ok, f"{url} answers the challenge")
        return
    word = http.client.responses.get(answer.status, "")
    status = f"{answer.status} {word}".strip()
    message = f"{url} answers {status} instead of the challenge, so Alma cannot activate the profile"
    yield Finding("listener", Health.unhealthy, message, _fix(subject, profile, answer.status))


def _fix(subject: Subject, profile: str, status: int) -> Fix:
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return Advice.secret_status.text(profile=profile, options=subject.scope.options)
    return Advice.read_ingest_log.text(group=subject.scope.stack.outputs.get("IngestLogGroupName", ""))
