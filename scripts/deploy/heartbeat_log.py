"""Read one heartbeat's lines, and the error of a processor that cannot start, from the processor's log.

When the start fails, Lambda logs the error with `errorType` and `errorMessage` ("Using Lambda advanced logging
controls", AWS Lambda Developer Guide). The emulator logs nothing then, so the function is invoked there.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from scripts.aws.clients import Aws
from scripts.aws.logs import members_of, pages
from scripts.cli.terminal import escape
from scripts.request_trace.log import pattern_for

# The lines' timestamps are not by this computer's clock.
_AHEAD_MILLISECONDS: Final = 86_400_000
_LONGEST_FAULT: Final = 300
# An invocation whose event is retried ends with one of these errors by design (`processor.errors`).
_RETRIES: Final = frozenset({"Transient", "DeliveryUncertain", "InProgress"})


class HeartbeatLines(NamedTuple):
    """The lines about a heartbeat, and the error of a processor that cannot start. Each can be empty."""

    outcome: Mapping[str, Any] = {}
    retry: Mapping[str, Any] = {}
    fault: str = ""


class HeartbeatLog(NamedTuple):
    """The processor's log since a time by AWS's clock (milliseconds since 1970)."""

    aws: Aws
    group: str
    function: str
    since: int

    def read(self, receipt_id: str) -> HeartbeatLines:
        """Return what the log has about a receipt id now. Raise botocore's errors."""
        about = pattern_for(receipt_id).strip("{} ")
        pattern = f'{{ ({about}) || ($.errorType = "*") }}'
        found = HeartbeatLines()
        for page in pages(self.aws.logs, self.group, pattern, self.since, self.since + _AHEAD_MILLISECONDS):
            for event in page:
                found = _with(found, members_of(event["message"]), receipt_id)
        return found

    def start(self) -> str:
        """Invoke the processor without an event, on the emulator only. Return its error, if any."""
        if not self.aws.endpoint_url:
            return ""
        answer = self.aws.functions.invoke(FunctionName=self.function, Payload=b'{"Records": []}')
        payload = answer["Payload"].read().decode()
        return _fault(members_of(payload)) if answer.get("FunctionError") else ""


def _with(found: HeartbeatLines, members: Mapping[str, Any], receipt_id: str) -> HeartbeatLines:
    """Keep both lines: a retry can be read after the outcome."""
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
    return escape(f"{kind}: {members.get('errorMessage', '')}"[:_LONGEST_FAULT]).rstrip(" .:")
