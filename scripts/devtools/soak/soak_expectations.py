"""The expected deliveries of an accepted body by the shipped routes: topics, executions or a dead letter."""

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
    """The expected result of one event; empty for an ignored one."""

    topics: frozenset[str] = frozenset()
    executions: frozenset[str] = frozenset()
    is_dead: bool = False
    records: Mapping[str, str] = MappingProxyType({})
    """The id of the delivery record in the table, by topic."""


def digest_of(body: bytes) -> str:
    """Return the SHA-256 of a body in hex, by which it is identified."""
    return hashlib.sha256(body).hexdigest()


def expected_of(body: bytes, router: Router, profile: str) -> Expected:
    """Return the expected result, from the routing of the processor itself, which other tests check."""
    envelope = Envelope(body, "", "", profile)
    try:
        plan = router.plan(parse(body), envelope)
    except Permanent:
        return Expected(is_dead=True)
    records = {one.name: record_of(one.key) for one in plan.deliveries if isinstance(one, TopicDelivery)}
    executions = {one.execution_name for one in plan.deliveries if isinstance(one, StateMachineDelivery)}
    return Expected(frozenset(records), frozenset(executions), records=records)


def record_of(key: str) -> str:
    """Return the id that Powertools makes for the record of a delivery from its key."""
    return f"{KEY_PREFIX}#{hashlib.sha256(json.dumps(key).encode()).hexdigest()}"
