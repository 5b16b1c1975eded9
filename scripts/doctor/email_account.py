"""Check what Amazon SES lets the stack send: the account, its quota, the identity, and the senders of topics.

"GetAccount" and "GetEmailIdentity", Amazon SES API v2 Reference. Both are of one region, that of the stack.
"""

from collections.abc import Iterator
from typing import Final

from notifications.email_address import EmailAddress
from scripts.aws.errors import none_if_gone
from scripts.aws.stack import Stack
from scripts.cli.advice import Advice
from scripts.doctor.check import Finding, Subject, ok, unhealthy, warning
from scripts.doctor.stored_topics import StoredTopics, UsedEntry

# Above this part of the daily quota, the next hours can use up the rest.
_MOST_OF_QUOTA: Final = 0.8


def email(subject: Subject, stack: Stack, stored: StoredTopics) -> Iterator[Finding]:
    """Check the account and the identity, if the stack has one or a topic sends e-mail."""
    identity = stack.parameters.get("EmailIdentity", "")
    used = stored.entries("email") or []
    if not identity and not used:
        return
    yield from _account(subject)
    if identity:
        yield from _identity(subject, identity)
        yield from _senders(identity, used)
    else:
        sender = _address_of(used[0]).rpartition("@")[2]
        fix = Advice.set_parameter.text(name="EmailIdentity", value=sender, options=subject.scope.options)
        yield unhealthy(f"{used[0].place} sends e-mail, but the stack has no EmailIdentity and may not", fix)


def _account(subject: Subject) -> Iterator[Finding]:
    region = subject.scope.region
    account = subject.scope.aws.ses.get_account()
    quota = account.get("SendQuota", {})
    most, sent = quota.get("Max24HourSend", -1.0), quota.get("SentLast24Hours", 0.0)
    used = f"{sent:.0f} of {most:.0f} e-mails of 24 hours are used" if most >= 0 else "the daily quota is unlimited"
    if not account.get("SendingEnabled", True) or account.get("EnforcementStatus") == "SHUTDOWN":
        yield unhealthy(f"AWS has paused e-mail of this account in {region}", Advice.ask_aws_about_email.text())
    elif account.get("EnforcementStatus") == "PROBATION":
        yield warning(f"AWS reviews e-mail of this account in {region}", Advice.ask_aws_about_email.text())
    if not account.get("ProductionAccessEnabled", False):
        message = f"SES is in the sandbox in {region}: it sends to verified addresses only; {used}"
        yield warning(message, Advice.leave_ses_sandbox.text())
    elif 0 <= most * _MOST_OF_QUOTA <= sent:
        yield warning(f"{used} in {region}; SES refuses those above the quota", Advice.raise_email_quota.text())
    else:
        yield ok(f"SES has production access in {region}; {used}")


def _identity(subject: Subject, identity: str) -> Iterator[Finding]:
    region = subject.scope.region
    found = none_if_gone(lambda: subject.scope.aws.ses.get_email_identity(EmailIdentity=identity))
    if found is None:
        fix = Advice.verify_identity.text(identity=identity, aws_options=subject.scope.aws_options)
        yield unhealthy(f"the identity {identity} does not exist in {region}, so every e-mail is refused", fix)
    elif found.get("VerifiedForSendingStatus"):
        yield ok(f"the identity {identity} is verified in {region}")
    else:
        message = f"the identity {identity} is not verified in {region}, so every e-mail is refused"
        yield unhealthy(message, Advice.finish_verification.text())


def _senders(identity: str, used: list[UsedEntry]) -> Iterator[Finding]:
    """Check that the identity covers each sender: the sender role may use no other one."""
    for each in used:
        address = _address_of(each)
        domain = address.rpartition("@")[2].lower()
        covered = address == identity if "@" in identity else f".{domain}".endswith(f".{identity}")
        if not covered:
            message = f"{each.place} sends from {address}, which the EmailIdentity {identity} does not cover"
            yield unhealthy(message, Advice.change_sender.text())


def _address_of(used: UsedEntry) -> str:
    """Return the address of the sender. The topic's checks have parsed it when it was applied."""
    text = str(used.entry.configuration.get("from", ""))
    try:
        return EmailAddress.parse(text).address
    except ValueError:
        return "an address that is not valid"
