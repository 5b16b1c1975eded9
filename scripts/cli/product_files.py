"""Find the files that belong to the product besides its modules: templates, requirements, routes and samples."""

from importlib.resources import files
from pathlib import Path
from typing import Final

PROJECT: Final = Path(str(files("scripts"))).parent
"""The folder that has `ingest`, `processor`, `infra`, `requirements` and `examples`, in a checkout or a wheel."""
