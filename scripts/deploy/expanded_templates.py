"""Write the templates as JSON with their loops expanded, for scanners, which cannot expand loops.

`make scan` runs `python -m scripts.deploy.expanded_templates FOLDER`.
"""

import json
import sys
from pathlib import Path

from scripts.aws.template import PIPELINE, load
from scripts.deploy.expansion import expanded

# The value of a parameter without a default, so that a loop over it runs once.
_ANY = "any"


def write(folder: Path, templates: Path = PIPELINE.parent) -> list[Path]:
    """Write each template of a folder, expanded with its parameters' defaults. Older JSON files are deleted first."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    return [_write(path, folder / f"{path.stem}.json") for path in sorted(templates.glob("*.yaml"))]


def _write(path: Path, out: Path) -> Path:
    template = load(path)
    values = {name: str(one.get("Default", _ANY)) for name, one in template.get("Parameters", {}).items()}
    out.write_text(json.dumps(expanded(template, values), indent=2), encoding="utf-8")
    return out


if __name__ == "__main__":
    write(Path(sys.argv[1]))
