"""Identities, delivery keys and execution names: what distinguishes events and deliveries."""

import hashlib
import json
import re

import pytest

from processor.alma.events import parse
from processor.alma.identity import delivery_key, execution_name, identity_of
from tests.samples import JOB_FIELDS, body_of, envelope_of


def identity(body: bytes, profile: str = "alma") -> str:
    return identity_of(parse(body), envelope_of(body, profile))


def test_a_job_end_is_the_same_in_any_layout() -> None:
    """Institution and id identify the end of a job, independent of the layout of its body."""
    compact, pretty = json.dumps(JOB_FIELDS).encode(), json.dumps(JOB_FIELDS, indent=3).encode()
    assert compact != pretty
    assert identity(compact) == identity(pretty)


@pytest.mark.parametrize("change", [{"id": "2"}, {"institution": {"value": "02OTHER"}}, {"institution": None}])
def test_another_job_or_institution_is_another_event(change: dict[str, object]) -> None:
    """The id of a job is unique only within its institution."""
    assert identity(json.dumps(JOB_FIELDS | change).encode()) != identity(json.dumps(JOB_FIELDS).encode())


def test_a_number_as_id_is_the_same_id() -> None:
    """`"id": 7` and `"id": "7"` are one job."""
    assert identity(b'{"action":"JOB_END","id":7}') == identity(b'{"action":"JOB_END","id":"7"}')


@pytest.mark.parametrize("action", ["LOAN", "BIB", "JOB_END"])
def test_f20_every_other_event_is_identified_by_its_bytes(action: str) -> None:
    """Without a reliable id, a different body is a different event."""
    first = json.dumps({"action": action, "note": 1}).encode()
    assert identity(first) == identity(bytes(first))
    assert identity(first) != identity(first + b" ")


def test_no_text_moves_from_one_part_of_an_identity_to_another() -> None:
    """The separator of the parts cannot occur in a part."""
    first = {"action": "JOB_END", "institution": {"value": "A"}, "id": "B\0JOB_END\0C"}
    second = {"action": "JOB_END", "institution": {"value": "A\0JOB_END\0B"}, "id": "C"}
    assert identity(json.dumps(first).encode()) != identity(json.dumps(second).encode())


def test_two_loans_that_share_an_id_are_two_events() -> None:
    """Alma repeats ids, so the id of a loan does not identify an event."""
    body = body_of("loan-created")
    assert identity(body) != identity(body.replace(b"LOAN_CREATED", b"LOAN_RENEWED"))


@pytest.mark.parametrize("sample", ["loan-created", "job-end-pod"])
def test_profiles_do_not_share_identities(sample: str) -> None:
    """The same body from two profiles is two events, because each profile has its own subscribers."""
    assert identity(body_of(sample), "alma") != identity(body_of(sample), "consortium")


def test_an_identity_is_a_hex_sha_256() -> None:
    """An identity has 64 hex digits, for a JOB_END and for other events."""
    for sample in ("job-end-pod", "loan-created"):
        assert re.fullmatch("[0-9a-f]{64}", identity(body_of(sample)))


def test_identities_never_change() -> None:
    """Subscribers store identities, and a changed identity would deliver an event again. An action ignores case."""
    for action in (b"job_end", b"Job_End", b"JOB_END"):
        job = b'{"action":"%s","id":7,"institution":{"value":"01X"}}' % action
        assert identity(job) == hashlib.sha256(b'["alma", "01X", "JOB_END", "7"]').hexdigest()
    loan = b'{"action":"LOAN"}'
    assert identity(loan) == hashlib.sha256(b"alma\0" + loan).hexdigest()


def test_delivery_keys_never_change() -> None:
    """The name of an execution has the digest of the key, so a changed key would start it again."""
    assert delivery_key("i", route="r", target="topic:t") == "i\nr\ntopic:t\n\n"
    assert delivery_key("i", route="r", target="topic:t", entry="e", replay_id="1") == "i\nr\ntopic:t\ne\n1"


def test_every_part_of_a_delivery_changes_its_key() -> None:
    """Identity, route, target, entry and replay are part of the key."""
    keys = {
        delivery_key("i", route="r", target="topic:t"),
        delivery_key("j", route="r", target="topic:t"),
        delivery_key("i", route="s", target="topic:t"),
        delivery_key("i", route="r", target="state_machine:t"),
        delivery_key("i", route="r", target="topic:t", entry="e"),
        delivery_key("i", route="r", target="topic:t", replay_id="1"),
        delivery_key("i", route="r", target="topic:t", entry="1"),
    }
    assert len(keys) == 7


@pytest.mark.parametrize("readable", ["pod", "alma-daily-ingest", "", "ä b/c:" * 30, "x" * 200])
def test_execution_names_are_valid_for_step_functions(readable: str) -> None:
    """Names have at most 80 characters of [0-9A-Za-z_-] and end in 32 hex digits of the key's SHA-256."""
    name = execution_name(readable, "key")
    assert re.fullmatch("[0-9A-Za-z_-]{0,47}-[0-9a-f]{32}", name)
    assert name.endswith("-2c70e12b7a0646f92279f427c7b38e73")


def test_execution_names_stay_readable_and_differ_by_key() -> None:
    """The readable part is cut to fit, and the digest is kept."""
    assert execution_name("alma daily", "a").startswith("almadaily-")
    assert execution_name("pod", "a") != execution_name("pod", "b")


@pytest.mark.parametrize("sample", ["loan-created", "job-end-pod"])
def test_f40_an_edited_event_keeps_its_identity(sample: str) -> None:
    """An edited event is a duplicate where it was delivered before the correction."""
    original = identity(body_of("loan-returned"))
    envelope = envelope_of(body_of(sample), replay={"id": "r1", "count": 1, "edited": original})
    assert identity_of(parse(envelope.body), envelope) == original


@pytest.mark.parametrize("edited", [True, False, "", "yes", "0f" * 31, "0F" * 32, "0f" * 33, "0f" * 32 + "\n", 7, None])
def test_an_invalid_identity_is_not_used(edited: object) -> None:
    """Dead letters of other tools, and golden ones, have a flag in place of the identity."""
    body = body_of("loan-created")
    assert identity_of(parse(body), envelope_of(body, replay={"edited": edited})) == identity(body)


def test_an_invalid_body_has_the_identity_of_its_bytes() -> None:
    """The correction of an invalid body is one event, even if it is replayed repeatedly."""
    invalid = envelope_of(b"poison")
    assert identity_of(None, invalid) == hashlib.sha256(b"alma\0poison").hexdigest()
    assert identity_of(None, invalid._replace(replay={"edited": "0f" * 32})) == "0f" * 32
