"""Reads from the processor's log what became of one heartbeat, and why the processor cannot start. Waits for nothing.

A start that fails leaves no line of ours: Lambda writes the error, with `errorType` and `errorMessage` ("Using Lambda
advanced logging controls", AWS Lambda Developer Guide). The local engine writes nothing then, so it is asked.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from scripts.deploy.aws import Aws
from scripts.operate.log_pages import members_of, pages
from scripts.operate.request_log import pattern_for
from scripts.terminal import harmless

# Lines are stamped by other clocks than this computer's.
_AHEAD_MILLISECONDS: Final = 86_400_000
_LONGEST_FAULT: Final = 300
# An event that is tried again ends its run with one of these: that is no fault (`processor.errors`).
_RETRIES: Final = frozenset({"Transient", "Unsettled", "InProgress"})


class Found(NamedTuple):
    """The lines about a heartbeat, each empty if there is none, and the error of a processor that cannot start."""

    outcome: Mapping[str, Any] = {}
    retry: Mapping[str, Any] = {}
    fault: str = ""


class HeartbeatLog(NamedTuple):
    """The processor's log, from a moment on (milliseconds since 1970, by AWS' clock)."""

    aws: Aws
    group: str
    function: str
    since: int

    def read(self, receipt_id: str) -> Found:
        """Return what the log says of a receipt id now. Raise botocore's errors."""
        about = pattern_for(receipt_id).strip("{} ")
        pattern = f'{{ ({about}) || ($.errorType = "*") }}'
        found = Found()
        for page in pages(self.aws.logs, self.group, pattern, self.since, self.since + _AHEAD_MILLISECONDS):
            for event in page:
                found = _with(found, members_of(event["message"]), receipt_id)
        return found

    def start(self) -> str:
        """Run the processor on nothing: late lines come then. Return its error, if any; empty on AWS, which logs it."""
        if not self.aws.endpoint_url:
            return ""
        answer = self.aws.functions.invoke(FunctionName=self.function, Payload=b'{"Records": []}')
        payload = answer["Payload"].read().decode()
        return _fault(members_of(payload)) if answer.get("FunctionError") else ""


def _with(found: Found, members: Mapping[str, Any], receipt_id: str) -> Found:
    """The line of a retry can be read after that of the outcome: both are kept."""
    if members.get("receipt_id") == receipt_id:
        match members.get("message"):
            case "outcome":
                return found._replace(outcome=members)
            case "retry":
                return found._replace(retry=members)
    return found._replace(fault=found.fault or _fault(members))


def _fault(members: Mapping[str, Any]) -> str:
    kind = members.get("errorType")
    if not isinstance(kind, str) or kind in _RETRIES:
        return ""
    return harmless(f"{kind}: {members.get('errorMessage', '')}"[:_LONGEST_FAULT]).rstrip(" .:")
