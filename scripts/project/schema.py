"""Generate the JSON Schema of alma-webhooks.yaml, for editors, from the models that parse it."""

import json
from typing import Any, Final

from scripts.project.models import FORMAT, ProjectFile

TITLE: Final = "alma-webhooks.yaml: the project of a library"


def schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) as data."""
    made = ProjectFile.model_json_schema(by_alias=True)
    made["properties"]["schema"] = {"const": FORMAT}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": TITLE}


def text() -> str:
    """Return the schema as the text of the file `scripts/project/project.schema.json`."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
