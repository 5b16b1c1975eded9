"""A body in a form: what it shows, and what comes back."""

import json

import pytest

from scripts.cli.exit_codes import RejectedError
from scripts.dead_letters.editable import DiffLine, body_of_text, difference, editable_text


def test_json_is_indented_and_what_nobody_sees_is_escaped() -> None:
    """It is the same JSON, so a browser cannot change it."""
    body = '{"a": "gnp\u202eexe\u00a0\\u0000", "b": "ä"}'.encode()
    text = editable_text(body)
    assert text == '{\n  "a": "gnp\\u202eexe\\u00a0\\u0000",\n  "b": "ä"\n}'
    assert json.loads(body_of_text(text)) == json.loads(body)


def test_other_text_stays_with_line_feeds() -> None:
    """Browsers send carriage returns, which the body did not have."""
    assert editable_text("<a>\r\n\tä</a>\r".encode()) == "<a>\n\tä</a>\n"
    assert body_of_text("<a>\r\nä</a>") == "<a>\nä</a>".encode()


@pytest.mark.parametrize("body", [b"\xff\xfe<", b"<a>\x00</a>", "<a>\u202e</a>".encode(), "<a>\u00a0</a>".encode()])
def test_a_body_that_a_form_would_change_is_rejected(body: bytes) -> None:
    """The command line can edit it."""
    with pytest.raises(RejectedError, match="Use alma-webhooks dead-letters edit"):
        editable_text(body)


def test_the_difference_has_the_changed_lines_with_their_surroundings() -> None:
    """The same text has none."""
    original = "\n".join(map(str, range(10)))
    assert difference(original, original) == []
    assert difference(original, original.replace("5", "--- x")) == [
        DiffLine("@", "-3,7 +3,7"),
        *(DiffLine(" ", str(number)) for number in (2, 3, 4)),
        DiffLine("-", "5"),
        DiffLine("+", "--- x"),
        *(DiffLine(" ", str(number)) for number in (6, 7, 8)),
    ]
