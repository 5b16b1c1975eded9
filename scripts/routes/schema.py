"""Generate the JSON Schema of routes.yaml, for editors, from the models that parse it."""

import json
from pathlib import Path
from typing import Any, Final

from processor.routing.models import Routes

TITLE: Final = "routes.yaml of alma-webhooks"

# The patterns that `processor.routing.conditions` accepts, repeated for editors; a test compares the two.
_PATTERNS: Final = Path(__file__).with_name("pattern_schema.json")


def schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) as data."""
    made = Routes.model_json_schema(by_alias=True)
    made["$defs"] |= json.loads(_PATTERNS.read_text("utf-8"))
    made["$defs"]["Route"]["properties"]["when"] = {"$ref": "#/$defs/Pattern"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": TITLE}


def text() -> str:
    """Return the schema as the text of the file `processor/routes.schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
