"""The index of the shipped sample events, and the completion of their names in shells."""

from typing import Final

from processor.routing import yaml_lines
from scripts.cli.product_files import PROJECT

FOLDER: Final = PROJECT / "examples" / "complete" / "events"


def sample_names(incomplete: str) -> list[str]:
    """Return the names of the samples that start with the incomplete word; none if the index cannot be read."""
    try:
        index, _ = yaml_lines.read((FOLDER / "index.yaml").read_text("utf-8"))
    except (OSError, yaml_lines.InvalidYamlError):
        return []
    return [name for name in index if name.startswith(incomplete)]
