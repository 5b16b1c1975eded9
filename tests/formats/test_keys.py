"""Delivery keys and execution names of fixed events never change."""

import json
from typing import Any

from ingest.envelope import Envelope
from processor.alma.events import parse
from processor.routing.compile import compile_routes
from processor.routing.router import Router
from tests.formats.golden import Golden
from tests.samples import EVENTS as FOLDER
from tests.samples import JOB_FIELDS, STAGES, body_of, envelope_of

ROUTES = f"""{STAGES}routes:
  - name: jobs
    when: {{action: [JOB_END]}}
    deliver:
      - {{state_machine: invented}}
      - {{state_machine: invented, name: named-entry, execution_name: "invented {{{{ id }}}}"}}
  - name: all
    deliver:
      - topic: invented-topic
      - topic: arn:aws:sns:us-east-1:123456789012:invented
      - queue: arn:aws:sqs:us-east-1:123456789012:invented
      - event_bus: invented
      - function: invented
      - notification: invented/topic
"""
EDITED = "0123456789abcdef" * 4
REPLAY = {"id": "invented-replay", "count": 1, "by": "arn", "at": "2026-05-13T02:41:11.000Z"}
EVENTS = {
    "a loan": envelope_of(body_of("loan-created")),
    "the same loan of another profile": envelope_of(body_of("loan-created"), "consortium"),
    "a loan in XML": envelope_of(FOLDER.joinpath("loan-created.xml").read_bytes()),
    "a job": envelope_of(body_of("job-end-pod")),
    "a job without an id": envelope_of(json.dumps(JOB_FIELDS | {"id": ""}).encode()),
    "a replayed loan": envelope_of(body_of("loan-created"), replay=REPLAY),
    "a loan that is delivered again": envelope_of(body_of("loan-created"), replay=REPLAY | {"redeliver": True}),
    "an edited loan": envelope_of(body_of("loan-created"), replay=REPLAY | {"edited": EDITED}),
}


def planned(envelope: Envelope) -> list[Any]:
    return Router(compile_routes(ROUTES), "dev").plan(parse(envelope.body), envelope).deliveries


def test_delivery_keys_are_stable(golden: Golden) -> None:
    """Each key has identity, route, target, the name of the entry and the id of a replay, one in a line."""
    keys = {name: [each.key for each in planned(envelope)] for name, envelope in EVENTS.items()}
    golden.check("delivery-keys", keys)


def test_execution_names_are_stable(golden: Golden) -> None:
    """A name has a readable part and the digest of the delivery key."""
    jobs = (each for envelope in EVENTS.values() for each in planned(envelope) if hasattr(each, "execution_name"))
    golden.check("execution-names", {each.key: each.execution_name for each in jobs})
