"""The group of a message on the webhook queue: its Alma profile and its event family, such as `alma.LOAN`.

SQS delivers messages of quiet groups before those of a group with a backlog ("Amazon SQS fair queues", SQS Developer
Guide). A group influences nothing else, so the family is searched for, not parsed, and a wrong one does no harm.
"""

from __future__ import annotations

from ingest.sqs_text import accepted_group

# The families of scripts/catalogue/known_events.yaml; any other action shares one group per profile.
FAMILIES = frozenset(
    (
        *("LOAN", "REQUEST", "USER", "BIB", "ITEM", "NOTIFICATION", "JOB_END"),
        *("HOLDING", "PORTFOLIO", "REPRESENTATION"),
    )
)
OTHER = "other"

# For dead letters that a command sends again, of every family: thousands of them must not delay live events.
REPLAY = "replay"

# Alma writes the action after the id: it begins within the first 100 bytes of every sample, in JSON and in XML.
SEARCHED_BYTES = 1024


def event_group(profile: str, body: bytes) -> str:
    """Return the group of an event, or an empty string if SQS would not accept it. Never raise."""
    return accepted_group(f"{profile}.{_family(body[:SEARCHED_BYTES])}")


def replay_group(profile: str) -> str:
    """Return the group of dead letters that are sent again, one for all profiles whose name SQS would not accept."""
    return accepted_group(f"{profile}.{REPLAY}") or REPLAY


def _family(beginning: bytes) -> str:
    """Return the family that the first `"action"` or `<action>` names."""
    _, in_json, rest = beginning.partition(b'"action"')
    if in_json:
        colon, _, rest = rest.partition(b'"')
        action, end, _ = rest.partition(b'"')
        if colon.strip() != b":":
            return OTHER
    else:
        action, end, _ = beginning.partition(b"<action>")[2].partition(b"</action>")
    family = action.strip().decode("ascii", "replace").upper() if end else ""
    return family if family in FAMILIES else OTHER
