"""Finds names without a placeholder in the expressions of DynamoDB: AWS rejects those that are reserved words."""

import re
from collections.abc import Mapping
from typing import Any, Final

_TOKEN: Final = re.compile(r"[#:]?[A-Za-z_][A-Za-z0-9_]*")

# "Expressions in DynamoDB", Amazon DynamoDB Developer Guide: all words that are part of the language.
_LANGUAGE: Final = frozenset(
    {
        *("and", "or", "not", "between", "in", "set", "remove", "add", "delete"),
        *("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"),
        *("if_not_exists", "list_append"),
    }
)


def bare_names(parameters: Mapping[str, Any]) -> set[str]:
    """Return the words in the expressions of a request that are neither placeholders nor part of the language."""
    found = set[str]()
    for name, value in parameters.items():
        if name.endswith("Expression"):
            found |= {word for word in _TOKEN.findall(value) if word[0] not in "#:" and word.lower() not in _LANGUAGE}
        elif isinstance(value, list):
            found |= {word for each in value for word in bare_names(_inner(each))}
    return found


def _inner(entry: Any) -> Mapping[str, Any]:
    """Return the parameters of one action of a transaction."""
    if not isinstance(entry, dict):
        return {}
    return {name: value for action in entry.values() if isinstance(action, dict) for name, value in action.items()}
