"""Check the stack of the notifications: its deployment, the sender's mapping, its queues, the API keys and Alma's.

The checks of what is sent are in `notification_topics`, `email_account` and `sms_account`.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Final

from notifications.references import ALMA_API_KEY, API_KEY, PREVIOUS_API_KEY, parameter_of
from scripts.aws.notifications_stack import SUFFIX
from scripts.aws.stack import Stack
from scripts.cli.advice import Advice, Fix
from scripts.doctor import email_account, notification_topics, sms_account
from scripts.doctor.check import Check, Finding, Subject, ok, unhealthy, unknown, warning
from scripts.doctor.queues import MappedQueue, WaitingQueue, age_of, dead_letters_of, mapping_of
from scripts.doctor.stored_topics import StoredTopics

_AGE_LIMIT: Final = "NotificationAgeLimit"


def checks_of(subject: Subject) -> list[Check]:
    """Return the checks of the notifications, in the order of the report; one if the stage lacks them, or none."""
    stack = subject.notifications
    if stack is None:
        return [Check("notifications", missing)] if _wants_notifications(subject) else []
    topics = StoredTopics(subject, stack)
    return [
        Check("notifications", partial(deployment, stack=stack)),
        Check("sender mapping", partial(mapping, stack=stack)),
        Check("sender queue", partial(queue, stack=stack)),
        Check("sender dead letters", partial(dead_letters, stack=stack)),
        Check("API keys", api_keys),
        Check("Alma", partial(alma_key, stack=stack)),
        Check("topics", partial(notification_topics.topics, stored=topics)),
        Check("secrets", partial(notification_topics.secrets, stored=topics)),
        Check("Teams", partial(notification_topics.teams_addresses, stored=topics)),
        Check("e-mail", partial(email_account.email, stack=stack, stored=topics)),
        Check("SMS", partial(sms_account.sms, stack=stack, stored=topics)),
    ]


def missing(subject: Subject) -> Iterator[Finding]:
    """Report that the project asks for notifications and the stack does not exist."""
    name = subject.pipeline.name + SUFFIX
    message = f"the stage has notifications: true, but the stack {name} is not deployed, so nothing is sent"
    yield unhealthy(message, subject.deploy_fix)


def deployment(subject: Subject, stack: Stack, previous: str = "may be running") -> Iterator[Finding]:
    """Check the status of a stack. `previous` says what its previous version does after a failed deployment."""
    if stack.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        yield ok(f"{stack.name} is {stack.status}")
    elif stack.status.endswith("_IN_PROGRESS"):
        yield unknown(f"{stack.name} is being updated ({stack.status})", Advice.later.text())
    else:
        message = f"the last deployment of {stack.name} failed ({stack.status}); the previous version {previous}"
        yield unhealthy(message, subject.deploy_fix)


def mapping(subject: Subject, stack: Stack) -> Iterator[Finding]:
    """Check that exactly one mapping, an enabled one, reads the notifications queue."""
    function, url = stack.output("SenderFunctionName"), stack.output("QueueUrl")
    queue = MappedQueue(function, url, "notifications queue", "notifications")
    yield from mapping_of(subject, queue)


def queue(subject: Subject, stack: Stack) -> Iterator[Finding]:
    """Check that notifications do not wait for longer than the alarm allows."""
    limit = timedelta(seconds=float(stack.parameters.get(_AGE_LIMIT, "3600")))
    fix = Advice.read_sender_log.text(group=stack.output("SenderLogGroupName"))
    without, late = "every post is answered 502", "a service throttles them, or the sender fails"
    named = WaitingQueue("notifications queue", "notification", without, late, fix, limit)
    yield from age_of(subject, stack.output("QueueUrl"), named)


def dead_letters(subject: Subject, stack: Stack) -> Iterator[Finding]:
    """Check that there are no dead letters of notifications."""
    url, fix = stack.output("DeadLetterQueueUrl"), Advice.list_dead_notifications.text(options=subject.scope.options)
    gone = "the dead-letter queue of notifications does not exist, so those that fail permanently are lost"
    note = " on the dead-letter queue of notifications; they expire 14 days after they were queued"
    yield from dead_letters_of(subject, url, none="no dead letters of notifications", gone=gone, note=note, fix=fix)


def api_keys(subject: Subject) -> Iterator[Finding]:
    """Check that the notifications API has a key that is not blank. Shows the names of the parameters only."""
    names = [parameter_of(subject.scope.stage, name) for name in (API_KEY, PREVIOUS_API_KEY)]
    found = subject.scope.aws.ssm.get_parameters(Names=names, WithDecryption=True)["Parameters"]
    usable = [each["Name"] for each in found if each["Value"].strip()]
    for blank in [each["Name"] for each in found if each["Name"] not in usable]:
        yield warning(f"{blank} is blank and accepts no key", _store(subject, blank))
    if not usable:
        message = f"there is no API key {names[0]}, so every post is answered with 403, and only routes can notify"
        exists = any(each["Name"] == names[0] for each in found)
        create = Advice.create_api_key.text(options=subject.scope.options)
        yield warning(message, _store(subject, names[0]) if exists else create)
    elif len(usable) == len(names):
        retire = Advice.retire_api_key.text(options=subject.scope.options)
        yield ok("two API keys are valid; retire the previous one when all clients have the new one", retire)
    else:
        yield ok(f"{usable[0].rpartition('/')[2]} is valid")


def alma_key(subject: Subject, stack: Stack) -> Iterator[Finding]:
    """Check that the stack has both the host of Alma's API and a key for it, or neither. Shows no value of the key."""
    host, options = stack.parameters.get("AlmaApiHost", ""), subject.scope.options
    name = parameter_of(subject.scope.stage, ALMA_API_KEY)
    found = subject.scope.aws.ssm.get_parameters(Names=[name], WithDecryption=True)["Parameters"]
    is_stored = any(each["Value"].strip() for each in found)
    if host and is_stored:
        yield ok(f"people are looked up at {host}")
    elif host:
        store = Advice.store_topic_secret.text(name=ALMA_API_KEY, options=options)
        message = f"AlmaApiHost is {host}, but there is no {name}, so no person is looked up in Alma"
        yield warning(message, _store(subject, name) if found else store)
    elif is_stored:
        message = f"there is {name}, but AlmaApiHost is empty, so no person is looked up in Alma"
        yield warning(message, Advice.set_parameter.text(name="AlmaApiHost", value="HOST", options=options))


def _store(subject: Subject, name: str) -> Fix:
    return Advice.put_parameter.text(name=name, aws_options=subject.scope.aws_options)


def _wants_notifications(subject: Subject) -> bool:
    """Return whether alma-webhooks.yaml switches notifications on for this stage and stack."""
    project, stage = subject.scope.address.project, subject.scope.address.stage
    if project is None or stage not in project.file.stages:
        return False
    settings = project.settings(stage)
    return settings.notifications and settings.stack in (None, subject.pipeline.name)
