"""Sphinx's configuration for `make docs`: builds the Markdown pages of the repository as a site.

The pages stay where GitHub shows them, so the source folder is the root of the repository.
"""

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_PROJECT: Final = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]

project = _PROJECT["name"]
release = _PROJECT["version"]
extensions = ["myst_parser"]
root_doc = "docs/README"
include_patterns = ["*.md", "docs/*.md"]
exclude_patterns = [".*", "build", "dist", "infra", "mutants", "tests"]
nitpicky = True
myst_heading_anchors = 4  # named as GitHub names them
html_theme = "furo"
html_title = f"{project} {release}"
html_copy_source = False

# A page that would load something from another host.
_FOREIGN: Final = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^>]*""")
_START_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<meta http-equiv="refresh" content="0; url={page}.html">
<a href="{page}.html">{title}</a>
"""


def _add_navigation(_app: "Sphinx", name: str, source: list[str]) -> None:
    """Make each section of the start page, which links to pages, a part of the navigation."""
    if name != root_doc:
        return
    for section in source[0].split("\n## ")[1:]:
        pages = "\n".join(f"/docs/{page}" for page in re.findall(r"\]\(([^)]+)\)", section))
        source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {section.splitlines()[0]}\n\n{pages}\n```\n"


def _finish(app: "Sphinx", error: Exception | None) -> None:
    """Write the first page, and fail if a page loads something from another host."""
    if error:
        return
    out = Path(app.outdir)
    (out / "index.html").write_text(_START_PAGE.format(title=html_title, page=root_doc), "utf-8")
    loads = {page.name: found for page in out.rglob("*.html") if (found := _FOREIGN.findall(page.read_text("utf-8")))}
    if loads:
        raise RuntimeError(f"Pages load files from other hosts: {loads}")


def setup(app: "Sphinx") -> None:
    """Connect the functions above to the build."""
    app.connect("source-read", _add_navigation)
    app.connect("build-finished", _finish)
