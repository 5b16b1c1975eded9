"""Check what Amazon SNS lets the stack send as SMS: sandbox, spending limit, month to date, and opted-out numbers.

"GetSMSSandboxAccountStatus", "GetSMSAttributes" and "ListPhoneNumbersOptedOut", Amazon SNS API Reference; "Monitoring
SMS activity", Amazon SNS Developer Guide. All are of one region, that of the stack. Shows no phone number.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Final

from botocore.exceptions import ClientError

from scripts.aws.metric_data import Series, points
from scripts.aws.stack import Stack
from scripts.cli.advice import Advice
from scripts.cli.plural import plural
from scripts.doctor.check import Finding, Subject, ok, unhealthy, warning
from scripts.doctor.stored_topics import StoredTopics

# In USD, for an account that has set none.
_DEFAULT_LIMIT: Final = 1.0
_MOST_OF_LIMIT: Final = 0.8
_HOUR: Final = 3600

_UNSUPPORTED: Final = frozenset({"InvalidAction", "UnsupportedOperation", "UnknownOperationException"})


def sms(subject: Subject, stack: Stack, stored: StoredTopics) -> Iterator[Finding]:
    """Check the account, if the stack may send SMS or a topic does."""
    is_allowed = stack.parameters.get("AllowSms") == "true"
    used = stored.entries("sms") or []
    if used and not is_allowed:
        fix = Advice.set_parameter.text(name="AllowSms", value='"true"', options=subject.scope.options)
        yield unhealthy(f"{used[0].place} sends SMS, but the stack may not (AllowSms)", fix)
    if used or is_allowed:
        for look in (_sandbox, _spending, _opted_out):
            yield from _looked(look, subject)


def _looked(look: Callable[[Subject], Iterable[Finding]], subject: Subject) -> Iterator[Finding]:
    """Yield the findings. An emulator may lack the call, which is nothing to fix."""
    try:
        yield from look(subject)
    except ClientError as error:
        if not subject.scope.aws.endpoint_url or error.response["Error"].get("Code") not in _UNSUPPORTED:
            raise
        yield ok(f"{error.operation_name} could not be checked here: the emulator does not have it")


def _sandbox(subject: Subject) -> Iterator[Finding]:
    region = subject.scope.region
    if subject.scope.aws.sns.get_sms_sandbox_account_status()["IsInSandbox"]:
        message = f"SMS are in the sandbox in {region}: they reach verified numbers only"
        yield warning(message, Advice.leave_sms_sandbox.text())
    else:
        yield ok(f"SMS are out of the sandbox in {region}")


def _spending(subject: Subject) -> Iterator[Finding]:
    attributes = subject.scope.aws.sns.get_sms_attributes()["attributes"]
    limit = float(attributes.get("MonthlySpendLimit") or _DEFAULT_LIMIT)
    spent = _month_to_date(subject)
    message = f"SMS of this month cost {spent:.2f} of at most {limit:.2f} USD"
    if spent >= limit:
        message += ", so SNS drops every further one without an error"
        yield unhealthy(message, Advice.raise_sms_limit.text())
    elif spent >= limit * _MOST_OF_LIMIT:
        yield warning(f"{message}; above the limit SNS drops them without an error", Advice.raise_sms_limit.text())
    else:
        yield ok(message)
    if not attributes.get("DeliveryStatusIAMRole"):
        yield warning("SNS does not log which SMS were delivered", Advice.log_sms.text())


def _month_to_date(subject: Subject) -> float:
    """Return the US dollars of this month by the last data point. Without SMS, SNS publishes none."""
    begin = subject.aws_time.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    series = Series("AWS/SNS", "SMSMonthToDateSpentUSD", {}, "Maximum", _HOUR)
    [found] = points(subject.scope.aws.cloudwatch, [series], begin, subject.aws_time + timedelta(minutes=1))
    return found[-1].value if found else 0.0


def _opted_out(subject: Subject) -> Iterator[Finding]:
    pages = subject.scope.aws.sns.get_paginator("list_phone_numbers_opted_out").paginate()
    count = sum(len(page.get("phoneNumbers", [])) for page in pages)
    numbers = plural(count, "number has", "numbers have")
    yield ok(f"{numbers} opted out of SMS; nothing is sent to them" if count else "no number has opted out of SMS")
