"""The group of an event: its Alma profile and its event family, found in the first bytes of the body."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ingest.fair_group import FAMILIES, OTHER, SEARCHED_BYTES, event_group, replay_group
from processor.alma.events import parse
from tests.samples import EVENTS, body_of

CATALOGUE = Path(__file__).parents[2] / "scripts" / "catalogue" / "known_events.yaml"
SAMPLES = sorted(path for path in EVENTS.iterdir() if path.suffix in {".json", ".xml"} and path.stem != "heartbeat")
OTHERS = f"alma.{OTHER}"
LOAN = b'{"action":"LOAN"}'


def test_f75_the_families_are_those_of_the_catalogue() -> None:
    """A family that the catalogue knows has a group of its own."""
    assert set(yaml.safe_load(CATALOGUE.read_text("utf-8"))["families"]) == FAMILIES


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_f75_every_sample_has_the_group_of_its_family(path: Path) -> None:
    """In JSON and in XML. The action begins within a tenth of the bytes that are searched."""
    body = path.read_bytes()
    assert event_group("alma", body) == f"alma.{parse(body).action}"
    begins = min(found for name in (b'"action"', b"<action>") if (found := body.find(name)) >= 0)
    assert begins < SEARCHED_BYTES / 10


@pytest.mark.parametrize("profile", ["alma", "consortium-2", "p" * 63])
def test_f75_each_profile_has_groups_of_its_own(profile: str) -> None:
    """A group begins with the profile. Replays and unknown families have groups of their own."""
    assert event_group(profile, LOAN) == f"{profile}.LOAN"
    assert event_group(profile, b"{}") == f"{profile}.other"
    assert replay_group(profile) == f"{profile}.replay"
    assert {"other", "replay"}.isdisjoint(FAMILIES)


def test_f75_the_heartbeat_has_a_group_of_its_own() -> None:
    """Nothing else has its profile, so a flood of events does not delay it."""
    assert event_group("heartbeat", body_of("heartbeat")) == "heartbeat.other"


@pytest.mark.parametrize(
    "body",
    [
        b'{ "id" : "1",\r\n\t"action" :\n "LOAN" }',
        b'\xef\xbb\xbf{"action":"LOAN"}',
        b'{"action":"loan"}',
        b'{"action":" LOAN "}',
        b'{"action":"LOAN","action":"BIB"}',
        b'{"note":"the \\"action\\":\\"BIB\\"","action":"LOAN"}',
        b'{"actions":"BIB","action":"LOAN"}',
        LOAN + b" " * 300_000,
        b" " * (SEARCHED_BYTES - len(LOAN)) + LOAN,
        b"<webhook>\n<action> LOAN\n</action></webhook>",
        b"<webhook><actions>BIB</actions><action>LOAN</action><action>BIB</action></webhook>",
        b'<webhook><action>LOAN</action><note>"action":"BIB"</note></webhook>'.replace(b'"', b"&quot;"),
    ],
)
def test_f75_the_family_is_found(body: bytes) -> None:
    """White space, case and the other members make no difference."""
    assert event_group("alma", body) == "alma.LOAN"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"action":null}',
        b'{"action":["LOAN"]}',
        b'{"action":"UNKNOWN"}',
        b'{"action":"L\\u004fAN"}',
        b'{"action":"LOAN',
        b'{"action"',
        b'{"id":"action","action":"LOAN"}',
        b'{"action":"L\xc3\x96AN"}',
        b'{"action":"\xff\xfe"}',
        b"{'action':'LOAN'}",
        b" " * (SEARCHED_BYTES - len(LOAN) + 3) + LOAN,
        b" " * 6_000_000 + LOAN,
        b"eyJhY3Rpb24iOiJMT0FOIn0=",
        b"<webhook><action>LOAN",
        b"<webhook><action/></webhook>",
        '<?xml version="1.0" encoding="UTF-16"?><webhook><action>LOAN</action></webhook>'.encode("utf-16"),
        LOAN.decode().encode("utf-16"),
        b"\x00\xff" * 4_000,
    ],
)
def test_f75_anything_else_shares_one_group(body: bytes) -> None:
    """A body without a readable family in its first bytes is one of the others of its profile."""
    assert event_group("alma", body) == OTHERS


def test_f75_a_member_that_comes_first_can_only_choose_another_known_group() -> None:
    """A nested member of this name is taken for the action; the group is still one of the closed list."""
    assert event_group("alma", b'{"bib":{"action":"BIB"},"action":"LOAN"}') == "alma.BIB"
    assert event_group("alma", b'{"bib":{"action":"delete"},"action":"LOAN"}') == OTHERS


@given(st.binary(max_size=200) | st.text().map(lambda text: json.dumps({"action": text}).encode()))
def test_f75_every_body_has_a_known_group(body: bytes) -> None:
    """Finding the group never fails, so it never rejects an event."""
    assert event_group("alma", body) in {OTHERS, *(f"alma.{family}" for family in FAMILIES)}


def test_f75_a_group_that_sqs_would_not_accept_is_left_out() -> None:
    """No profile of a stack has such a name."""
    assert event_group("p" * 123, LOAN) == f"{'p' * 123}.LOAN"
    assert event_group("p" * 124, LOAN) == ""


@pytest.mark.parametrize("profile", ["a b", "ä", "a\n", "p" * 122])
def test_f75_a_replay_always_has_a_group(profile: str) -> None:
    """A dead letter of somebody else can have any profile, and thousands of groups would all count as quiet."""
    assert replay_group(profile) == "replay"
