"""Write the templates as they are sent for examples/complete: `python -m scripts.deploy.expanded_example FOLDER`.

For scanners, which can neither expand loops nor see the state machines that a routes file declares.
"""

import json
import sys
from pathlib import Path
from typing import Final

from scripts.deploy import optional_parts
from scripts.deploy.desired import desired
from scripts.deploy.retained import Place
from scripts.project.folder import example

_STAGE: Final = "dev"
_PLACE: Final = Place(f"alma-webhooks-{_STAGE}", "123456789012", "eu-central-1")


def write_expanded(folder: Path) -> list[Path]:
    """Write each template to the folder as JSON, and return the paths. Older JSON files are deleted first."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    parts = optional_parts.possible()
    templates = [part.load() for part in parts]
    wanted = desired(example(), _STAGE, _PLACE, templates, {}, None)
    paths = [folder / f"{part.template.stem}.json" for part in parts]
    for path, made in zip(paths, wanted.expanded(parts, templates), strict=True):
        path.write_text(json.dumps(made, indent=2), encoding="utf-8")
    return paths


if __name__ == "__main__":
    write_expanded(Path(sys.argv[1]))
