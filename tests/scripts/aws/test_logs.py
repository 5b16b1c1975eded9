"""Parsing log lines of any form. The tests of the reconciliation cover paging."""

import pytest

from scripts.aws.logs import members_of


def test_a_line_that_is_an_object_has_members() -> None:
    """As ingest, the processor and the audit write them."""
    assert members_of('{"message": "accepted", "bytes": 7}') == {"message": "accepted", "bytes": 7}


@pytest.mark.parametrize("text", ["START RequestId", "[]", '"text"', "", "[" * 100_000])
def test_any_other_line_has_none(text: str) -> None:
    """AWS writes lines of its own, and nothing that stands in a log ends a command."""
    assert members_of(text) == {}
