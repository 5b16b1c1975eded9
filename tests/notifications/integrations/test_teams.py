"""Teams: configuration, escaping, the size of cards, requests and answers."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from notifications.errors import Permanent, Throttled, Transient, Unconfirmed
from notifications.integrations.integration import Accepted, HttpResponse, Outgoing
from notifications.integrations.teams import ANSWERS, MAX_BODY_BYTES, Teams, TeamsConfiguration, card
from processor.errors import Failure
from tests.notifications.fake_connections import ScriptedHttpClient, connections, http_response
from tests.notifications.markdown_of_cards import shown

TEAMS = Teams()
URL = "https://prod-1.westeurope.logic.azure.com:443/flows/canary/run?sp=%2Ftriggers%2fmanual&sig=canary_-~"
FLOW = TeamsConfiguration.model_validate({"url": {"ssm": "flow"}})
OUTGOING = Outgoing("Job **done**\nsecond line", "id-1")


def sent(response: HttpResponse) -> tuple[Accepted, Any]:
    """Return what `send` returns, and the request."""
    http = ScriptedHttpClient(response)
    return TEAMS.send(OUTGOING, FLOW, connections(http, secrets={"flow": URL})), http.requests[0]


def failure_of(response: HttpResponse) -> Failure:
    with pytest.raises(Failure) as raised:
        sent(response)
    assert "canary" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize("members", [{}, {"url": URL}, {"url": {"ssm": "flow"}, "title": "a"}])
def test_the_address_is_a_reference(members: dict[str, Any]) -> None:
    """All of a flow's address is secret."""
    with pytest.raises(ValidationError):
        TeamsConfiguration.model_validate(members)


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("**bold** _it_", r"\*\*bold\*\* \_it\_"),
        ("[good](https://evil.example)", r"\[good\](https://evil.example)"),
        ("C:\\new", r"C:\\new"),
        ("- item", r"\- item"),
        ("a\n+ b\n  - c", "a\n\\+ b\n  \\- c"),
        ("1. first\n12) second", "1\\. first\n12\\) second"),
        ("-", r"\-"),
        ("1.", r"1\."),
        ("# head", r"\# head"),
        ("<b>&nbsp;</b>", "&lt;b&gt;&amp;nbsp;&lt;/b&gt;"),
        ("{{DATE(2017-02-14T06:08:00Z)}}", "{\u2060{DATE(2017-02-14T06:08:00Z)}}"),
        ("{{{DATE(2017)}}}", "{\u2060{\u2060{DATE(2017)}}}"),
        # Nothing is escaped where it has no meaning: some clients show backslashes.
        ("2026-11-29 10:15, 3.5 - 4 (A-1), +49", "2026-11-29 10:15, 3.5 - 4 (A-1), +49"),
        ("-5 degrees, 3.5", "-5 degrees, 3.5"),
    ],
)
def test_f38_values_are_shown_as_they_are(value: str, escaped: str) -> None:
    """Emphasis, links, lists, entities and functions of a value have no effect."""
    assert TEAMS.escape(value) == escaped
    assert shown(escaped) == value


@settings(max_examples=50)
@given(st.text(alphabet=st.sampled_from("ab1. \n\t-+*_~`#[](){}<>&;\\!|DATE@é😀")))
def test_f38_any_value_is_shown_as_it_is(value: str) -> None:
    """A reader of the documented Markdown shows each value unchanged."""
    assert shown(TEAMS.escape(value)) == value


def test_a_card_is_limited_by_its_bytes() -> None:
    """What is measured is the body that is sent, with its envelope and JSON escapes."""
    for text in ("a", "&", "é", "😀", '"', "\\", "\n"):
        each = len(card(text)) - len(card(""))
        most = text * ((MAX_BODY_BYTES - len(card(""))) // each)
        rest = "x" * (MAX_BODY_BYTES - len(card(most)))
        assert len(card(most + rest)) == MAX_BODY_BYTES
        assert TEAMS.fits(most + rest, FLOW)
        assert not TEAMS.fits(most + rest + "x", FLOW)


def test_a_flow_gets_a_message_with_one_card() -> None:
    """The envelope is that of a message, and a line break is one in the card's Markdown."""
    accepted, request = sent(http_response(202))
    assert (accepted, request.url) == (Accepted(), URL)
    message = json.loads(request.body)
    attachment = message["attachments"][0]
    assert (message["type"], len(message["attachments"]), attachment["contentUrl"]) == ("message", 1, None)
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["version"] == "1.4"
    assert attachment["content"]["body"] == [
        {"type": "TextBlock", "text": "Job **done**\n\nsecond line", "wrap": True},
    ]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success(status: int) -> None:
    """Each 2XX is an acceptance, and nobody knows more."""
    assert sent(http_response(status))[0] == Accepted()


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_flow_that_is_gone_needs_its_new_address(status: int) -> None:
    """The failure is permanent and says what to do."""
    failure = failure_of(http_response(status, "canary"))
    assert type(failure) is Permanent
    assert failure.reason == (
        f"prod-1.westeurope.logic.azure.com answered {status}: the flow does not accept this address any more; "
        "copy its new address from the app Workflows."
    )


@pytest.mark.parametrize(
    ("status", "failure"),
    [(400, Permanent), (413, Permanent), (302, Permanent), (429, Throttled), (500, Transient), (504, Unconfirmed)],
)
def test_other_answers(status: int, failure: type[Failure]) -> None:
    """The table has the answers with advice; the rest is by HTTP."""
    assert type(failure_of(http_response(status))) is failure
    assert 2 not in {each // 100 for each in ANSWERS}
