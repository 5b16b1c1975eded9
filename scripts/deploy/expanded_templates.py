"""Writes the templates as JSON with their loops laid out, for scanners, which see nothing of a loop. Scans nothing.

`python -m scripts.deploy.expanded_templates FOLDER`, by `make scan`.
"""

import json
import sys
from pathlib import Path

from scripts.aws.template import PIPELINE, load
from scripts.deploy.expansion import expanded

# Stands for a parameter that has no default: a loop over it has one turn then.
_ANY = "any"


def write(folder: Path, templates: Path = PIPELINE.parent) -> list[Path]:
    """Writes each template of a folder, by its parameters' defaults, in place of what the other folder held."""
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
