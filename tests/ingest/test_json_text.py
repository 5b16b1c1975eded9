"""JSON with one large text in it: what json itself reads back."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.json_text import with_text
from ingest.sqs_text import to_utf8

TEXTS = st.text(st.characters(codec="utf-8"), max_size=60).map(str.encode)


@example(b'\\"\\\\"\t\r\n\\u0041\x7f', {"QueueUrl": "q"})
@given(TEXTS.filter(lambda text: to_utf8(text)[1] == "utf-8"), st.dictionaries(st.text(), st.text(), min_size=1))
def test_the_text_and_the_other_members_are_read_back(text: bytes, members: dict[str, Any]) -> None:
    """Every text that SQS takes, beside any other members."""
    members.pop("MessageBody", None)
    members["QueueUrl"] = "q"
    assert json.loads(with_text("MessageBody", text, members)) == {"MessageBody": text.decode(), **members}
