"""The sender's table in memory; `test_sender_table.py` runs the same contract against DynamoDB by moto.

It understands the expressions that the sender uses, and no others.
"""

import re
from collections.abc import Callable

from notifications.sender_table import KEPT_SECONDS, ItemPut, ItemUpdate, SenderTable, Updated, Values
from processor.errors import DeliveryUncertain

Item = dict[str, str]


class MemoryTable(SenderTable):
    """Items by id. `before` is called before each operation; `failing` names operations that fail."""

    def __init__(self, wall: Callable[[], float], before: Callable[[], None] = lambda: None) -> None:
        self.items: dict[str, Item] = {}
        self.failing: set[str] = set()
        self._now = wall
        self._before = before

    def set_before(self, before: Callable[[], None]) -> None:
        self._before = before

    def get(self, item_id: str) -> Item:
        self._start("get")
        return dict(self.items.get(item_id, {}))

    def put(self, item: ItemPut) -> bool:
        self._start("put")
        return self._put_if(item)

    def update(self, item: ItemUpdate) -> Updated:
        self._start("update")
        now = self.items.get(item.id, {})
        if not holds(item.condition, now, item.values):
            return Updated(holds=False, attributes=dict(now))
        self._change(item)
        return Updated(holds=True, attributes=dict(self.items[item.id]))

    def update_and_put(self, update: ItemUpdate, put: ItemPut) -> tuple[bool, bool]:
        self._start("transact")
        both = (
            holds(update.condition, self.items.get(update.id, {}), update.values),
            holds(put.condition, self.items.get(put.id, {}), put.values),
        )
        if all(both):
            self._change(update)
            self._put_if(put)
        return both

    def _start(self, operation: str) -> None:
        self._before()
        if operation in self.failing:
            raise DeliveryUncertain("transient", "the table of the sender could not be read or written: Throttled")

    def _put_if(self, item: ItemPut) -> bool:
        if not holds(item.condition, self.items.get(item.id, {}), item.values):
            return False
        self.items[item.id] = {"id": item.id, **texts(item.attributes), "expiration": self._expiration_text}
        return True

    def _change(self, item: ItemUpdate) -> None:
        kept = self.items.setdefault(item.id, {"id": item.id})
        before = dict(kept)
        # The functions have commas too.
        for assignment in re.split(r", (?=\w+ = )", item.change.removeprefix("SET ")):
            name, value = assignment.split(" = ")
            kept[name] = str(value_of(value, before, item.values))
        kept["expiration"] = self._expiration_text

    @property
    def _expiration_text(self) -> str:
        return str(round(self._now()) + KEPT_SECONDS)


def texts(attributes: Values) -> Item:
    return {name: str(value) for name, value in attributes.items()}


def value_of(expression: str, item: Item, values: Values) -> str | int:
    """Return the value of `:a`, `name`, `if_not_exists(name, :a)`, or the sum of two of them."""
    if " + " in expression:
        return sum(int(value_of(part, item, values)) for part in expression.split(" + "))
    if found := re.fullmatch(r"if_not_exists\((\w+), (:\w+)\)", expression):
        return item.get(found[1], values[found[2]])
    return values[expression] if expression.startswith(":") else item[expression]


def holds(condition: str, item: Item, values: Values) -> bool:
    """Return whether a condition holds: comparisons, which are false for a missing name, and tests for existence."""
    return not condition or any(clause_holds(clause, item, values) for clause in condition.split(" OR "))


def clause_holds(clause: str, item: Item, values: Values) -> bool:
    if found := re.fullmatch(r"attribute_not_exists\((\w+)\)", clause):
        return found[1] not in item
    name, operator, value = clause.split(" ")
    if name not in item:
        return False
    if operator == "=":
        return item[name] == str(values[value])
    left, right = int(item[name]), int(values[value])
    return left >= right if operator == ">=" else left < right
