"""The template of the loan cache, and its tables for tests."""

from collections.abc import Mapping
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


def make_tables(dynamodb: Any, prefix: str = "", tables: Mapping[str, str] = TABLES) -> None:
    """Make tables with the keys that the template gives them: users, loans and requests, if no others are named."""
    for table, logical_id in tables.items():
        wanted = ("AttributeDefinitions", "KeySchema", "BillingMode")
        dynamodb.create_table(TableName=prefix + table, **{name: properties(logical_id)[name] for name in wanted})
