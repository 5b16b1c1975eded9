"""The index of the sample events, and the completion of their names in shells."""

from pathlib import Path
from typing import Any, Final

from processor.routing import yaml_lines
from scripts.cli.exit_codes import ConfigurationError
from scripts.cli.product_files import PROJECT

FOLDER: Final = PROJECT / "examples" / "complete" / "events"


def read_index(folder: Path = FOLDER) -> dict[str, Any]:
    """Return the entries of index.yaml by name, in its order. Raise ConfigurationError."""
    path = folder / "index.yaml"
    try:
        entries: dict[str, Any] = yaml_lines.read(path.read_text(encoding="utf-8"))[0]
    except OSError as error:
        raise ConfigurationError(f"The samples cannot be read: {error.filename}: {error.strerror}.") from None
    except yaml_lines.InvalidYamlError as error:
        raise ConfigurationError(f"{path}, line {error.line}: {error}.") from None
    return entries


def sample_names(incomplete: str) -> list[str]:
    """Return the names of the samples that start with the incomplete word; none if the index cannot be read."""
    try:
        return [name for name in read_index() if name.startswith(incomplete)]
    except ConfigurationError:
        return []
