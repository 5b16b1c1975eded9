"""What must become of an accepted body, by the shipped routes: topics, executions, or a dead letter. Sends nothing."""

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ingest.envelope import Envelope
from processor.alma.events import parse
from processor.deliveries import KEY_PREFIX
from processor.delivery import StateMachineDelivery, TopicDelivery
from processor.errors import Permanent
from processor.routing.router import Router


class Expected(NamedTuple):
    """What one event must lead to; nothing at all for one that is ignored."""

    topics: frozenset[str] = frozenset()
    executions: frozenset[str] = frozenset()
    is_dead: bool = False
    records: Mapping[str, str] = MappingProxyType({})
    """By topic the id of the delivery's record in the table."""


def digest_of(body: bytes) -> str:
    """What a body is known by on both sides: its SHA-256, hex."""
    return hashlib.sha256(body).hexdigest()


def expected_of(body: bytes, router: Router, profile: str) -> Expected:
    """By the processor's own plans: whether they are right is for other tests, whether they come true for the soak."""
    envelope = Envelope(body, "", "", profile)
    try:
        plan = router.plan(parse(body), envelope)
    except Permanent:
        return Expected(is_dead=True)
    records = {one.name: record_of(one.key) for one in plan.deliveries if isinstance(one, TopicDelivery)}
    executions = {one.execution_name for one in plan.deliveries if isinstance(one, StateMachineDelivery)}
    return Expected(frozenset(records), frozenset(executions), records=records)


def record_of(key: str) -> str:
    """The id of a delivery's record, as Powertools makes it of the delivery's key."""
    return f"{KEY_PREFIX}#{hashlib.sha256(json.dumps(key).encode()).hexdigest()}"
