"""Generate the JSON Schema of routes.yaml, for editors, from the models that parse it."""

import json
from typing import Any

from processor.routing.models import Routes

TITLE = "routes.yaml of alma-webhooks"
_TEXT_OR_IGNORING_CASE = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"equals-ignore-case": {"type": "string"}},
            "required": ["equals-ignore-case"],
            "additionalProperties": False,
        },
    ]
}
_TEXT_OR_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_VALUE = {"type": ["string", "number"]}
_ANYTHING_BUT_OPERATORS = ("prefix", "suffix", "equals-ignore-case", "wildcard")

# The patterns that `processor.routing.conditions` accepts, repeated for editors; a test compares the two.
_DEFINITIONS: dict[str, Any] = {
    "Pattern": {
        "description": "An Amazon EventBridge event pattern over the event's body.",
        "type": "object",
        "minProperties": 1,
        "properties": {"$or": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/Pattern"}}},
        "additionalProperties": {
            "anyOf": [
                {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Condition"}},
                {"$ref": "#/$defs/Pattern"},
            ]
        },
    },
    "Condition": {
        "description": "A value to equal, or one operator.",
        "anyOf": [{"type": ["string", "number", "boolean", "null"]}, {"$ref": "#/$defs/Operator"}],
    },
    "Operator": {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {
            "prefix": _TEXT_OR_IGNORING_CASE,
            "suffix": _TEXT_OR_IGNORING_CASE,
            "equals-ignore-case": {"type": "string"},
            "wildcard": {"type": "string"},
            "exists": {"type": "boolean"},
            "numeric": {"type": "array", "minItems": 2, "maxItems": 4},
            "anything-but": {
                "anyOf": [
                    _VALUE,
                    {"type": "array", "items": _VALUE, "minItems": 1},
                    {
                        "type": "object",
                        "minProperties": 1,
                        "maxProperties": 1,
                        "additionalProperties": False,
                        "properties": dict.fromkeys(_ANYTHING_BUT_OPERATORS, _TEXT_OR_TEXTS),
                    },
                ]
            },
        },
    },
}


def schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) as data."""
    made = Routes.model_json_schema(by_alias=True)
    made["$defs"] |= _DEFINITIONS
    made["$defs"]["Route"]["properties"]["when"] = {"$ref": "#/$defs/Pattern"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": TITLE}


def text() -> str:
    """Return the schema as the text of the file `processor/routes.schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
