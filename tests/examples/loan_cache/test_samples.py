"""The sample events of the project folder, as one story of two patrons."""

import hashlib
import json
from datetime import datetime

import pytest

from scripts.alma_client.samples import load_all
from tests.examples.loan_cache.conftest import Cache
from tests.examples.loan_cache.memory_dynamodb import MemoryDynamoDb
from tests.examples.loan_cache.template import EXAMPLE

BODIES = [sample.body for sample in load_all(EXAMPLE / "events")]


@pytest.mark.parametrize("bodies", [BODIES, BODIES[::-1], BODIES * 2], ids=["in their order", "backwards", "twice"])
def test_the_samples_end_in_the_same_cache(bodies: list[bytes]) -> None:
    """One loan is changed and one is returned; one patron has lost a book and claims to have returned another."""
    cache = Cache(MemoryDynamoDb(), None, "")
    cache.clock.now = datetime.fromisoformat("2026-05-16T00:00:00Z").timestamp()
    for body in bodies:
        cache.take(body)
    found = {
        item["Id"]["S"]: (item["User"]["S"], item["State"]["S"], item["Content"]["M"].get("due_date", {}).get("S"))
        for table in ("loans", "requests")
        for item in cache.dynamodb.tables[table].values()
    }
    assert found == {
        "90000411110007141": ("invented-patron-1", "active", changed_last()),
        "90000511110007141": ("invented-patron-1", "removed", None),
        "90000611110007141": ("invented-patron-2", "active", "2026-06-26T16:00:00Z"),
        "90000711110007141": ("invented-patron-2", "active", "2026-06-26T16:00:00Z"),
        "810050007141": ("invented-patron-11", "active", None),
        "810060007141": ("invented-patron-11", "removed", None),
        "810070007141": ("invented-patron-11", "removed", None),
    }


def changed_last() -> str:
    """Return the due date of the renewal or of the change of the same millisecond, of which the digest chooses one."""
    changes = [body for body in BODIES if json.loads(body)["event"]["value"] in ("LOAN_RENEWED", "LOAN_DUE_DATE")]
    due_date: str = json.loads(max(changes, key=lambda body: hashlib.sha256(body).hexdigest()))["item_loan"]["due_date"]
    return due_date
