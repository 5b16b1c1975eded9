"""The template of the loan cache, and its tables for tests."""

from pathlib import Path
from typing import Any, Final

from scripts.aws.template import load

EXAMPLE: Final = Path(__file__).parents[3] / "examples" / "loan-cache"
TEMPLATE: Final = load(EXAMPLE / "cache.yaml")
TABLES: Final = {"users": "UsersTable", "loans": "LoansTable", "requests": "RequestsTable"}


def properties(name: str) -> dict[str, Any]:
    """Return the properties of a resource."""
    found: dict[str, Any] = TEMPLATE["Resources"][name]["Properties"]
    return found


def make_tables(dynamodb: Any) -> None:
    """Make the tables users, loans and requests with the keys that the template gives them."""
    for table, logical_id in TABLES.items():
        wanted = ("AttributeDefinitions", "KeySchema", "BillingMode")
        dynamodb.create_table(TableName=table, **{name: properties(logical_id)[name] for name in wanted})
