"""Check the topics of notifications: the table against notifications.yaml, the secrets they name, and Teams URLs.

Secrets are looked up by name; only those of Teams are read, and no more than their host is shown.
"""

from collections.abc import Iterator
from typing import Final

from botocore.exceptions import ClientError

from notifications.https_address import HttpsAddress
from notifications.references import parameter_of
from notifications.topic_file import DeclaredTopic, InvalidTopicsError
from notifications.topics import Topic
from scripts.aws.errors import is_denied, why_unanswered
from scripts.cli.advice import Advice
from scripts.cli.plural import plural
from scripts.doctor.check import Finding, Subject, ok, unhealthy, unknown, warning
from scripts.doctor.stored_topics import StoredTopics
from scripts.project.declared_topics import read_declared
from scripts.project.folder import TOPICS_FILE
from scripts.secret.store import notification_secrets
from scripts.topics.references import references_in

# "Retirement of Office 365 connectors within Microsoft Teams", Microsoft 365 Developer Blog.
_CONNECTORS: Final = "webhook.office.com"
# Flows moved to other hosts in November 2025. Logic Apps of Azure still have this one.
_OLD_FLOWS: Final = "logic.azure.com"

_MOST_NAMES: Final = 10  # of one request ("GetParameters", AWS Systems Manager API Reference)


def topics(subject: Subject, stored: StoredTopics) -> Iterator[Finding]:
    """Check that the stored topics are valid, and equal to those of the project's notifications.yaml."""
    valid, invalid = stored.read()
    apply = Advice.apply_topics.text(options=subject.scope.options)
    for name in invalid:
        yield unhealthy(f"the stored topic {name} is not valid, so every post to it is answered 502", apply)
    try:
        declared = _declared(subject)
    except InvalidTopicsError as error:
        fix = Advice.correct_topics.text(options=subject.scope.options)
        yield from (unhealthy(f"{TOPICS_FILE}: {problem}", fix) for problem in error.problems)
        return
    if declared is None:
        yield ok(f"{plural(len(valid), 'topic')}; there is no {TOPICS_FILE} in the project to compare with")
        return
    found = [warning(difference, apply) for difference in _differences(declared, valid, invalid)]
    names = {f"{each.channel}/{each.topic}" for each in declared}
    for name in valid:
        if name not in names:
            fix = Advice.delete_topic.text(name=name, options=subject.scope.options)
            found.append(warning(f"{name} is stored and accepts posts, but {TOPICS_FILE} lacks it", fix))
    yield from found
    if not found and not invalid:
        yield ok(f"{plural(len(valid), 'topic')}, equal to {TOPICS_FILE}")


def secrets(subject: Subject, stored: StoredTopics) -> Iterator[Finding]:
    """Check by name that each secret that a topic refers to exists. Reads no secret."""
    used = stored.entries() or []
    wanted = {name: each.place for each in used for name in references_in(each.entry.configuration)}
    if not wanted:
        return
    existing = set(notification_secrets(subject.scope.aws.ssm, subject.scope.stage))
    missing = [name for name in sorted(wanted) if parameter_of(subject.scope.stage, name) not in existing]
    for name in missing:
        fix = Advice.store_topic_secret.text(name=name, options=subject.scope.options)
        yield unhealthy(f"the secret {name} of {wanted[name]} does not exist, so its notifications fail", fix)
    if not missing:
        yield ok(f"{plural(len(wanted), 'secret')} of topics {'exists' if len(wanted) == 1 else 'exist'}")


def teams_addresses(subject: Subject, stored: StoredTopics) -> Iterator[Finding]:
    """Check that no topic posts to an address of Teams that Microsoft has retired. Shows no more than the host."""
    used = stored.entries("teams") or []
    places = {name: each.place for each in used for name in references_in(each.entry.configuration)}
    try:
        addresses = _values(subject, sorted(places))
    except ClientError as error:
        if not is_denied(error):
            raise
        message = "the addresses cannot be checked for retired ones, because your role may not read these secrets"
        yield unknown(message, why_unanswered(error)[1])
        return
    problems = [finding for name, url in addresses.items() if (finding := _teams_problem(name, places[name], url))]
    yield from problems
    if addresses and not problems:
        yield ok(f"{plural(len(addresses), 'address', 'addresses')}, none of them retired by Microsoft")


def _declared(subject: Subject) -> list[DeclaredTopic] | None:
    """Return the topics of the project's file, or None without one. Raise InvalidTopicsError, ConfigurationError."""
    project = subject.scope.address.project
    return read_declared(project.notifications) if project and project.notifications.is_file() else None


def _differences(declared: list[DeclaredTopic], stored: dict[str, Topic], invalid: list[str]) -> Iterator[str]:
    for each in declared:
        name = f"{each.channel}/{each.topic}"
        if name not in stored and name not in invalid:
            yield f"{name} of {TOPICS_FILE} was not applied, so every post to it is answered 404"
        elif name in stored and each.with_id(stored[name].id) != stored[name]:
            yield f"{name} differs from {TOPICS_FILE}; the stored topic counts"


def _teams_problem(name: str, place: str, url: str) -> Finding | None:
    try:
        host = HttpsAddress.parse(url.strip()).host.lower()
    except ValueError as error:  # it does not quote the URL
        return unhealthy(f"the secret {name} of {place} {error}", Advice.new_flow_address.text())
    where = f"the secret {name} of {place} is an address at {host}"
    if f".{host}".endswith(f".{_CONNECTORS}"):
        return unhealthy(f"{where}: Microsoft has retired connectors", Advice.new_flow_address.text())
    if f".{host}".endswith(f".{_OLD_FLOWS}"):
        message = f"{where}: Microsoft has retired those of flows, unless it is a Logic App of Azure"
        return warning(message, Advice.new_flow_address.text())
    return None


def _values(subject: Subject, names: list[str]) -> dict[str, str]:
    """Return the secrets that exist, by name."""
    found: dict[str, str] = {}
    for begin in range(0, len(names), _MOST_NAMES):
        parameters = {parameter_of(subject.scope.stage, name): name for name in names[begin : begin + _MOST_NAMES]}
        answer = subject.scope.aws.ssm.get_parameters(Names=list(parameters), WithDecryption=True)
        found |= {parameters[each["Name"]]: each["Value"] for each in answer["Parameters"]}
    return found
